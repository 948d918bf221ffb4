"""`turnpike lab routeros` as a process: it is ready, reboots at SIGHUP, and stops."""

import asyncio
import contextlib
import signal
import sys

import librouteros


async def queues(port: int) -> dict[str, str]:
    """The queues' ids by their names."""
    api = await librouteros.async_connect("127.0.0.1", "netops", "lab", port=port)
    found = {row["name"]: row[".id"] async for row in api.path("queue", "simple")}
    await api.close()
    return found


async def test_it_says_ready_serves_reboots_and_stops():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "turnpike", "lab", "routeros", "--port", "0", "--user", "netops"),
        *("--password", "lab", "--version", "7.18", "--queues", "3", "--seed", "2"),
        stdout=asyncio.subprocess.PIPE,
    )
    told = []
    async with asyncio.timeout(60):
        while "ready" not in told:
            told.append((await process.stdout.readline()).decode().strip())
    port = int(told[0].rpartition(":")[2])

    before = await queues(port)
    process.send_signal(signal.SIGHUP)
    after = before
    while after == before:
        with contextlib.suppress(librouteros.exceptions.ConnectionClosed, OSError):
            after = await queues(port)
    process.send_signal(signal.SIGTERM)

    assert ["by hand 1", "by hand 2", "by hand 3"] == [*before]
    assert before.keys() == after.keys()
    assert 0 == await process.wait()
    assert told[0].startswith("api on 127.0.0.1:")
