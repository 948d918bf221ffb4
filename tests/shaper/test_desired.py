"""What a router should have, from services, addresses and topology."""

from datetime import UTC, datetime, timedelta

from isp.access import Access, Rates
from isp.limit import Limit
from isp.shaping import Method
from shaper.claims import Claim
from shaper.desired import Service, Site, desired
from shaper.prefixes import network
from shaper.queue import Tree
from shaper.topology import Node, Topology

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RATES = Rates(down_kbps=100_000, up_kbps=20_000)
NORTH = Node(node_id=1, name="North", networks=(network("10.0.0.0/8"), network("2001:db8::/32")))
HALL = Node(node_id=2, name="Town hall", networks=(network("10.1.0.0/16"),), parent_id=1)


def service(number: int = 1, access: Access = Access.FULL, **terms: object) -> Service:
    known = {"rates": RATES} | terms
    return Service(service_id=number, login=f"u{number}", access=access, **known)


def claim(text: str, number: int = 1, *, live: bool = True, minutes: int = 0) -> Claim:
    since = NOON + timedelta(minutes=minutes)
    return Claim(service_id=number, network=network(text), live=live, since=since)


def tree(
    services: list[Service],
    claims: list[Claim],
    *nodes: Node,
    method: Method = Method.SIMPLE,
    by_radius: bool = True,
) -> Tree:
    site = Site(method=method, by_radius=by_radius, topology=Topology(nodes))
    return desired(site, services, claims)


def targets(found: Tree) -> dict[str, list[str]]:
    return {queue.subject: [str(target) for target in queue.targets] for queue in found.queues}


def test_all_addresses_of_a_service_share_its_one_queue():
    found = tree(
        [service()],
        [claim("2001:db8:7::/56"), claim("10.0.0.7"), claim("2001:db8:0:7::/64")],
    )

    assert {"s1": ["10.0.0.7/32", "2001:db8:0:7::/64", "2001:db8:7::/56"]} == targets(found)
    assert Limit(rate_bps=100_000_000) == found.queues[0].down


def test_an_address_that_was_given_on_is_the_later_sessions():
    found = tree([service(1), service(2)], [claim("10.0.0.7", 1), claim("10.0.0.7", 2, minutes=1)])

    assert {"s2": ["10.0.0.7/32"]} == targets(found)
    assert () == found.doubts


def test_a_live_session_beats_a_newer_lease():
    found = tree(
        [service(1), service(2)],
        [claim("10.0.0.7", 1), claim("10.0.0.7", 2, live=False, minutes=1)],
    )

    assert {"s1": ["10.0.0.7/32"]} == targets(found)


def test_an_address_that_two_took_at_once_is_nobodys_and_told():
    found = tree([service(1), service(2)], [claim("10.0.0.7", 1), claim("10.0.0.7", 2)])

    assert {} == targets(found)
    assert ["s1", "s2"] == [doubt.subject for doubt in found.doubts]


def test_a_service_hangs_under_the_lowest_node_that_holds_all_of_it():
    services = [service(1), service(2), service(3)]
    claims = [
        claim("10.1.0.7", 1),
        claim("10.1.0.8", 2),
        claim("2001:db8:8::/56", 2),
        claim("192.0.2.1", 3),
    ]
    found = tree(services, claims, NORTH, HALL)

    assert {"s1": "n2-Town-hall", "s2": "n1-North", "s3": None, "n1": None, "n2": "n1-North"} == {
        queue.subject: queue.parent for queue in found.queues
    }


def test_parents_come_first_and_narrow_siblings_before_wide_ones():
    found = tree(
        [service(1), service(2)],
        [claim("10.1.0.0/24", 1), claim("10.1.0.7", 2)],
        NORTH,
        HALL,
    )

    assert ["n1", "n2", "s2", "s1"] == [queue.subject for queue in found.queues]


def test_only_where_nobody_logs_in_addresses_are_listed_and_others_networks_left_alone():
    services = [service(1, Access.WALLED), service(2, Access.NONE), service(3)]
    claims = [claim("10.1.0.1", 1), claim("10.1.0.2", 2), claim("192.0.2.3", 3)]
    found = tree(services, claims, NORTH, by_radius=False)

    assert {("turnpike-walled", "s1"), ("turnpike-suspended", "s2")} == {
        (listed.list_name, listed.subject) for listed in found.listed
    }
    assert {"n1", "s1", "s2"} == targets(found).keys()
    assert () == tree(services, claims, NORTH).listed


def test_a_router_without_nas_and_sites_shapes_all_there_is():
    assert {"s1": ["192.0.2.1/32"]} == targets(
        tree([service()], [claim("192.0.2.1", live=False)], by_radius=False)
    )


def test_pcq_takes_single_addresses_with_plain_rates_and_the_rest_have_queues():
    burst = ('Mikrotik-Rate-Limit="20M/100M 40M/200M"',)
    services = [service(1), service(2), service(3, attributes=burst)]
    claims = [
        claim("10.0.0.1", 1),
        claim("10.0.0.2", 2),
        claim("2001:db8::/56", 2),
        claim("10.0.0.3", 3),
    ]
    found = tree(services, claims, method=Method.TREE)

    assert ["turnpike-100M-20M"] == [shared.name for shared in found.classes]
    assert ["s1"] == [listed.subject for listed in found.listed]
    assert {"s2", "s3"} == targets(found).keys()


def test_a_plans_own_burst_is_the_queues_too():
    burst = ('Mikrotik-Rate-Limit="20M/100M 40M/200M"',)
    found = tree([service(attributes=burst)], [claim("10.0.0.1")])

    assert 200_000_000 == found.queues[0].down.burst_bps


def test_who_is_not_limited_has_no_queue():
    assert () == tree([service(rates=Rates())], [claim("10.0.0.1")]).queues
