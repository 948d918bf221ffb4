"""How long what does not answer is left alone: ever longer, up to a bound."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = ["Breaker", "Patience"]

DOUBLINGS_MAX: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """Failures in a row, and until when nothing is asked."""

    failures: int = 0
    open_until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """After how many failures in a row somebody is left alone, how long at first and at most."""

    failures_max: int
    open_seconds: int
    open_seconds_max: int

    def after(self, breaker: Breaker, *, answered: bool, now: datetime) -> Breaker:
        """The breaker after one more try has ended; those from before it opened do not add up."""
        if answered:
            return Breaker()
        if breaker.open_until is not None and now < breaker.open_until:
            return breaker
        failures = breaker.failures + 1
        if failures < self.failures_max:
            return Breaker(failures=failures)
        seconds = self.open_seconds * 2 ** min(failures - self.failures_max, DOUBLINGS_MAX)
        wait = timedelta(seconds=min(seconds, self.open_seconds_max))
        return Breaker(failures=failures, open_until=now + wait)
