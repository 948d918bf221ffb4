"""Random states for the shaper's properties: topologies, services, claims, other people's rows."""

from datetime import UTC, datetime, timedelta
from random import Random

from isp.access import Access, Rates
from isp.shaping import Method
from shaper.claims import Claim
from shaper.desired import Service, Site, desired
from shaper.prefixes import network
from shaper.queue import Tree
from shaper.topology import Node, Topology

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
KBPS = (None, 64, 1_000, 20_000, 100_000, 2_500_000)
BURSTS = (
    'Mikrotik-Rate-Limit="20M/100M 40M/200M"',
    'Mikrotik-Rate-Limit="2M/10M 4M/20M 1M/5M 10/10 5 512k/1M"',
    "Idle-Timeout=600",
)
"""What plans add of their own."""


def random_tree(random: Random, method: Method, services: int) -> Tree:
    """What a router should have by one random state of the provider."""
    site = Site(method=method, by_radius=random.random() < 0.5, topology=Topology(nodes(random)))
    known = [service(random, number) for number in range(1, services + 1)]
    claims = [claim for each in known for claim in claims_of(random, each.service_id)]
    return desired(site, known, claims)


def nodes(random: Random) -> list[Node]:
    made: list[Node] = []
    for number in range(random.randrange(4)):
        parent = random.choice([None, *made])
        networks = random.sample(("10.0.0.0/8", "10.0.0.0/30", "2001:db8::/32", "10.0.0.8/29"), 2)
        made.append(
            Node(
                node_id=number + 1,
                name=random.choice(("North", "South gate", "Süd")),
                networks=tuple(map(network, networks)) if random.random() < 0.8 else (),
                rates=rates(random),
                parent_id=None if parent is None else parent.node_id,
            )
        )
    return made


def service(random: Random, number: int) -> Service:
    return Service(
        service_id=number,
        login=random.choice((f"ann{number}", f"ann{number}@isp.example", f"żółw {number}")),
        access=random.choice((Access.FULL, Access.FULL, Access.WALLED, Access.NONE)),
        rates=rates(random),
        attributes=tuple(random.sample(BURSTS, random.randrange(2))),
    )


def rates(random: Random) -> Rates:
    return Rates(down_kbps=random.choice(KBPS), up_kbps=random.choice(KBPS))


def claims_of(random: Random, service_id: int) -> list[Claim]:
    """Few addresses for many services, so that they meet."""
    candidates = [
        f"10.0.0.{random.randrange(12)}/32",
        f"10.0.0.{random.choice((0, 4, 8))}/30",
        f"2001:db8:{random.randrange(8)}::/64",
        f"2001:db8:{random.randrange(4)}00::/56",
        f"192.168.{random.randrange(3)}.0/24",
    ]
    return [
        Claim(
            service_id=service_id,
            network=network(text),
            live=random.random() < 0.7,
            since=NOON - timedelta(minutes=random.randrange(60)),
        )
        for text in random.sample(candidates, random.randrange(4))
    ]
