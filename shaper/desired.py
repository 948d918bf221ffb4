"""The queues that a router should have, from what services are entitled to and where they are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Final

from isp.access import Access, Rates
from isp.limit import Limit
from isp.shaping import Method
from policy.rate_limit import rate_bps_text
from policy.vendors.mikrotik import queue_limit
from policy.vendors.profile import WALL
from shaper.claims import Claim, settle
from shaper.prefixes import host_bits, width
from shaper.queue import Doubt, Listed, Network, Queue, RateClass, Tree
from shaper.topology import Topology, queue_name

__all__ = ["LISTS", "SUSPENDED", "Service", "Site", "desired", "service_id_of"]

SUSPENDED: Final = "turnpike-suspended"
"""The address list of services without access, beside the walled garden's."""

LISTS: Final = {Access.WALLED: WALL, Access.NONE: SUSPENDED}
"""Where a router's own firewall looks who is to be kept out, or behind the wall."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """What a service is entitled to; `attributes` are its plan's, which may hold a burst."""

    service_id: int
    login: str
    access: Access
    rates: Rates
    attributes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """`s17`."""
        return f"s{self.service_id}"


def service_id_of(subject: str) -> int | None:
    """The inverse of `Service.subject`; None where it is no service's."""
    number = subject.removeprefix("s")
    return int(number) if number != subject and number.isdecimal() else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A router's part. `by_radius`: subscribers log in there, so that it keeps them out or behind
    the wall itself; else everything in its nodes' networks (all there is, where it has no nodes)
    is its to shape.
    """

    method: Method
    by_radius: bool
    topology: Topology = field(default_factory=Topology)


def desired(site: Site, services: Iterable[Service], claims: Collection[Claim]) -> Tree:
    """The tree of queues. Who is in doubt is left without a queue, and told of."""
    known = {service.service_id: service for service in services}
    here = [
        claim
        for claim in claims
        if claim.service_id in known and (site.by_radius or site.topology.holds(claim.network))
    ]
    networks, doubtful = settle(here)
    queues = list(site.topology.queues())
    classes: dict[str, RateClass] = {}
    listed: list[Listed] = []
    for service_id, targets in networks.items():
        service = known[service_id]
        queue = _queue(service, targets, site.topology)
        shared = _class(queue) if site.method is Method.TREE else None
        if shared is not None:
            classes[shared.name] = shared
            listed += _listed(shared.name, queue)
        elif queue.down != Limit() or queue.up != Limit():
            queues.append(queue)
        if not site.by_radius and service.access in LISTS:
            listed += _listed(LISTS[service.access], queue)
    return Tree(
        queues=tuple(_ordered(queues)),
        classes=tuple(classes[name] for name in sorted(classes)),
        listed=tuple(listed),
        doubts=tuple(_doubts(known, doubtful)),
    )


def _queue(service: Service, targets: tuple[Network, ...], topology: Topology) -> Queue:
    limit = queue_limit(service.rates, service.attributes)
    return Queue(
        name=queue_name(service.subject, service.login),
        subject=service.subject,
        targets=targets,
        down=limit.down,
        up=limit.up,
        parent=topology.parent_of(targets),
    )


def _class(queue: Queue) -> RateClass | None:
    """The class that serves as well as the queue itself; None where none does.

    A PCQ tells hosts apart by address, so that only a single IPv4 address has a limit of its own
    there, and it knows plain rates only.
    """
    (target, *others), down, up = queue.targets, queue.down, queue.up
    alone = not others and isinstance(target, IPv4Network) and host_bits(target) == 0
    if not alone or down.rate_bps is None or up.rate_bps is None:
        return None
    if (down, up) != (Limit(rate_bps=down.rate_bps), Limit(rate_bps=up.rate_bps)):
        return None
    name = f"turnpike-{rate_bps_text(down.rate_bps)}-{rate_bps_text(up.rate_bps)}"
    return RateClass(name=name, down=down, up=up)


def _listed(list_name: str, queue: Queue) -> Iterator[Listed]:
    for network in queue.targets:
        yield Listed(list_name=list_name, network=network, subject=queue.subject)


def _ordered(queues: Iterable[Queue]) -> Iterator[Queue]:
    """Parents, then their children; among siblings the narrower first."""
    children: defaultdict[str | None, list[Queue]] = defaultdict(list)
    for queue in queues:
        children[queue.parent].append(queue)
    generation: list[str | None] = [None]
    while generation:
        siblings = [
            queue
            for parent in generation
            for queue in sorted(
                children.get(parent, ()), key=lambda each: (width(each.targets), each.name)
            )
        ]
        yield from siblings
        generation = [queue.name for queue in siblings]


def _doubts(known: Mapping[int, Service], doubtful: Mapping[int, Network]) -> Iterator[Doubt]:
    for service_id, network in sorted(doubtful.items()):
        service = known[service_id]
        yield Doubt(
            subject=service.subject,
            login=service.login,
            reason=f"{network} has gone to two services at once",
        )
