"""Counters of a device made into what was counted between two readings: no wrap, reset or reboot
becomes traffic that never was.

Pure. Where the two readings do not belong to one run of the counters, nothing is counted and the
reason is a value; a rate is never guessed across it (RFC 2863 §3.1.5, RFC 2578 §7.1.6, §7.1.10).
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

__all__ = ["Break", "Counted", "Counters", "count", "elapsed_seconds"]

TICKS_PER_SECOND: Final = 100
TICKS: Final = 2**32
"""sysUpTime begins anew after 497 days (RFC 3418)."""

DRIFT: Final = 0.1
DRIFT_SECONDS: Final = 30.0
"""How far an agent's clock may be from ours before one of them must have been set back: agents that
refresh sysUpTime now and then are half a minute behind."""

CLOCK_SET_BACK_SECONDS_MAX: Final = 86_400.0
"""By more than a day nobody sets a clock back; a late reading of an earlier time looks like it."""

SECONDS_MIN: Final = 1.0
"""Readings closer than this say more about when the agent refreshes its counters."""

SLACK: Final = 1.1
"""Counters that are refreshed now and then overtake the link's speed a little."""

BITS_PER_SECOND_MAX: Final = 100_000_000_000
"""The ceiling of a link whose speed nobody told: the fastest that this equipment has. Of such a
link, nobody can tell a wrap from a reset either."""

OCTET_BITS: Final = 8
COUNTER32: Final = 2**32


class Break(StrEnum):
    """Why nothing was counted."""

    FIRST = "first"
    REBOOT = "reboot"
    DISCONTINUITY = "discontinuity"
    CLOCK = "clock"
    RESET = "reset"
    IMPLAUSIBLE = "implausible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """One reading of the counters of one interface, port or ONU.

    `values` are raw octets, errors, discards by name; those that were not read are not in it, and
    those in `narrow` are known to be of 32 bits.
    `uptime_ticks` is the agent's sysUpTime of the same PDU. `epoch` is whatever changes when the
    counters begin anew without a reboot: ifCounterDiscontinuityTime, or an ONU's last registration.
    """

    at: datetime
    uptime_ticks: int | None = None
    epoch: int | str | None = None
    values: Mapping[str, int]
    narrow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted in `seconds` (the agent's); nothing where `broken` says why."""

    seconds: float | None = None
    values: Mapping[str, int]
    broken: Break | None = None


def count(
    before: Counters | None, after: Counters, *, bits_per_second_max: int | None = None
) -> Counted:
    """What the counters counted between two readings of the same interface, port or ONU.

    All counters of one thing are zeroed together, so a reset of one is a reset of all. A counter
    that was read in 64 bits and now in 32, or the other way, is another counter.
    """
    if before is None:
        return _nothing(Break.FIRST)
    seconds = elapsed_seconds(before, after)
    if isinstance(seconds, Break):
        return _nothing(seconds)
    if None not in (before.epoch, after.epoch) and before.epoch != after.epoch:
        return _nothing(Break.DISCONTINUITY)
    pairs = {
        name: (before.values[name], value)
        for name, value in after.values.items()
        if name in before.values and (name in before.narrow) == (name in after.narrow)
    }
    fallen = {name for name, (was, now) in pairs.items() if now < was}
    if fallen and not (bits_per_second_max and _wrapped(fallen, after.narrow)):
        return _nothing(Break.RESET)
    counted = {
        name: (now - was) % COUNTER32 if name in fallen else now - was
        for name, (was, now) in pairs.items()
    }
    ceiling = (bits_per_second_max or BITS_PER_SECOND_MAX) / OCTET_BITS * seconds * SLACK
    if any(value > ceiling for value in counted.values()):
        return _nothing(Break.IMPLAUSIBLE)
    return Counted(seconds=seconds, values=counted)


def elapsed_seconds(before: Counters, after: Counters) -> float | Break:
    """The time between two readings, by the agent's own clock where it tells it.

    An uptime that grew less than our clock did is a reboot's, one that fell is a reboot's too
    unless it just passed 497 days. Our own clock may have been set back: then the agent's counts.
    """
    wall = (after.at - before.at).total_seconds()
    if before.uptime_ticks is None or after.uptime_ticks is None:
        return wall if wall >= SECONDS_MIN else Break.CLOCK
    seconds = (after.uptime_ticks - before.uptime_ticks) % TICKS / TICKS_PER_SECOND
    drift = max(DRIFT_SECONDS, DRIFT * wall)
    fell = after.uptime_ticks < before.uptime_ticks
    if seconds < wall - drift or (fell and seconds > wall + drift):
        return Break.REBOOT
    too_late = seconds > wall + CLOCK_SET_BACK_SECONDS_MAX
    return Break.CLOCK if too_late or seconds < SECONDS_MIN else seconds


def _wrapped(fallen: Set[str], narrow: Set[str]) -> bool:
    """A counter of 32 bits that falls alone has wrapped, if that makes a rate that its link has.

    Two that fall at once were reset, and so was one of 64 bits.
    """
    return len(fallen) == 1 and fallen <= narrow


def _nothing(reason: Break) -> Counted:
    return Counted(values={}, broken=reason)
