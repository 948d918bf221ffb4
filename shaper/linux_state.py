"""What the kernel has, or should have: classes, their names and addresses, the rules that
classify.

Each queue is one class of HTB in each direction, of the same class id in both, so that one map
from address to class serves both. Queues that others hang under are classes of the HTB at the
interface. The others are classes of HTBs inside it, up to two hundred in each, a *family*: making
a class takes the kernel the longer the more classes the same HTB has.

Every number is used once. Class `7470:n` is a queue that others hang under, or the place of the
family whose HTB is `n:`; class `f:n` is a queue of family f, and `n:` its leaf.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from shaper.queue import Listed, Network

__all__ = [
    "MAJOR",
    "NAMELESS",
    "Chain",
    "Hook",
    "HtbClass",
    "Leaf",
    "LeafKind",
    "LinuxQueue",
    "LinuxState",
    "MapKey",
    "Rule",
    "class_id",
    "major_of",
    "number_of",
]

MAJOR = 0x7470
"""The handle of our HTB on every interface, "tp": what hangs below it is ours, nothing else is."""


def class_id(major: int, number: int) -> int:
    """As the kernel writes `major:number`."""
    return major << 16 | number


def number_of(class_id: int) -> int:
    """The number that a queue or family has for itself."""
    return class_id & 0xFFFF


def major_of(class_id: int) -> int:
    """The HTB that a class is of."""
    return class_id >> 16


NAMELESS = "?"

MapKey = tuple[int, int]
"""The map of an IP version and a prefix length."""


class LeafKind(StrEnum):
    """What holds a queue's packets, the better first."""

    CAKE = "cake"
    FQ_CODEL = "fq_codel"
    BFIFO = "bfifo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """`setting`: of bfifo its limit in octets, of fq_codel its target in units of 1.024 µs."""

    kind: LeafKind
    setting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HtbClass:
    """A queue in one direction. Rates are octets per second; a burst is the time, in ticks of
    64 ns, that it takes at its rate. A class that others hang under has no leaf.
    """

    rate: int
    ceil: int
    burst_ticks: int
    ceil_burst_ticks: int
    quantum_octets: int
    priority: int
    leaf: Leaf | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxQueue:
    """A queue as the kernel has it; a direction that is None is missing or broken there."""

    name: str
    subject: str
    parent: str | None
    targets: frozenset[Network]
    down: HtbClass | None
    up: HtbClass | None


class Hook(StrEnum):
    """Where nftables sees an interface's packets."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Packets whose `field` (`saddr`, `daddr`) is in a map get their class from it; then they go
    on, or to the interface of index `forward_to`.
    """

    field: str
    map_key: MapKey
    forward_to: int | None = None

    def __str__(self) -> str:
        version, length = self.map_key
        onwards = "" if self.forward_to is None else f" to {self.forward_to}"
        return f"IPv{version} {self.field} /{length}{onwards}"

    @classmethod
    def of_text(cls, text: str) -> Self | None:
        """The inverse of `str`; None for any other text."""
        match = re.fullmatch(r"IPv([46]) ([sd]addr) /(\d+)(?: to (\d+))?", text)
        if match is None:
            return None
        version, side, length, onwards = match.groups()
        key = (int(version), int(length))
        return cls(field=side, map_key=key, forward_to=int(onwards) if onwards else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where packets are classified: at a hook of an interface, by the first rule that fits. A rule
    that is not ours is None.
    """

    name: str
    hook: Hook
    interface: str
    rules: tuple[Rule | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxState:
    """All of it. `ids` are the class ids of the queues by name; `families` the number of the class
    above each family, 0 the root; `addresses` the class of each network; `chains` use the `maps`.
    Without a `table` there are none of the last three; `rooted`: both interfaces have our HTB
    and its filter. `listed` without a subject is somebody else's; `walls`: rules stand beside the
    lists that may look there.

    A class that nothing names (a change was cut short) is a queue named `?` and its id.
    """

    queues: Mapping[str, LinuxQueue] = field(default_factory=dict)
    ids: Mapping[str, int] = field(default_factory=dict)
    families: Mapping[int, int] = field(default_factory=dict)
    addresses: Mapping[Network, int] = field(default_factory=dict)
    rooted: bool = False
    table: bool = False
    maps: frozenset[MapKey] = frozenset()
    chains: tuple[Chain, ...] = ()
    listed: frozenset[Listed] = frozenset()
    walls: bool = False
