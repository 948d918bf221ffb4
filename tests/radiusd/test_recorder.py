"""The recorder: acknowledged means durable, whatever Postgres does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from radiusd import recorder as recorder_module
from radiusd.accounting import Record, Status
from radiusd.recorder import Fate, Recorder
from radiusd.spool import Spool
from tests.support.accounting import START, record
from tests.support.eventually import eventually
from tests.support.recording import Books

pytestmark = pytest.mark.database


class Gate:
    """Postgres as the recorder reaches it: open, shut, or opening when it is let."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.shut = False
        self.let = asyncio.Event()
        self.let.set()

    @asynccontextmanager
    async def raw(self):
        if self.shut:
            raise OSError("shut")
        await self.let.wait()
        async with self.books.database.raw() as connection:
            yield connection


@asynccontextmanager
async def recording(
    raw, path, abandoned: list[int] | None = None
) -> AsyncIterator[tuple[Recorder[int], list[int]]]:
    """A running recorder and the numbers that it acknowledged."""
    acknowledged: list[int] = []
    lost = [] if abandoned is None else abandoned
    recorder: Recorder[int] = Recorder(raw, Spool(path), acknowledged.extend, lost.extend)
    running = asyncio.create_task(recorder.run())
    try:
        yield recorder, acknowledged
    finally:
        recorder.stop()
        await running


def emptied(path: Path) -> bool:
    """Whether all that was spooled there is in Postgres, replayed or by a commit that was late."""
    spool = Spool(path)
    try:
        return spool.waiting() == 0
    finally:
        spool.close()


@pytest.fixture
def patient(monkeypatch) -> None:
    """However slow the machine, no commit counts as slow."""
    monkeypatch.setattr(recorder_module, "COMMIT_SECONDS_MAX", 60.0)


def interims(count: int, start: int = 1) -> list[Record]:
    return [
        record(Status.INTERIM, seconds, seconds, session_id=f"{seconds % 7}")
        for seconds in range(start, start + count)
    ]


async def test_what_is_acknowledged_is_in_the_database(books, tmp_path, patient):
    async with recording(books.database.raw, tmp_path / "spool") as (recorder, acknowledged):
        for number, one in enumerate(interims(500)):
            assert recorder.submit(one, number)
        await eventually(lambda: len(acknowledged) == 500)

        assert list(range(500)) == acknowledged
        assert 500 == len(await books.records())
    assert (500, 0) == (recorder.counts[Fate.RECORDED], recorder.counts[Fate.SPOOLED])


async def test_a_repeated_record_is_acknowledged_and_recorded_once(books, tmp_path, patient):
    async with recording(books.database.raw, tmp_path / "spool") as (recorder, acknowledged):
        for number in range(3):
            recorder.submit(record(Status.START), number)
        await eventually(lambda: len(acknowledged) == 3)

        assert 1 == len(await books.records())


async def test_postgres_away_means_the_spool_and_then_the_database_by_itself(books, tmp_path):
    gate = Gate(books)
    gate.shut = True
    async with recording(gate.raw, tmp_path / "spool") as (recorder, acknowledged):
        for number, one in enumerate(interims(100)):
            recorder.submit(one, number)
        await eventually(lambda: len(acknowledged) == 100)
        kept = recorder.counts[Fate.SPOOLED], len(await books.records())
        gate.shut = False
        await eventually(lambda: recorder.counts[Fate.REPLAYED] == 100)

        assert (100, 0) == kept
        assert 100 == len(await books.records())


async def test_a_slow_commit_is_spooled_and_not_replayed_once_it_is_through(
    books, tmp_path, monkeypatch
):
    gate = Gate(books)
    gate.let.clear()
    async with recording(gate.raw, tmp_path / "spool") as (recorder, acknowledged):
        recorder.submit(record(Status.START), 0)
        await eventually(lambda: acknowledged == [0])
        monkeypatch.setattr(recorder_module, "COMMIT_SECONDS_MAX", 60.0)
        gate.let.set()
        async with asyncio.timeout(60):
            while len(await books.records()) < 1:
                await asyncio.sleep(0.05)
        recorder.submit(record(Status.INTERIM, 5, 5), 1)
        await eventually(lambda: acknowledged == [0, 1])

    left = Spool(tmp_path / "spool")
    assert (0, 0) == (left.waiting(), recorder.counts[Fate.REPLAYED])
    left.close()


