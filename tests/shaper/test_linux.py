"""The Linux back-end on a kernel: what is put is read back, what is foreign is left alone."""

import errno
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from random import Random
from shutil import which

import pytest

from isp.errors import Refused
from isp.limit import Limit
from isp.shaping import Method
from shaper.backend import Kind
from shaper.backends.linux import LinuxBackend
from shaper.backends.linux_kernel import LOOPBACK, NETLINK_ROUTE
from shaper.backends.linux_socket import NetlinkSocket
from shaper.linux_difference import LinuxDifference
from shaper.linux_tc import probe
from shaper.linux_wiring import Wiring
from shaper.queue import Queue, Tree
from tests.shaper.router_states import random_tree
from tests.support.namespaces import INSIDE, Elsewhere, machine, needs_namespaces, run
from tests.support.sizes import size

pytestmark = needs_namespaces

WIRING = Wiring(inside=INSIDE)
HOUSE = Path(__file__).parents[2]


@pytest.fixture
def subscribers() -> Iterator[Elsewhere]:
    with machine() as subscribers:
        yield subscribers


def service(number: int, *, down: int, up: int, parent: str | None = None) -> Queue:
    return Queue(
        name=f"s{number}-ann",
        subject=f"s{number}",
        targets=(
            ip_network((0x64400000 + number, 32)),
            ip_network((0x20010DB8 << 96 | number << 72, 56)),
        ),
        down=Limit(rate_bps=down),
        up=Limit(rate_bps=up),
        parent=parent,
    )


def node(name: str = "n1-north", parent: str | None = None) -> Queue:
    return Queue(
        name=name,
        subject=name.partition("-")[0],
        targets=(ip_network("100.64.0.0/24"),),
        down=Limit(rate_bps=1_000_000_000),
        up=Limit(rate_bps=500_000_000),
        parent=parent,
    )


async def put(backend: LinuxBackend, *queues: Queue) -> LinuxDifference:
    """Make it so, and see that it is: nothing is left to be done, by what was read of the changes
    and by what is read of everything.
    """
    tree = Tree(queues=queues)
    reading = await backend.read(tree)
    plan = backend.plan(tree, reading)
    applied = await backend.apply(plan, reading)

    assert () == applied.problems
    assert () == backend.plan(tree, applied.reading).changes
    again = await backend.read(tree)
    assert applied.reading.state == again.state
    return plan


def kinds(plan: LinuxDifference) -> list[tuple[Kind, str]]:
    return [(change.kind, change.subject) for change in plan.changes]


def classes(interface: str) -> Sequence[str]:
    return sorted(run("tc", "class", "show", "dev", interface).splitlines())


async def test_what_was_put_is_what_tc_shows(subscribers):
    backend = LinuxBackend(WIRING)
    await put(backend, node(), service(1, down=50_000_000, up=10_000_000, parent="n1-north"))
    await backend.close()

    shown = "\n".join(classes(INSIDE))
    assert "class htb 7470:1 root rate 1Gbit ceil 1Gbit" in shown
    assert "rate 8Kbit ceil 50Mbit" in shown
    assert "rate 8Kbit ceil 10Mbit" in "\n".join(classes(WIRING.up_interface))


async def test_a_change_of_rates_is_made_where_the_class_is(subscribers):
    backend = LinuxBackend(WIRING)
    await put(backend, service(1, down=50_000_000, up=10_000_000), service(2, down=8_000, up=8_000))
    before = (await backend.read(Tree())).state
    plan = await put(
        backend, service(1, down=20_000_000, up=10_000_000), service(2, down=8_000, up=8_000)
    )
    after = (await backend.read(Tree())).state
    await backend.close()

    assert [(Kind.SET, "s1")] == kinds(plan)
    assert before.ids == after.ids


async def test_a_service_that_moves_gets_a_new_class_and_keeps_its_addresses(subscribers):
    backend = LinuxBackend(WIRING)
    at_root = service(1, down=50_000_000, up=10_000_000)
    await put(backend, node(), at_root)
    before = (await backend.read(Tree())).state
    await put(backend, node(), replace(at_root, parent="n1-north"))
    after = (await backend.read(Tree())).state
    await backend.close()

    assert before.ids["s1-ann"] != after.ids["s1-ann"]
    assert {after.ids["s1-ann"]} == {after.addresses[each] for each in at_root.targets}


