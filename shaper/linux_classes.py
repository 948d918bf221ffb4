"""A limit as a class of HTB, and back.

A class under another borrows what it uses, or the parent's ceiling would not bind: HTB asks the
parent only for what exceeds a class's own `rate`. So `rate` is what is guaranteed, or next to
nothing, and `quantum` shares a full parent in proportion to what was bought.
"""

from functools import lru_cache

from isp.limit import PRIORITY_LOWEST, Limit
from shaper.linux_leaves import FRAME_OCTETS, leaf_for, within
from shaper.linux_state import HtbClass, LeafKind

__all__ = [
    "BORROWER_RATE",
    "PASSAGE",
    "PLANS_REMEMBERED",
    "UNLIMITED",
    "class_for",
    "limit_of",
]

UNLIMITED = 125_000_000_000
"""Octets per second, 1 Tbit/s: beyond any interface."""
BORROWER_RATE = 1000
"""Octets per second of a class that nothing is guaranteed to; HTB knows no zero."""
PLANS_REMEMBERED = 4096
"""Of ten thousand subscribers most have the same as many others."""
TICK_NANOSECONDS = 64
TICKS_MAX = 0xFFFFFFFF
BURST_MILLISECONDS = 10
"""What a timer may be late (HZ is 100 to 1000): with less, a class would not reach its rate."""
BURST_OCTETS_MIN = 2 * FRAME_OCTETS
QUANTUM_MILLISECONDS = 2
QUANTUM_OCTETS_MAX = 200_000
"""HTB's own bound for what one class sends before its sisters."""


@lru_cache(maxsize=PLANS_REMEMBERED)
def class_for(limit: Limit, *, borrows: bool, leaf_kind: LeafKind | None) -> HtbClass:
    """The class of a limit; `borrows` under another class, without a leaf where others hang. Then
    quantum and priority mean nothing, and HTB would not change them.
    """
    ceil = octets(limit.rate_bps) or UNLIMITED
    rate = min(octets(limit.guaranteed_bps) or BORROWER_RATE, ceil) if borrows else ceil
    burst = burst_octets(ceil) + burst_beyond(limit)
    is_leaf = leaf_kind is not None
    return HtbClass(
        rate=rate,
        ceil=ceil,
        burst_ticks=ticks(burst if rate == ceil else burst_octets(rate), rate),
        ceil_burst_ticks=ticks(burst, ceil),
        quantum_octets=quantum_octets(ceil) if is_leaf else QUANTUM_OCTETS_MAX,
        priority=(limit.priority if is_leaf else PRIORITY_LOWEST) - 1,
        leaf=None if leaf_kind is None else leaf_for(leaf_kind, ceil),
    )


def limit_of(found: HtbClass, *, borrows: bool) -> Limit:
    """What a class limits to. Of a burst the kernel knows a measure, not the terms."""
    guaranteed = borrows and found.rate != BORROWER_RATE
    return Limit(
        rate_bps=None if found.ceil == UNLIMITED else found.ceil * 8,
        guaranteed_bps=found.rate * 8 if guaranteed else None,
        priority=found.priority + 1,
    )


def octets(bits: int | None) -> int:
    return (bits or 0) // 8


def quantum_octets(ceil: int) -> int:
    return within(FRAME_OCTETS, ceil * QUANTUM_MILLISECONDS // 1000, QUANTUM_OCTETS_MAX)


def burst_octets(rate: int) -> int:
    return max(BURST_OCTETS_MIN, rate * BURST_MILLISECONDS // 1000)


def burst_beyond(limit: Limit) -> int:
    """How many octets a burst from idle carries beyond the rate: RouterOS's arithmetic, whose
    burst lasts `burst_threshold * burst_time / burst_limit`.
    """
    rate, burst, seconds = limit.rate_bps, limit.burst_bps, limit.burst_seconds
    if not rate or not burst or not seconds or burst <= rate:
        return 0
    threshold = limit.burst_threshold_bps or rate
    return (burst - rate) * threshold * seconds // burst // 8


def ticks(count: int, rate: int) -> int:
    return min(TICKS_MAX, count * 1_000_000_000 // rate // TICK_NANOSECONDS)


PASSAGE = {
    borrows: class_for(Limit(), borrows=borrows, leaf_kind=None) for borrows in (False, True)
}
"""Classes that do not limit, under the root or borrowing: those that hold families."""
