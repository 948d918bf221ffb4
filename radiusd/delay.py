"""Refusals sent a little later, without anything waiting for them."""

import asyncio
from collections import deque
from collections.abc import Callable

__all__ = ["DELAYED_MAX", "DelayedReplies"]

DELAYED_MAX = 10_000
"""About 10 MB; beyond it refusals are sent at once."""


class DelayedReplies:
    """All are delayed by the same time, so they leave in the order they came."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: deque[tuple[float, Callable[[], object]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, send: Callable[[], object]) -> bool:
        """Call `send` after the delay; False where there is none and it must be sent at once."""
        if self._seconds <= 0 or len(self._waiting) >= DELAYED_MAX:
            return False
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.time() + self._seconds, send))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._send_due)
        return True

    def send_all(self) -> None:
        """Send what waits now: the process is about to end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            _, send = self._waiting.popleft()
            send()

    def _send_due(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting and self._waiting[0][0] <= loop.time():
            _, send = self._waiting.popleft()
            send()
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._send_due)
