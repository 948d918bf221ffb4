"""How much may be outstanding at one NAS: all of the window, one probe, or nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["WINDOW_REQUESTS", "Breaker", "after", "room"]

WINDOW_REQUESTS = 64
"""Enough to keep a NAS busy over a round trip of 100 ms, few enough not to drown a small one."""
FAILURES_MAX = 3
OPEN_SECONDS = 15
OPEN_SECONDS_MAX = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """Requests in a row that stayed unanswered, and until when no more are sent."""

    failures: int = 0
    open_until: datetime | None = None


def after(breaker: Breaker, *, answered: bool, now: datetime) -> Breaker:
    """The breaker after one more request ended; those sent before it opened do not add up."""
    if answered:
        return Breaker()
    if breaker.open_until is not None and now < breaker.open_until:
        return breaker
    failures = breaker.failures + 1
    if failures < FAILURES_MAX:
        return Breaker(failures=failures)
    seconds = OPEN_SECONDS * 2 ** min(failures - FAILURES_MAX, 10)
    wait = timedelta(seconds=min(seconds, OPEN_SECONDS_MAX))
    return Breaker(failures=failures, open_until=now + wait)


def room(breaker: Breaker, outstanding: int, now: datetime) -> int:
    """How many more requests may be sent now."""
    if breaker.open_until is None:
        return max(0, WINDOW_REQUESTS - outstanding)
    return int(now >= breaker.open_until and outstanding == 0)
