"""Running a coroutine in a loop of its own, from code that may stand beside a test's loop."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["apart"]


def apart(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end in a thread, leaving the test's loop alone."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, work).result()
