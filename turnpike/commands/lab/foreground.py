"""How a simulated device runs: it says `ready`, tells now and then how it goes, and stops."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

from chassis.systemd import notify

__all__ = ["until_stopped"]


async def until_stopped(every_seconds: float) -> AsyncIterator[None]:
    """Say `ready`: the device can be talked to, and stopped. Then one turn every so many seconds,
    and a last one at SIGTERM or SIGINT.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    print("ready", flush=True)
    notify(READY="1")
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_seconds)
        yield
