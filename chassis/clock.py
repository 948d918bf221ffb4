"""The one file that asks the clock; everything else is told what time it is."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock"]


class Clock(Protocol):
    """What time it is, for the edges; pure code takes `now` as an argument."""

    def now(self) -> datetime:
        """The wall clock: an aware UTC datetime. It may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back. For durations only."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The machine's wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The machine's monotonic clock, in seconds."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to: `advance` lets time pass, `set` makes the wall jump."""

    def __init__(self, now: datetime, *, monotonic_seconds: float = 0.0) -> None:
        self._monotonic_seconds = monotonic_seconds
        self.set(now)

    def now(self) -> datetime:
        """The time last set, plus what was advanced since."""
        return self._now

    def monotonic(self) -> float:
        """The seconds advanced since the start."""
        return self._monotonic_seconds

    def set(self, now: datetime) -> None:
        """Move the wall clock only, as an operator or NTP does. `now` must be aware."""
        if now.tzinfo is None:
            message = "a clock needs an aware datetime"
            raise ValueError(message)
        self._now = now.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_seconds += seconds
