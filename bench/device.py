"""One of the lab's devices in a process of its own, so that it costs the measured one nothing."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["lab_device"]


@asynccontextmanager
async def lab_device(name: str, *words: str) -> AsyncIterator[int]:
    """`turnpike lab NAME` with these options; gives the port that it says it listens on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "turnpike", "lab", name, "--port", "0", *words), stdout=PIPE
    )
    assert process.stdout is not None
    try:
        first = (await process.stdout.readline()).decode()
        async for line in process.stdout:
            if line.strip() == b"ready":
                break
        yield int(first.rpartition(":")[2].split()[0])
    finally:
        process.terminate()
        await process.communicate()
