"""Who is walled or suspended on Linux: sets that the operator's own rules look in."""

from collections.abc import Iterator
from ipaddress import ip_network
from random import Random
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isp.errors import Refused
from isp.limit import Limit
from isp.shaping import Method
from policy.vendors.profile import WALL
from shaper.backend import Kind
from shaper.backends.linux import LinuxBackend
from shaper.desired import SUSPENDED
from shaper.linux_difference import NO_WALLS, LinuxDifference
from shaper.linux_lists import lists_difference
from shaper.linux_wiring import Wiring
from shaper.queue import Listed, Queue, Tree
from tests.shaper.router_states import random_tree
from tests.support.namespaces import INSIDE, Elsewhere, machine, needs_namespaces, run
from tests.support.sizes import size

WIRING = Wiring(inside=INSIDE)
ANN = Queue(
    name="s1-ann",
    subject="s1",
    targets=(ip_network("100.64.0.1"),),
    down=Limit(rate_bps=9_000_000),
    up=Limit(rate_bps=9_000_000),
)
needs_nft = pytest.mark.skipif(which("nft") is None, reason="nftables is not installed")


@pytest.fixture
def subscribers() -> Iterator[Elsewhere]:
    with machine() as subscribers:
        yield subscribers


def on(list_name: str, network: str, subject: str = "") -> Listed:
    return Listed(list_name=list_name, network=ip_network(network), subject=subject)


async def put(backend: LinuxBackend, *listed: Listed) -> LinuxDifference:
    """Make it so, and see that it is, by what is read of the changes and of everything."""
    tree = Tree(queues=(ANN,), listed=listed)
    reading = await backend.read(tree)
    plan = backend.plan(tree, reading)
    applied = await backend.apply(plan, reading)

    assert () == applied.problems
    assert () == backend.plan(tree, applied.reading).changes
    assert applied.reading.state == (await backend.read(tree)).state
    return plan


def kinds(plan: LinuxDifference) -> set[tuple[Kind, str]]:
    return {(change.kind, change.subject) for change in plan.changes}


@needs_namespaces
@needs_nft
async def test_who_is_listed_is_in_a_set_under_his_name(subscribers):
    backend = LinuxBackend(WIRING)
    await put(
        backend,
        on(WALL, "100.64.0.1/32", "s1"),
        on(WALL, "2001:db8:0:100::/56", "s1"),
        on(SUSPENDED, "100.64.0.2/32", "s2"),
        on(SUSPENDED, "255.255.255.255/32", "s3"),
    )
    shown = run("nft", "list", "table", "inet", WIRING.table)
    await backend.close()

    walled, walled6, suspended = (
        shown.partition(f"set {name} ")[2].partition("}\n\n")[0]
        for name in ("walled_v4", "walled_v6", "suspended_v4")
    )
    assert 'elements = { 100.64.0.1 comment "turnpike s1" }' in walled
    assert 'elements = { 2001:db8:0:100::/56 comment "turnpike s1" }' in walled6
    assert 'elements = { 100.64.0.2 comment "turnpike s2",' in suspended
    assert '255.255.255.255 comment "turnpike s3" }' in suspended


@needs_namespaces
async def test_who_comes_and_goes_is_put_and_taken(subscribers):
    backend = LinuxBackend(WIRING)
    first, second = on(WALL, "100.64.0.1/32", "s1"), on(WALL, "100.64.0.2/32", "s2")
    await put(backend, first, second)
    gone = await put(backend, second, on(SUSPENDED, "0.0.0.0/0", "s3"))
    given_on = await put(backend, on(WALL, "100.64.0.2/32", "s4"))
    await backend.close()

    assert {(Kind.REMOVE, "s1"), (Kind.ADD, "s3")} == kinds(gone)
    assert {(Kind.REMOVE, "s3"), (Kind.SET, "s4")} == kinds(given_on)


@needs_namespaces
async def test_what_a_wider_network_covers_is_left_out_until_that_goes(subscribers):
    backend = LinuxBackend(WIRING)
    wide, narrow = on(WALL, "100.64.0.0/30", "s1"), on(WALL, "100.64.0.2/32", "s2")
    both = await put(backend, narrow, wide)
    one = await put(backend, narrow)
    await backend.close()

    assert (Kind.ADD, "s2") not in kinds(both)
    assert {(Kind.REMOVE, "s1"), (Kind.ADD, "s2")} == kinds(one)


