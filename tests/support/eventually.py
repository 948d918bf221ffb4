"""Waiting for what is bound to come."""

import asyncio
from typing import Any, Final

from tests.support.sizes import PROVING

__all__ = ["BUSY_SECONDS_MAX", "eventually"]

BUSY_SECONDS_MAX: Final = 60.0
"""How long a machine that does much else beside the tests may take for what takes a moment."""


async def eventually(what: Any, *, seconds: float = BUSY_SECONDS_MAX, every: float = 0.05) -> Any:
    """Wait until the coroutine function (or plain function) `what` gives something true.

    `seconds` is what was promised, where something was: it is held to where the machine is the
    tests' own, that is when proving.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + (seconds if PROVING else max(seconds, BUSY_SECONDS_MAX))
    while True:
        result = what()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return result
        assert loop.time() < until, f"not within {seconds} s"
        await asyncio.sleep(every)
