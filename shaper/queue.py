"""The queues that a router should have: values, the same for every kind of router.

Directions are the subscriber's: `down` is towards him. A router that counts from its own side
(`rx` first) turns them round in its own file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from isp.limit import Limit

__all__ = ["Doubt", "Listed", "Network", "Queue", "RateClass", "Tree"]

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """One queue: of a service, or of a node of the topology that queues hang under.

    All `targets` share the one limit: a service's IPv4 address, IPv6 prefix and delegated prefix.
    `subject` names whose it is for as long as it lives, whatever it is called: `s17` is service 17,
    `n4` is node 4. `name` has only letters, digits and `_ - : .`, and is unique in the tree.
    """

    name: str
    subject: str
    targets: tuple[Network, ...]
    down: Limit = field(default_factory=Limit)
    up: Limit = field(default_factory=Limit)
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RateClass:
    """A rate that many services have: the hosts of address list `name` each get it for themselves.

    Routers that cannot (all but RouterOS with queue trees) are given a queue for each service.
    """

    name: str
    down: Limit
    up: Limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A network on an address list: behind the wall, suspended, or of a rate class."""

    list_name: str
    network: Network
    subject: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """A service that is left without a queue (open, never cut off), and why."""

    subject: str
    login: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """All that one router should have. Of `queues`, parents stand before their children, and
    narrower targets before wider ones that hold them, so that the first match is the right one.
    """

    queues: tuple[Queue, ...] = ()
    classes: tuple[RateClass, ...] = ()
    listed: tuple[Listed, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def subjects(self) -> Iterator[str]:
        """Whose traffic is told apart here, each perhaps more than once."""
        yield from (queue.subject for queue in self.queues)
        yield from (listed.subject for listed in self.listed)
