"""Kill what you like: whatever was acknowledged is in the database exactly once."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from database.connect import Database, Role
from database.embedded import EmbeddedServer
from database.embedded.places import Places
from database.embedded.postmaster import running_postmaster
from database.provision import prepare
from radiusd.spool import Spool
from tests.support.recording import Books

pytestmark = pytest.mark.database

RECORDER = """
import asyncio, sys
from pathlib import Path
from chassis.config import DatabaseConfig
from database.connect import Database, Role
from radiusd.accounting import Status
from radiusd.recorder import Recorder
from radiusd.spool import Spool
from tests.support.accounting import record

async def main(data, first):
    database = Database(DatabaseConfig(data=Path(data)), Role.RADIUSD)
    def acknowledge(numbers):
        print(*numbers, sep="\\n", flush=True)
    recorder = Recorder(database.raw, Spool(Path(data) / "spool"), acknowledge)
    running = asyncio.ensure_future(recorder.run())
    for number in range(first, first + 1_000_000):
        recorder.submit(
            record(Status.INTERIM, number, number, session_id=str(number % 50)), number)
        await asyncio.sleep(0.0005 if number % 10 else 0.001)
    await running

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory that any account can reach, unlike pytest's own."""
    parent = Path(tempfile.mkdtemp(prefix="turnpike-crash-"))
    parent.chmod(0o755)
    yield parent / "data"
    shutil.rmtree(parent)


@asynccontextmanager
async def recorder_process(data: Path, first: int) -> AsyncIterator[set[int]]:
    """A recorder that is killed at the end of the body; the numbers it acknowledged."""
    acknowledged: set[int] = set()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RECORDER, str(data), str(first), stdout=asyncio.subprocess.PIPE
    )

    async def listen() -> None:
        assert child.stdout is not None
        async for line in child.stdout:
            if line.endswith(b"\n") and line[:-1].isdigit():
                acknowledged.add(int(line))

    listening = asyncio.create_task(listen())
    try:
        yield acknowledged
    finally:
        child.kill()
        await listening
        await child.wait()


async def more_than(count: int, acknowledged: set[int]) -> None:
    wanted = len(acknowledged) + count
    async with asyncio.timeout(90):
        while len(acknowledged) < wanted:
            await asyncio.sleep(0.01)


async def numbers(books: Books) -> list[int]:
    async with asyncio.timeout(90):
        while True:
            try:
                return sorted(row.octets_up for row in await books.records())
            except OperationalError:  # a pooled connection to the server that was killed
                await asyncio.sleep(0.1)


async def test_acknowledged_means_recorded_exactly_once_whoever_is_killed(data: Path):
    server = EmbeddedServer(data)
    config = DatabaseConfig(data=data)
    async with server.running():
        await prepare(config, today=SystemClock().now().date())
        database = Database(config, Role.RADIUSD)
        async with Books(database) as books:
            async with recorder_process(data, 1) as first:
                await more_than(200, first)
            async with recorder_process(data, 100_000) as second:
                await more_than(100, second)
                postmaster = running_postmaster(Places(data).cluster)
                assert postmaster is not None
                os.kill(postmaster, signal.SIGKILL)
                await more_than(300, second)
            async with recorder_process(data, 200_000) as third:
                await more_than(100, third)
                async with asyncio.timeout(90):
                    while await asyncio.to_thread(waiting, data):
                        await asyncio.sleep(0.1)
            recorded = await numbers(books)
        await database.close()

    assert first | second | third <= set(recorded)
    assert len(recorded) == len(set(recorded))


def waiting(data: Path) -> int:
    spool = Spool(data / "spool")
    try:
        return spool.waiting()
    finally:
        spool.close()
