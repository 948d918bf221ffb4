"""Daemons that run in the test's own process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from chassis.clock import SystemClock
from chassis.lifecycle import Context
from chassis.periodic import Tasks

__all__ = ["daemons"]


@asynccontextmanager
async def daemons(
    name: str, build: Callable[[Any, Context], Any]
) -> AsyncIterator[Callable[[Any], Awaitable[Any]]]:
    """`await start(settings)` starts one; all are drained in the end, and none may have failed."""
    started: list[Any] = []
    failures: list[str] = []

    async def start(settings: Any) -> Any:
        context = Context(
            name=name, version="0", clock=SystemClock(), tasks=Tasks(), fail=failures.append
        )
        started.append(build(settings, context))
        await started[-1].start()
        return started[-1]

    try:
        yield start
    finally:
        for daemon in started:
            await daemon.drain()
    assert [] == failures