async def test_an_address_that_changes_hands_has_a_class_all_the_while(subscribers):
    backend = LinuxBackend(WIRING)
    one, two = service(1, down=10_000_000, up=10_000_000), service(2, down=20_000_000, up=8_000_000)
    await put(backend, one, two)
    await put(backend, replace(two, targets=(*two.targets, *one.targets)))
    state = (await backend.read(Tree())).state
    await backend.close()

    assert {state.ids["s2-ann"]} == set(state.addresses.values())


async def test_another_process_carries_on_where_one_stopped(subscribers):
    queues = [service(number, down=9_000_000, up=9_000_000) for number in range(1, 4)]
    first = LinuxBackend(WIRING)
    await put(first, *queues)
    await first.close()
    second = LinuxBackend(WIRING)
    plan = await put(second, *queues)
    changed = await put(second, *queues[1:])
    await second.close()

    assert [] == kinds(plan)
    assert [(Kind.REMOVE, "s1")] == kinds(changed)


async def test_two_shapers_of_one_interface_do_not_mix(subscribers):
    first, second = LinuxBackend(WIRING), LinuxBackend(WIRING)
    await put(first, service(1, down=9_000_000, up=9_000_000))
    tree = Tree(queues=(service(2, down=9_000_000, up=9_000_000),))
    reading = await second.read(tree)

    with pytest.raises(Refused, match="another process owns table turnpike_lan"):
        await second.apply(second.plan(tree, reading), reading)
    await first.close()
    await second.close()


@pytest.mark.parametrize(
    "damage",
    [
        ["tc", "qdisc", "del", "dev", INSIDE, "root"],
        ["tc", "filter", "del", "dev", INSIDE, "parent", "7470:"],
        ["ip", "link", "del", WIRING.up_interface],
    ],
    ids=["qdisc", "filter", "ifb"],
)
async def test_what_somebody_takes_away_comes_back(subscribers, damage):
    backend = LinuxBackend(WIRING)
    queues = (node(), service(1, down=9_000_000, up=9_000_000, parent="n1-north"))
    await put(backend, *queues)
    run(*damage)
    plan = await put(backend, *queues)
    await backend.close()

    assert plan.changes


async def test_after_a_reboot_everything_is_put_again():
    queues = (node(), service(1, down=9_000_000, up=9_000_000, parent="n1-north"))
    plans = []
    for _ in range(2):
        with machine():
            backend = LinuxBackend(WIRING)
            plans.append(kinds(await put(backend, *queues)))
            await backend.close()

    assert plans[0] == plans[1]


async def test_what_was_begun_and_not_finished_is_cleared(subscribers):
    backend = LinuxBackend(WIRING)
    await put(backend, service(1, down=9_000_000, up=9_000_000))
    state = (await backend.read(Tree())).state
    family = state.ids["s1-ann"] >> 16
    for interface in (INSIDE, WIRING.up_interface):
        words = f"tc class add dev {interface} parent {family}:{family} classid {family}:77"
        run(*words.split(), "htb", "rate", "1mbit")
    plan = await put(backend, service(1, down=9_000_000, up=9_000_000))
    await backend.close()

    assert [Kind.REMOVE] == [change.kind for change in plan.changes]


async def test_somebody_elses_qdisc_is_refused_with_what_to_do(subscribers):
    run("tc", "qdisc", "add", "dev", INSIDE, "root", "handle", "1:", "htb")
    backend = LinuxBackend(WIRING)

    with pytest.raises(Refused, match=r"qdisc htb 1: of lan is not Turnpike's; `tc qdisc del"):
        await backend.read(Tree())
    await backend.close()
    assert "qdisc htb 1: root" in run("tc", "qdisc", "show", "dev", INSIDE)


async def test_an_interface_that_is_not_there_is_refused(subscribers):
    backend = LinuxBackend(Wiring(inside="eth9"))

    with pytest.raises(Refused, match="there is no interface eth9"):
        await backend.read(Tree())
    await backend.close()