@needs_namespaces
@needs_nft
async def test_what_somebody_else_put_on_a_list_stays(subscribers):
    backend = LinuxBackend(WIRING)
    await put(backend)
    theirs = "{ 100.64.9.4-100.64.9.10 }"
    run("nft", "add", "element", "inet", WIRING.table, "walled_v4", theirs)
    covered, around = on(WALL, "100.64.9.5/32", "s2"), on(WALL, "100.64.9.0/24", "s3")
    plan = await put(backend, covered, around, on(WALL, "100.64.0.1/32", "s1"))
    await put(backend)
    shown = run("nft", "list", "set", "inet", WIRING.table, "walled_v4")
    await backend.close()

    assert {(Kind.ADD, "s1")} == kinds(plan)
    ((subject, reason),) = plan.conflicts
    assert "s3" == subject
    assert reason.endswith("on turnpike-walled is there and not ours")
    assert "elements = { 100.64.9.4-100.64.9.10 }" in shown


@needs_namespaces
@needs_nft
async def test_lists_that_were_flushed_are_filled_again_and_rules_beside_them_are_seen(subscribers):
    backend = LinuxBackend(WIRING)
    walled = on(WALL, "100.64.0.1/32", "s1")
    await put(backend, walled)
    before = (await backend.read(Tree())).warnings
    run("nft", "flush", "ruleset")
    plan = await put(backend, walled)
    chain = f"add chain inet {WIRING.table} wall {{ type filter hook forward priority 0; }}"
    rule = f"add rule inet {WIRING.table} wall ip saddr @walled_v4 drop"
    run("nft", "-f", "-", given=f"{chain}\n{rule}\n")
    after = (await backend.read(Tree())).warnings
    await backend.close()

    assert {(Kind.ADD, "s1")} == kinds(plan)
    assert NO_WALLS in before
    assert NO_WALLS not in after


@needs_namespaces
@needs_nft
async def test_a_set_that_is_something_else_is_refused_with_what_to_do(subscribers):
    run("nft", "add", "table", "inet", WIRING.table)
    run("nft", "add", "set", "inet", WIRING.table, "walled_v4", "{ type ipv4_addr; }")
    backend = LinuxBackend(WIRING)
    tree = Tree(queues=(ANN,))
    reading = await backend.read(tree)

    with pytest.raises(Refused, match=r"other sets than ours.*docs/shaper.md"):
        await backend.apply(backend.plan(tree, reading), reading)
    await backend.close()


@settings(max_examples=size(200, 5_000), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_list_has_no_overlaps_and_everybody_who_should_be_on_it(seed: int):
    random = Random(seed)
    before = listed_by(random)
    theirs = [on(each.list_name, str(each.network)) for each in listed_by(random)[:1]]
    present = after(theirs, before)
    wanted = listed_by(random)
    standing = after(present, wanted)

    assert () == lists_difference(wanted, standing).changes
    barred = {subject for subject, _ in lists_difference(wanted, standing).conflicts}
    for each in wanted:
        around = [other for other in standing if holds(other, each)]
        assert 1 == len(around) or (barred and not around)
    assert {*theirs} <= {*standing}


def listed_by(random: Random) -> tuple[Listed, ...]:
    """Of a router where nobody logs in: only there are lists."""
    while True:
        tree = random_tree(random, Method.LINUX, services=random.randrange(1, 12))
        if tree.listed:
            return tree.listed


def after(present: list[Listed], wanted: tuple[Listed, ...]) -> list[Listed]:
    changes = lists_difference(wanted, present).changes
    standing = {*present} - {off for off, _ in changes} | {on for _, on in changes if on}
    for each in standing:
        assert 1 == sum(1 for other in standing if holds(other, each))
    return list(standing)


def holds(other: Listed, each: Listed) -> bool:
    same = (other.list_name, other.network.version) == (each.list_name, each.network.version)
    return same and each.network.subnet_of(other.network)
