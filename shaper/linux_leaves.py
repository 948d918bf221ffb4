"""What holds a queue's packets: the best kind that the kernel has and its memory allows (pure)."""

from collections.abc import Collection, Iterable
from typing import Final

from shaper.linux_state import Leaf, LeafKind, LinuxQueue

__all__ = ["FRAME_OCTETS", "choose_kind", "leaf_for", "within"]

FRAME_OCTETS: Final = 1514
QUEUE_MILLISECONDS: Final = 100
QUEUE_OCTETS_MIN: Final = 2 * 65_536
"""Two of the largest packets that offloading makes: a smaller queue would never take one."""
QUEUE_OCTETS_MAX: Final = 16 * 1024 * 1024
"""100 ms at 1.3 Gbit/s."""
CODEL_TARGET_NANOSECONDS: Final = 5_000_000
CODEL_UNIT_NANOSECONDS: Final = 1024
MEMORY_OCTETS: Final = {LeafKind.CAKE: 512 * 1024, LeafKind.FQ_CODEL: 64 * 1024, LeafKind.BFIFO: 0}
"""What an empty leaf of the kind takes."""
SPARED_OCTETS: Final = 2 * 1024**3
"""What must be left for packets and for everything else."""


def choose_kind(
    kinds: Collection[LeafKind], present: Iterable[LinuxQueue], *, leaves: int, free_octets: int
) -> LeafKind:
    """The kind that there is already: another would mean new classes for everybody. Else the best
    of those that the kernel has, of which so many leaves, one for each direction, fit the memory.
    """
    for queue in present:
        if queue.down is not None and queue.down.leaf is not None:
            return queue.down.leaf.kind
    fitting = (
        kind
        for kind in LeafKind
        if kind in kinds and 2 * leaves * MEMORY_OCTETS[kind] <= free_octets - SPARED_OCTETS
    )
    return next(fitting, LeafKind.BFIFO)


def leaf_for(kind: LeafKind, ceil: int) -> Leaf:
    """What holds its packets: 100 ms of them, or what the better kinds find out by themselves."""
    match kind:
        case LeafKind.BFIFO:
            queue = ceil * QUEUE_MILLISECONDS // 1000
            return Leaf(kind=kind, setting=within(QUEUE_OCTETS_MIN, queue, QUEUE_OCTETS_MAX))
        case LeafKind.FQ_CODEL:
            # RFC 8289 section 4.4: a target is never less than the time of a packet.
            frame_nanoseconds = FRAME_OCTETS * 1_000_000_000 // ceil
            nanoseconds = max(CODEL_TARGET_NANOSECONDS, frame_nanoseconds * 3 // 2)
            return Leaf(kind=kind, setting=nanoseconds // CODEL_UNIT_NANOSECONDS)
        case LeafKind.CAKE:
            return Leaf(kind=kind)


def within(least: int, value: int, most: int) -> int:
    """The value, or the bound that it passes."""
    return max(least, min(value, most))
