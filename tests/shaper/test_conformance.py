"""One tree, two kinds of routers: whoever sends or receives is limited alike by both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from random import Random

from isp.shaping import Method
from lab.routeros import RouterOs
from shaper.backend import Backend
from shaper.backends.linux import LinuxBackend
from shaper.backends.routeros import RouterOsBackend
from shaper.claims import Claim
from shaper.desired import Site, desired
from shaper.linux_classes import limit_of
from shaper.linux_state import LinuxQueue, LinuxState
from shaper.linux_tree import REST
from shaper.linux_wiring import Wiring
from shaper.prefixes import network
from shaper.queue import Network, Tree
from shaper.routeros_words import SIMPLE
from shaper.topology import Node, Topology
from tests.shaper.router_states import NOON, rates, service
from tests.support.namespaces import INSIDE, machine, needs_namespaces
from tests.support.router_in_memory import RouterInMemory
from tests.support.sizes import size

TREES = size(40, 400)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What traffic passes on its way, in bits per second down and up: the least of the queues that
    it goes through, None without any; what its own queue guarantees it in another's.
    """

    rate_bps: tuple[int | None, int | None]
    guaranteed_bps: tuple[int | None, int | None]


@needs_namespaces
async def test_linux_and_routeros_limit_alike():
    with machine():
        router = RouterInMemory(RouterOs())
        linux = LinuxBackend(Wiring(inside=INSIDE))
        routeros = RouterOsBackend(router, instance="main", writes_per_second=1_000_000)
        for seed in range(TREES):
            tree = a_provider(Random(seed))
            await apply(routeros, tree)
            await apply(linux, tree)
            state = (await linux.read(tree)).state
            rows = await router.print(SIMPLE)
            for target in sorted({to for queue in tree.queues for to in queue.targets}, key=str):
                first = ip_network(target.network_address)

                assert by_routeros(rows, first) == by_linux(state, first), f"{seed}: {first}"
        await linux.close()


def a_provider(random: Random) -> Tree:
    """Sites with networks of their own, some with a part inside, and services in all of them and
    outside of them. Where networks of different queues overlap otherwise, RouterOS, in which whole
    queues stand in an order, cannot always find the narrower first.
    """
    nodes = []
    for at in range(random.randrange(4)):
        nodes.append(node(random, len(nodes) + 1, f"10.{at}.0.0/16", f"2001:db8:{at}00::/40"))
        if random.random() < 0.5:
            inner = (f"10.{at}.128.0/17", f"2001:db8:{at}80::/41")
            nodes.append(node(random, len(nodes) + 1, *inner, parent_id=len(nodes)))
    claims, services = [], []
    for number in range(1, random.randrange(2, 20)):
        at, half = random.randrange(4), random.choice((0, 8))
        networks = [f"10.{at}.{16 * half}.{number}/32", f"2001:db8:{at}{half}0:{number}00::/56"]
        networks += [f"10.{at}.{16 * half + 1}.{8 * number}/29"]
        services.append(service(random, number))
        claims += [
            Claim(service_id=number, network=network(text), live=True, since=NOON)
            for text in random.sample(networks, random.randrange(1, 4))
        ]
    site = Site(method=Method.LINUX, by_radius=True, topology=Topology(nodes))
    return desired(site, services, claims)


def node(random: Random, number: int, *networks: str, parent_id: int | None = None) -> Node:
    return Node(
        node_id=number,
        name=f"site {number}",
        networks=tuple(map(network, networks)),
        rates=rates(random),
        parent_id=parent_id,
    )


async def apply(backend: Backend, tree: Tree) -> None:
    for _ in range(2):
        reading = await backend.read(tree)
        applied = await backend.apply(backend.plan(tree, reading), reading)

        assert () == applied.problems


def by_routeros(rows: Sequence[Mapping[str, str]], address: Network) -> Effect:
    """The first queue that fits, then in it the first that fits of those that hang under it."""
    path: list[Mapping[str, str]] = []
    while True:
        parent = path[-1]["name"] if path else "none"
        inner = (row for row in rows if row["parent"] == parent and fits(row["target"], address))
        found = next(inner, None)
        if found is None:
            break
        path.append(found)
    own = path[-1]["limit-at"] if len(path) > 1 else "0/0"
    return effect([pair(row["max-limit"]) for row in path], pair(own))


def fits(targets: str, address: Network) -> bool:
    networks = map(ip_network, targets.split(","))
    return any(each.version == address.version and address.subnet_of(each) for each in networks)


def pair(text: str) -> tuple[int | None, int | None]:
    """Down and up of a RouterOS pair, which has up first and 0 for none."""
    up, down = (int(each) or None for each in text.split("/"))
    return down, up


def by_linux(state: LinuxState, address: Network) -> Effect:
    """The class of the longest prefix, then those that it hangs under."""
    around = [to for to in state.addresses if fits(str(to), address)]
    if not around:
        return effect([], (None, None))
    at = state.addresses[max(around, key=lambda each: each.prefixlen)]
    names = {class_id: name for name, class_id in state.ids.items()}
    path = [state.queues[names[at]]]
    while path[-1].parent is not None:
        path.append(state.queues[path[-1].parent])
    borrowed = len(path) > 1 and not path[0].name.endswith(REST)
    own = limits(path[0], "guaranteed_bps") if borrowed else (None, None)
    return effect([limits(queue, "rate_bps") for queue in path], own)


def limits(queue: LinuxQueue, which: str) -> tuple[int | None, int | None]:
    assert queue.down is not None
    assert queue.up is not None
    borrows = queue.parent is not None
    down, up = (getattr(limit_of(each, borrows=borrows), which) for each in (queue.down, queue.up))
    return down, up


def effect(
    rates: Iterable[tuple[int | None, int | None]], guaranteed: tuple[int | None, int | None]
) -> Effect:
    known = list(rates)
    down, up = (
        min((each[at] for each in known if each[at] is not None), default=None) for at in (0, 1)
    )
    return Effect(rate_bps=(down, up), guaranteed_bps=guaranteed)
