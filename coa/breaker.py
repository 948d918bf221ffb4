"""How much may be outstanding at one NAS: all of the window, one probe, or nothing."""

from datetime import datetime

from chassis.breaker import Breaker, Patience

__all__ = ["WINDOW_REQUESTS", "Breaker", "after", "room"]

WINDOW_REQUESTS = 64
"""Enough to keep a NAS busy over a round trip of 100 ms, few enough not to drown a small one."""

after = Patience(failures_max=3, open_seconds=15, open_seconds_max=300).after
"""Of requests that stayed unanswered."""


def room(breaker: Breaker, outstanding: int, now: datetime) -> int:
    """How many more requests may be sent now."""
    if breaker.open_until is None:
        return max(0, WINDOW_REQUESTS - outstanding)
    return int(now >= breaker.open_until and outstanding == 0)
