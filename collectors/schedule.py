"""When each part of a device is due: at a phase of its own, so that restarts spread nothing anew.

A part that could not be read in its time is skipped, never stacked.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from collectors.driver import Part

__all__ = ["AGAIN_SECONDS", "HINT_SECONDS", "again", "due", "first", "following", "hinted"]

AGAIN_SECONDS: Final = 30
"""A device that gave nothing may only have been busy, or just have been switched on."""

HINT_SECONDS: Final = 15
"""A hint brings the next look at the states forward, but to no more than one in so many seconds."""

PHASES: Final = 1 << 32


def first(
    device_id: int, intervals: Mapping[Part, int], *, new: bool, now: datetime
) -> dict[Part, datetime]:
    """When each part is due: a device that was never read at once, any other at its phase."""
    if new:
        return dict.fromkeys(intervals, now)
    return following(device_id, intervals, frozenset(intervals), {}, now)


def following(
    device_id: int,
    intervals: Mapping[Part, int],
    done: frozenset[Part],
    before: Mapping[Part, datetime],
    now: datetime,
) -> dict[Part, datetime]:
    """When each part is due after some were read, or were tried to be."""
    return {
        part: _after(now, seconds, device_id)
        if part in done or part not in before
        else before[part]
        for part, seconds in intervals.items()
    }


def due(at: Mapping[Part, datetime], now: datetime) -> frozenset[Part]:
    """The parts whose time has come."""
    return frozenset(part for part, when in at.items() if when <= now)


def hinted(
    at: Mapping[Part, datetime], read_at: datetime | None, now: datetime
) -> dict[Part, datetime]:
    """After a hint that something happened: states are due now, or soon after the last look."""
    soonest = now if read_at is None else max(now, read_at + timedelta(seconds=HINT_SECONDS))
    return dict(at) | {Part.STATE: min(at.get(Part.STATE, soonest), soonest)}


def again(
    at: Mapping[Part, datetime], lost: frozenset[Part], when: datetime
) -> dict[Part, datetime]:
    """After a reading that gave nothing: what it was to read is due then, if not sooner."""
    return {part: min(due, when) if part in lost else due for part, due in at.items()}


def _after(now: datetime, seconds: int, device_id: int) -> datetime:
    """The next moment of this device's phase in an interval."""
    digest = blake2b(device_id.to_bytes(8, "big", signed=True), digest_size=4).digest()
    phase = seconds * int.from_bytes(digest, "big") / PHASES
    turns = int((now.timestamp() - phase) // seconds) + 1
    return datetime.fromtimestamp(phase + turns * seconds, tz=now.tzinfo)
