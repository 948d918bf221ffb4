"""Which addresses of a pool to try, and for whom: pure arithmetic on prefixes.

A pool is a network cut into prefixes of one length (32 for IPv4 addresses). Places are numbered
from 0; the search for free ones goes on where the last one ended, so a pool is walked, not begun
anew for every lease.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from radiusd.snapshot import LeaseKind

__all__ = ["Grant", "Pool", "Want", "candidates_of", "place_of"]

SMALLEST_WITH_EDGES = 4
"""Of an IPv4 network that has more addresses than two, the first and the last are nobody's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """One network of a pool; several may share a name."""

    pool_id: int
    network: IPv4Network | IPv6Network
    prefix_length: int

    @property
    def places(self) -> range:
        """The numbers of the prefixes that may be leased."""
        count = 1 << (self.prefix_length - self.network.prefixlen)
        whole_addresses = self.prefix_length == 32 and self.network.version == 4
        if whole_addresses and count >= SMALLEST_WITH_EDGES:
            return range(1, count - 1)
        return range(count)

    def prefix(self, place: int) -> IPv4Network | IPv6Network:
        """The prefix at a place."""
        bits = self.network.max_prefixlen - self.prefix_length
        first = int(self.network.network_address) + (place << bits)
        return type(self.network)((first, self.prefix_length))


@dataclass(frozen=True, kw_only=True, slots=True)
class Want:
    """One address that a service is owed: of which kind, from the pools of which name."""

    tenant_id: int
    subscriber_id: int
    service_id: int
    kind: LeaseKind
    pool_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What a want came to: the address, in CIDR notation; None where the pool has no more."""

    want: Want
    address: str | None


def candidates_of(pool: Pool, start: int, count: int) -> list[IPv4Network | IPv6Network]:
    """Up to `count` prefixes from place `start` on, round the end, none twice."""
    places = pool.places
    if not places:
        return []
    offset = (start - places.start) % len(places)
    tried = min(count, len(places))
    return [pool.prefix(places[(offset + step) % len(places)]) for step in range(tried)]


def place_of(pool: Pool, prefix: str) -> int:
    """The place of one of the pool's prefixes."""
    network = ip_network(prefix)
    bits = network.max_prefixlen - pool.prefix_length
    return (int(network.network_address) - int(pool.network.network_address)) >> bits