async def test_what_a_predecessor_left_is_replayed(books, tmp_path):
    left = Spool(tmp_path / "spool")
    for one in interims(50):
        left.append([one])
    left.close()
    async with recording(books.database.raw, tmp_path / "spool") as (recorder, _):
        await eventually(lambda: recorder.counts[Fate.REPLAYED] == 50)

    assert 50 == len(await books.records())


async def test_neither_postgres_nor_disk_means_silence(books, tmp_path):
    gate = Gate(books)
    gate.shut = True
    (tmp_path / "spool").mkdir()
    abandoned: list[int] = []
    async with recording(gate.raw, tmp_path / "spool", abandoned) as (recorder, acknowledged):
        recorder.submit(record(Status.START), 0)
        await eventually(lambda: recorder.counts[Fate.NOT_KEPT] == 1)

    assert ([], [0]) == (acknowledged, abandoned)


async def test_a_full_queue_drops_and_says_so(books, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "WAITING_RECORDS_MAX", 2)
    recorder: Recorder[int] = Recorder(books.database.raw, Spool(tmp_path / "spool"), print)

    assert [True, True, False] == [recorder.submit(one, 0) for one in interims(3)]
    assert 1 == recorder.counts[Fate.SHED]


async def test_one_record_that_postgres_refuses_takes_no_other_with_it(books, tmp_path, patient):
    good = interims(20)
    impossible = record(Status.INTERIM, 3, 3, session_id="odd", start=START)
    impossible = type(impossible)(
        **{name: getattr(impossible, name) for name in impossible.__struct_fields__}
        | {"event_at": -(1 << 62)}
    )
    async with recording(books.database.raw, tmp_path / "spool") as (recorder, acknowledged):
        for number, one in enumerate([*good[:9], impossible, *good[9:]]):
            recorder.submit(one, number)
        await eventually(lambda: len(acknowledged) == 20)

    assert [number for number in range(21) if number != 9] == acknowledged
    assert 1 == recorder.counts[Fate.REFUSED]


async def test_two_recorders_of_the_same_sessions_do_not_block_each_other(books, tmp_path):
    raw = books.database.raw
    async with (
        recording(raw, tmp_path / "a") as (one, first),
        recording(raw, tmp_path / "b") as (other, second),
    ):
        for number, each in enumerate(interims(1000)):
            (one if number % 2 else other).submit(each, number)
            (other if number % 3 else one).submit(each, number)
        await eventually(lambda: len(first) + len(second) == 2000)
        for name in ("a", "b"):
            await eventually(partial(emptied, tmp_path / name))

    assert 1000 == len(await books.records())
    assert {str(number): 1000 - (1000 - number) % 7 for number in range(7)} == {
        row.acct_session_id: row.octets_up for row in await books.live()
    }


async def test_a_killed_backend_loses_nothing_acknowledged(
    books, tmp_path, server, database_config
):
    async with recording(books.database.raw, tmp_path / "spool") as (recorder, acknowledged):
        for round_number in range(5):
            for number, one in enumerate(interims(200, 1 + 200 * round_number)):
                recorder.submit(one, 200 * round_number + number)
            await asyncio.sleep(0.02)
            server.end_connections(database_config, "%EXECUTE record_batch%")
        await eventually(lambda: len(acknowledged) == 1000)
        await eventually(partial(emptied, tmp_path / "spool"))
    with contextlib.suppress(Exception):
        await books._store.close()

    assert 1000 == len(await books.records())


async def test_the_order_of_a_sessions_records_does_not_matter(books, tmp_path, patient):
    parts = [record(Status.STOP, 500, 900), record(Status.START), record(Status.INTERIM, 300, 700)]
    async with recording(books.database.raw, tmp_path / "spool") as (recorder, acknowledged):
        for number, one in enumerate(parts):
            recorder.submit(one, number)
        await eventually(lambda: len(acknowledged) == 3)

    (live,) = await books.live()
    assert (900, 1800, START + timedelta(seconds=500), START) == (
        live.octets_up,
        live.octets_down,
        live.ended_at,
        live.started_at,
    )
