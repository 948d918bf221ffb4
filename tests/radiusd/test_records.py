"""What workers reported is written, or kept."""

import asyncio
from datetime import UTC, datetime

import pytest

from chassis.clock import ManualClock
from radiusd.attempts import Attempts, Outcome, attempt_key
from radiusd.link import Report
from radiusd.records import Records
from radiusd.store.away import AwayError

AT = datetime(2026, 3, 1, tzinfo=UTC)


def an_attempt():
    attempts = Attempts()
    key = attempt_key(
        at=AT.timestamp(),
        tenant_id=1,
        subscriber_id=1,
        service_id=1,
        nas_id=1,
        login="ann",
        calling_station_id="",
        outcome=Outcome.ACCEPT,
        reason="accepted",
    )
    attempts.add(key, AT.timestamp())
    return tuple(attempts.take(1))


class Journal:
    """Takes nothing until it is `present`; then `written` says what it took."""

    def __init__(self):
        self.present = asyncio.Event()
        self.away = False
        self.written = []

    async def write(self, *, attempts, **_):
        if self.away:
            raise AwayError("away")
        await self.present.wait()
        self.written.append(tuple(attempts))


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def records(journal):
    gathered = Records(journal, ManualClock(AT))
    gathered.add(Report(attempts=an_attempt()))
    return gathered


async def test_what_a_database_that_is_away_did_not_take_is_written_later(records, journal):
    journal.away = True
    await records.write()
    journal.away = False
    journal.present.set()
    await records.write()

    assert [an_attempt()] == journal.written


async def test_a_write_that_is_cancelled_leaves_its_rows_to_the_last_one(records, journal):
    writing = asyncio.ensure_future(records.write())
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    journal.present.set()
    await records.write()

    assert [an_attempt()] == journal.written