async def test_a_leaf_that_the_kernel_has_is_told_from_one_that_it_has_not(subscribers):
    before = run("tc", "qdisc", "show", "dev", "lo")
    route = NetlinkSocket(NETLINK_ROUTE)
    refused = route.carry_out([probe(LOOPBACK, kind) for kind in ("htb", "no_such")])
    route.close()

    assert [False, True] == [refused[at].errno == errno.ENOENT for at in range(2)]
    assert before == run("tc", "qdisc", "show", "dev", "lo")


async def test_observing_writes_nothing(subscribers):
    backend = LinuxBackend(WIRING)
    tree = Tree(queues=(service(1, down=9_000_000, up=9_000_000),))
    backend.plan(tree, await backend.read(tree))
    await backend.close()

    assert "" == run("tc", "class", "show", "dev", INSIDE)
    assert WIRING.up_interface not in run("ip", "link")


async def test_other_tables_and_a_flush_of_all_rules_leave_ours_in_force(subscribers):
    nft = which("nft")
    if nft is None:
        pytest.skip("nftables is not installed")
    backend = LinuxBackend(WIRING)
    queues = (service(1, down=9_000_000, up=9_000_000),)
    await put(backend, *queues)
    run(nft, "flush", "ruleset")
    plan = await put(backend, *queues)
    listed = run(nft, "list", "table", "netdev", WIRING.table)
    await backend.close()

    assert [] == kinds(plan)
    assert 'comment "s1 s1-ann"' in listed
    assert "100.64.0.1" in listed


async def test_two_interfaces_are_shaped_without_an_ifb(subscribers):
    run("ip", "link", "add", "wan", "type", "veth", "peer", "name", "internet")
    wiring = Wiring(inside=INSIDE, outside="wan")
    backend = LinuxBackend(wiring)
    await put(backend, service(1, down=50_000_000, up=10_000_000))
    await backend.close()

    assert "ceil 50Mbit" in "".join(classes(INSIDE))
    assert "ceil 10Mbit" in "".join(classes("wan"))


async def test_whatever_was_there_one_plan_makes_it_right(subscribers):
    backend = LinuxBackend(WIRING)
    for seed in range(size(40, 400)):
        random = Random(seed)
        tree = random_tree(random, Method.LINUX, services=random.randrange(12))
        await put(backend, *tree.queues)
    await backend.close()


async def test_what_flows_through_a_node_is_told(subscribers):
    run("ip", "addr", "add", "100.64.255.254/16", "dev", INSIDE)
    run(*subscribers.command("ip", "addr", "add", "100.64.0.1/16", "dev", "cpe"))
    backend = LinuxBackend(WIRING)
    await put(backend, node(), service(1, down=50_000_000, up=10_000_000, parent="n1-north"))
    first = await backend.throughput(["n1-north", "n2-gone"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(20):
            sender.sendto(bytes(1000), ("100.64.0.1", 9))
    (told,) = await backend.throughput(["n1-north", "n2-gone"])
    await backend.close()

    assert [] == first
    assert "n1-north" == told.queue
    assert told.down_bps > told.up_bps


@pytest.mark.parametrize(
    ("capabilities", "outcome"),
    [
        ("-all,+net_admin", "in sync"),
        ("-all", "only with CAP_NET_ADMIN can queues of this machine be set"),
    ],
)
async def test_cap_net_admin_is_needed_and_enough(subscribers, capabilities, outcome):
    words = ["setpriv", f"--bounding-set={capabilities}", sys.executable, "-c", SHAPES_ONE]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=HOUSE)

    assert outcome in done.stdout + done.stderr


SHAPES_ONE = """
import asyncio
from ipaddress import ip_network
from pathlib import Path
from isp.limit import Limit
from shaper.backends.linux import LinuxBackend
from shaper.linux_wiring import Wiring
from shaper.queue import Queue, Tree

async def main():
    limit = Limit(rate_bps=1_000_000)
    targets = (ip_network("100.64.0.1"),)
    tree = Tree(queues=(Queue(name="s1", subject="s1", targets=targets, down=limit, up=limit),))
    backend = LinuxBackend(Wiring(inside="lan"))
    reading = await backend.read(tree)
    applied = await backend.apply(backend.plan(tree, reading), reading)
    print(applied.problems or "in sync")

asyncio.run(main())
"""
"""A shaper's whole turn, in a process of its own."""
