"""`turnpike lab routeros` as a process: it says where it listens, then `ready`, and stops."""

import asyncio
import signal
import sys

import librouteros


async def test_it_says_ready_serves_and_stops_at_sigterm():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "turnpike", "lab", "routeros", "--port", "0", "--user", "netops"),
        *("--password", "lab", "--version", "7.18", "--queues", "3", "--rest-port", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    told = []
    async with asyncio.timeout(60):
        while "ready" not in told:
            told.append((await process.stdout.readline()).decode().strip())
    port = int(told[0].rpartition(":")[2])

    api = await librouteros.async_connect("127.0.0.1", "netops", "lab", port=port)
    rows = [row["name"] async for row in api.path("queue", "simple")]
    await api.close()
    process.send_signal(signal.SIGTERM)

    assert ["by hand 1", "by hand 2", "by hand 3"] == rows
    assert 0 == await process.wait()
    assert told[0].startswith("api on 127.0.0.1:")
