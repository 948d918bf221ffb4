"""Background work that survives its own failures: periodic tasks and endless loops.

tasks = Tasks()
tasks.every(5.0, "expire_leases", store.expire_leases)
tasks.forever("follow_database", follower.run)
...
await tasks.stop()
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias

from chassis.log import get_logger
from chassis.metrics import counter, gauge

__all__ = ["Tasks"]

JITTER: Final = 0.1
"""A tenth either way: many daemons started together do not query together."""

BACKOFF_SECONDS_MIN: Final = 0.5
BACKOFF_SECONDS_MAX: Final = 30.0
"""A database that is back is noticed within half a minute at worst."""

TURNS_MISSED_MAX: Final = 5
STUCK_SECONDS_MIN: Final = 60.0
"""A periodic task is stuck when it misses five turns, and at least a minute, unless it says how
long its turns may take."""

Work: TypeAlias = Callable[[], Awaitable[object]]

task_failures = counter(
    "turnpike_task_failures_total", "Turns of background work that failed.", ("task",)
)
task_failing = gauge(
    "turnpike_task_failing", "1 while the last turn of a background task failed.", ("task",)
)


class Tasks:
    """A daemon's background work, by name. A failing turn is counted, logged once, retried."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failing: dict[str, int] = {}
        self._due_by: dict[str, float] = {}
        self._log = get_logger("tasks")

    def every(
        self,
        seconds: float,
        name: str,
        work: Work,
        *,
        at_once: bool = True,
        allowance_seconds: float | None = None,
    ) -> None:
        """Run `work` every `seconds`, a tenth of jitter, never two turns at a time.

        After `allowance_seconds` (None: five turns missed, and a minute) a turn is stuck.
        """
        usual = max(seconds * TURNS_MISSED_MAX, STUCK_SECONDS_MIN)
        allowance = usual if allowance_seconds is None else allowance_seconds
        self._add(name, lambda: self._periodic(seconds, name, work, at_once, allowance))

    def forever(self, name: str, work: Work) -> None:
        """Run `work`, an endless loop, again whenever it ends or fails, after a growing pause."""
        self._add(name, lambda: self._endless(name, work))

    def failing(self) -> tuple[str, ...]:
        """The tasks whose last turn failed."""
        return tuple(sorted(self._failing))

    def stuck(self) -> tuple[str, ...]:
        """The periodic tasks that missed several turns: a reason to stop feeding the watchdog."""
        now = asyncio.get_running_loop().time()
        return tuple(sorted(name for name, due_by in self._due_by.items() if now > due_by))

    async def stop(self) -> None:
        """Cancel everything, and wait until it has ended."""
        running = list(self._running.values())
        self._running.clear()
        self._due_by.clear()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _add(self, name: str, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if name in self._running:
            raise ValueError(f"there is a task {name} already")
        self._running[name] = asyncio.ensure_future(loop())

    async def _periodic(
        self, seconds: float, name: str, work: Work, at_once: bool, allowance: float
    ) -> None:
        if not at_once:
            await asyncio.sleep(_jittered(seconds))
        while True:
            self._due_by[name] = asyncio.get_running_loop().time() + allowance
            await self._turn(name, work)
            failures = self._failing.get(name, 0)
            await asyncio.sleep(_jittered(max(seconds, _backoff(failures) if failures else 0)))

    async def _endless(self, name: str, work: Work) -> None:
        while True:
            await self._turn(name, work)
            await asyncio.sleep(_jittered(_backoff(self._failing.get(name, 1))))

    async def _turn(self, name: str, work: Work) -> None:
        """One turn; the last resort loses the turn, never the loop."""
        try:
            await work()
        except Exception as error:
            self._last_resort(name, error)
        else:
            if self._failing.pop(name, 0):
                task_failing.set(0, name)
                self._log.info("task_recovered", task=name)

    def _last_resort(self, name: str, error: Exception) -> None:
        """Last resort of every background task: count, log the first of a row, go on."""
        task_failures.add(name)
        task_failing.set(1, name)
        self._failing[name] = self._failing.get(name, 0) + 1
        if self._failing[name] == 1:
            self._log.error("task_failed", task=name, exc_info=error)


def _backoff(failures: int) -> float:
    return min(BACKOFF_SECONDS_MIN * 2.0 ** min(failures - 1, 16), BACKOFF_SECONDS_MAX)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)
