"""Networks found by an address or network inside them, the narrowest first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_network
from typing import Generic, TypeVar

from shaper.queue import Network

__all__ = ["EVERYTHING", "Prefixes", "host_bits", "network", "width"]

NETWORKS_REMEMBERED = 65_536
"""The addresses of a large router, read over and over."""

EVERYTHING: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))

T = TypeVar("T")


@lru_cache(maxsize=NETWORKS_REMEMBERED)
def network(text: str) -> Network:
    """The network of `10.0.0.1`, `10.0.0.1/24`, `2001:db8::/56`. Raises ValueError."""
    return ip_network(text, strict=False)


def host_bits(subject: Network) -> int:
    """How wide it is: 0 is one address."""
    return subject.max_prefixlen - subject.prefixlen


def width(targets: Iterable[Network]) -> tuple[int, int]:
    """How wide the widest of each version is: what takes precedence sorts first."""
    bits = {4: 0, 6: 0}
    for target in targets:
        bits[target.version] = max(bits[target.version], host_bits(target))
    return bits[4], bits[6]


class Prefixes(Generic[T]):
    """Values by network."""

    def __init__(self) -> None:
        self._values: defaultdict[tuple[int, int], dict[int, list[T]]] = defaultdict(dict)
        self._lengths: dict[int, list[int]] = {4: [], 6: []}

    def put(self, at: Network, value: T) -> None:
        """One more value of a network."""
        lengths = self._lengths[at.version]
        if at.prefixlen not in lengths:
            lengths.append(at.prefixlen)
            lengths.sort(reverse=True)
        here = self._values[at.version, at.prefixlen]
        here.setdefault(int(at.network_address) >> host_bits(at), []).append(value)

    def around(self, subject: Network, *, itself: bool = True) -> Iterator[T]:
        """The values of the networks that hold it, with its own unless not `itself`."""
        number = int(subject.network_address)
        for length in self._lengths[subject.version]:
            if length < subject.prefixlen or (itself and length == subject.prefixlen):
                prefix = number >> (subject.max_prefixlen - length)
                yield from self._values[subject.version, length].get(prefix, ())
