"""Alarms: readings made into states that do not flicker.

Pure. A reading is good, bad, or says nothing; `TRANSITIONS` says what follows. m bad ones of the
last n raise an alarm, m good ones of n clear it, but not before it has been quiet for the hold-down
time; what goes bad again meanwhile is the same alarm, and counted as a flap.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from isp.outage import AlarmKind, Severity

__all__ = [
    "READINGS_MAX",
    "TRANSITIONS",
    "Alarm",
    "AlarmRule",
    "AlarmState",
    "Limit",
    "Reading",
    "Share",
    "Signal",
    "judge",
]

READINGS_MAX: Final = 16
"""The longest n of "m of n"; they are kept as bits of one number."""


class Reading(StrEnum):
    """What one reading says of one alarm; `unknown` changes nothing, however often it comes."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class AlarmState(StrEnum):
    """`suspected`: some bad readings, too few; `clearing`: raised, and good again for a while."""

    CLEAR = "clear"
    SUSPECTED = "suspected"
    RAISED = "raised"
    CLEARING = "clearing"


class Signal(StrEnum):
    """What the last readings together say."""

    BAD = "bad"
    BAD_ENOUGH = "bad_enough"
    GOOD = "good"
    GOOD_ENOUGH = "good_enough"


TRANSITIONS: Final = {
    (AlarmState.CLEAR, Signal.BAD): AlarmState.SUSPECTED,
    (AlarmState.CLEAR, Signal.BAD_ENOUGH): AlarmState.RAISED,
    (AlarmState.CLEAR, Signal.GOOD): AlarmState.CLEAR,
    (AlarmState.CLEAR, Signal.GOOD_ENOUGH): AlarmState.CLEAR,
    (AlarmState.SUSPECTED, Signal.BAD): AlarmState.SUSPECTED,
    (AlarmState.SUSPECTED, Signal.BAD_ENOUGH): AlarmState.RAISED,
    (AlarmState.SUSPECTED, Signal.GOOD): AlarmState.SUSPECTED,
    (AlarmState.SUSPECTED, Signal.GOOD_ENOUGH): AlarmState.CLEAR,
    (AlarmState.RAISED, Signal.BAD): AlarmState.RAISED,
    (AlarmState.RAISED, Signal.BAD_ENOUGH): AlarmState.RAISED,
    (AlarmState.RAISED, Signal.GOOD): AlarmState.CLEARING,
    (AlarmState.RAISED, Signal.GOOD_ENOUGH): AlarmState.CLEAR,
    (AlarmState.CLEARING, Signal.BAD): AlarmState.RAISED,
    (AlarmState.CLEARING, Signal.BAD_ENOUGH): AlarmState.RAISED,
    (AlarmState.CLEARING, Signal.GOOD): AlarmState.CLEARING,
    (AlarmState.CLEARING, Signal.GOOD_ENOUGH): AlarmState.CLEAR,
}
"""Every state under every signal; nothing else decides what an alarm becomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """m of the last n readings."""

    m: int
    n: int

    def __post_init__(self) -> None:
        if not 1 <= self.m <= self.n <= READINGS_MAX:
            message = f"{self.m} of {self.n} is not a share of at most {READINGS_MAX} readings"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit with hysteresis: bad beyond `set_at`, good again within `clear_at`.

    Which side is bad follows from the two: optical power (set -27, clear -26 dBm) is bad below,
    a temperature (set 75, clear 70 °C) above. In between a reading says nothing new.
    """

    set_at: float
    clear_at: float

    def judge(self, value: float | None) -> Reading:
        """What `value` says; an absent one says nothing."""
        if value is None:
            return Reading.UNKNOWN
        low_is_bad = self.set_at <= self.clear_at
        if (value <= self.set_at) if low_is_bad else (value >= self.set_at):
            return Reading.BAD
        if (value >= self.clear_at) if low_is_bad else (value <= self.clear_at):
            return Reading.GOOD
        return Reading.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """When an alarm of a kind is raised and cleared."""

    kind: AlarmKind
    severity: Severity
    raise_at: Share = Share(m=2, n=3)
    clear_at: Share = Share(m=2, n=2)
    hold_down: timedelta = timedelta(minutes=10)
    limit: Limit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What is remembered of one alarm. `recent` are the last readings as bits, newest lowest."""

    state: AlarmState = AlarmState.CLEAR
    recent: int = 0
    readings: int = 0
    last_bad_at: datetime | None = None
    flaps: int = 0

    @property
    def standing(self) -> bool:
        """Whether it has been raised and not cleared."""
        return self.state in (AlarmState.RAISED, AlarmState.CLEARING)

    @property
    def forgettable(self) -> bool:
        """Whether it is as if there had never been a bad reading."""
        return self.state is AlarmState.CLEAR and not self.recent


def judge(rule: AlarmRule, before: Alarm, reading: Reading, now: datetime) -> Alarm:
    """The alarm after one more reading; one that is cleared begins anew."""
    match reading:
        case Reading.UNKNOWN:
            return before
        case Reading.BAD | Reading.GOOD:
            pass
        case _:
            assert_never(reading)
    bad = reading is Reading.BAD
    after = replace(
        before,
        recent=(before.recent << 1 | bad) & (1 << READINGS_MAX) - 1,
        readings=min(before.readings + 1, READINGS_MAX),
        last_bad_at=now if bad else before.last_bad_at,
    )
    state = TRANSITIONS[before.state, _signal(rule, after, now)]
    if state is AlarmState.CLEAR:
        return Alarm() if before.standing else replace(after, state=state)
    flapped = before.state is AlarmState.CLEARING and state is AlarmState.RAISED
    return replace(after, state=state, flaps=after.flaps + flapped)


def _signal(rule: AlarmRule, alarm: Alarm, now: datetime) -> Signal:
    """What the readings so far, the newest included, say together."""
    if alarm.recent & 1:
        enough = _ones(alarm.recent, rule.raise_at.n) >= rule.raise_at.m
        return Signal.BAD_ENOUGH if enough else Signal.BAD
    window = min(rule.clear_at.n, alarm.readings)
    enough = window - _ones(alarm.recent, window) >= rule.clear_at.m
    held = alarm.standing and alarm.last_bad_at and now - alarm.last_bad_at < rule.hold_down
    return Signal.GOOD_ENOUGH if enough and not held else Signal.GOOD


def _ones(bits: int, window: int) -> int:
    return (bits & (1 << window) - 1).bit_count()
