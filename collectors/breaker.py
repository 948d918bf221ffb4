"""Whether a device that does not answer is worth another look: it is left alone ever longer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = ["Breaker", "after"]

FAILURES_MAX: Final = 2
"""Readings in a row that gave nothing; one may be bad luck."""

OPEN_SECONDS: Final = 60
OPEN_SECONDS_MAX: Final = 900
"""A device that is back is noticed within a quarter of an hour at worst, by one GET."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """Failures in a row, and until when nothing is asked."""

    failures: int = 0
    open_until: datetime | None = None


def after(breaker: Breaker, *, answered: bool, now: datetime) -> Breaker:
    """The breaker after one more reading or probe."""
    if answered:
        return Breaker()
    failures = breaker.failures + 1
    if failures < FAILURES_MAX:
        return Breaker(failures=failures)
    seconds = min(OPEN_SECONDS * 2 ** min(failures - FAILURES_MAX, 10), OPEN_SECONDS_MAX)
    return Breaker(failures=failures, open_until=now + timedelta(seconds=seconds))
