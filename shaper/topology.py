"""Where capacity is shared: the nodes of a router, and which of them a service hangs under."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Final

from isp.access import Rates
from isp.limit import Limit
from shaper.prefixes import EVERYTHING, Prefixes
from shaper.queue import Network, Queue

__all__ = ["Node", "Topology", "limit_of", "queue_name"]

NAME_LETTERS_MAX: Final = 60
UNNAMABLE: Final = re.compile(r"[^A-Za-z0-9:_.-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A site or link: all that is in its networks (none: everything) shares its capacity."""

    node_id: int
    name: str
    networks: tuple[Network, ...] = ()
    rates: Rates = field(default_factory=Rates)
    parent_id: int | None = None

    @property
    def subject(self) -> str:
        """`n4`."""
        return f"n{self.node_id}"


class Topology:
    """A router's nodes; parents exist and are no descendants of their children."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._nodes = {node.node_id: node for node in nodes}

    def queues(self) -> Iterator[Queue]:
        """A queue for each node. A parent catches what its children do, or they would see none."""
        caught: dict[int, list[Network]] = {node_id: [] for node_id in self._nodes}
        for node in self._nodes.values():
            for each in self._upwards(node.node_id):
                caught[each] += node.networks or EVERYTHING
        for node in self._nodes.values():
            parent = self._nodes.get(node.parent_id or 0)
            yield Queue(
                name=queue_name(node.subject, node.name),
                subject=node.subject,
                targets=_collapsed(caught[node.node_id]),
                down=limit_of(node.rates.down_kbps),
                up=limit_of(node.rates.up_kbps),
                parent=None if parent is None else queue_name(parent.subject, parent.name),
            )

    def holds(self, network: Network) -> bool:
        """Whether any node has this network; where there is no node, everything is here."""
        return not self._nodes or next(self._prefixes.around(network), None) is not None

    def parent_of(self, targets: tuple[Network, ...]) -> str | None:
        """The name of the lowest node that holds all of the targets; None: no node does."""
        chains = [self._chain(target) for target in targets]
        for node_id in chains[0]:
            if all(node_id in chain for chain in chains):
                return queue_name(f"n{node_id}", self._nodes[node_id].name)
        return None

    def _chain(self, target: Network) -> tuple[int, ...]:
        lowest = next(self._prefixes.around(target), None)
        return () if lowest is None else tuple(self._upwards(lowest))

    def _upwards(self, node_id: int) -> Iterator[int]:
        at: int | None = node_id
        while at is not None and at in self._nodes:
            yield at
            at = self._nodes[at].parent_id

    @cached_property
    def _prefixes(self) -> Prefixes[int]:
        """Nodes by network; of nodes with the same network, the lower in the tree first."""
        prefixes = Prefixes[int]()
        depths = {node_id: sum(1 for _ in self._upwards(node_id)) for node_id in self._nodes}
        for node_id in sorted(self._nodes, key=lambda each: -depths[each]):
            for network in self._nodes[node_id].networks or EVERYTHING:
                prefixes.put(network, node_id)
        return prefixes


def limit_of(kbps: int | None) -> Limit:
    """A plain rate; 0 is the least there is, for routers read 0 as unlimited."""
    return Limit(rate_bps=None if kbps is None else max(kbps, 1) * 1000)


def queue_name(subject: str, called: str) -> str:
    """`s17-ann-isp`: unique by its subject, whatever people call it."""
    return f"{subject}-{UNNAMABLE.sub('-', called)}"[:NAME_LETTERS_MAX]


def _collapsed(networks: Iterable[Network]) -> tuple[Network, ...]:
    together = set(networks)
    return (
        *collapse_addresses(each for each in together if isinstance(each, IPv4Network)),
        *collapse_addresses(each for each in together if isinstance(each, IPv6Network)),
    )
