"""Repeats of one event are limited, so that a flood of packets is not a flood of lines."""

from typing import Final

import structlog
from structlog.typing import EventDict, WrappedLogger

from chassis.clock import Clock

__all__ = ["RepeatLimit"]

REPEATS_MAX: Final = 10
WINDOW_SECONDS: Final = 1.0
"""At most ten lines a second for one event and reason: readable, and bounded on disk."""

EVENTS_REMEMBERED: Final = 1024
"""Event names are static and reasons few; beyond this a reason was not static."""


class RepeatLimit:
    """Drops an event's lines beyond ten a second; the next one let through says how many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str, str], tuple[float, int]] = {}

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """A structlog processor; `suppressed` says how many lines went missing before this one."""
        key = (str(event.get("event")), str(event.get("reason", "")), str(event.get("source", "")))
        now = self._clock.monotonic()
        started, count = self._windows.get(key, (now, 0))
        if now - started >= WINDOW_SECONDS:
            if count > REPEATS_MAX:
                event["suppressed"] = count - REPEATS_MAX
            started, count = now, 0
        if key not in self._windows and len(self._windows) >= EVENTS_REMEMBERED:
            del self._windows[next(iter(self._windows))]
        self._windows[key] = (started, count + 1)
        if count >= REPEATS_MAX:
            raise structlog.DropEvent
        return event
