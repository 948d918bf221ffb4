"""Partitions are there before they are needed and gone when their time is over."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.clock import SystemClock
from database.connect import Database, Role
from database.partitions import DAYS_AHEAD, days_ahead, drop_expired, ensure_partitions
from database.tables import metadata

Open = Callable[[Role], Database]
TODAY = SystemClock().now().date()
PARTITIONED = {
    table.name: table.info["kept_days"]
    for table in metadata.sorted_tables
    if "partitioned_by" in table.info
}


async def partitions(database: Open) -> set[tuple[str, date]]:
    """Parents and the first days after their partitions."""
    async with database(Role.OWNER).transaction() as owner:
        found = await owner.execute(text("SELECT parent, ends_on FROM table_partition"))
        return {(row.parent, row.ends_on) for row in found}


async def test_every_partitioned_table_says_how(database: Open):
    async with database(Role.OWNER).transaction() as owner:
        found = await owner.execute(text("SELECT relname FROM pg_class WHERE relkind = 'p'"))
        names = set(found.scalars())

    assert set(PARTITIONED) == names


async def test_a_prepared_database_reaches_two_weeks_ahead(database: Open):
    async with database(Role.RADIUSD).transaction() as radiusd:
        ahead = await days_ahead(radiusd, TODAY)
        made = await ensure_partitions(radiusd, TODAY)

    assert ahead >= DAYS_AHEAD
    assert 0 == made


async def test_each_day_makes_one_more(database: Open):
    async with database(Role.BILLINGD).transaction() as billingd:
        await ensure_partitions(billingd, TODAY + timedelta(days=40))
        made = await ensure_partitions(billingd, TODAY + timedelta(days=41))
        ahead = await days_ahead(billingd, TODAY + timedelta(days=41))

    assert 1 <= made <= len(PARTITIONED)
    assert ahead >= DAYS_AHEAD


async def test_what_is_kept_long_enough_is_dropped_by_the_day(database: Open):
    long_ago = TODAY - timedelta(days=max(PARTITIONED.values()) + 100)
    async with database(Role.BILLINGD).transaction() as billingd:
        made = await ensure_partitions(billingd, long_ago)
        dropped = await drop_expired(billingd, TODAY)
        again = await drop_expired(billingd, TODAY)
    kept = await partitions(database)

    assert made == dropped
    assert 0 == again
    assert all(ends_on > TODAY - timedelta(days=PARTITIONED[name]) for name, ends_on in kept)


async def test_a_date_of_the_future_drops_nothing_that_is_still_kept(database: Open):
    before = await partitions(database)
    async with database(Role.BILLINGD).transaction() as billingd:
        dropped = await drop_expired(billingd, date(9999, 1, 1))

    assert 0 == dropped
    assert before == await partitions(database)


async def test_two_callers_at_once_make_each_partition_once(database: Open):
    async def ensure(role: Role) -> int:
        async with database(role).transaction() as connection:
            return await ensure_partitions(connection, TODAY + timedelta(days=100))

    made = await asyncio.gather(ensure(Role.RADIUSD), ensure(Role.BILLINGD))

    assert min(made) == 0 < max(made)


async def test_a_busy_table_is_not_waited_for_long(database: Open):
    async with database(Role.OWNER).transaction() as owner:
        await owner.execute(text("LOCK TABLE accounting_record IN SHARE MODE"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            async with database(Role.BILLINGD).transaction() as billingd:
                await ensure_partitions(billingd, TODAY + timedelta(days=100))


async def test_partitions_are_made_while_rows_are_inserted(database: Open):
    async with database(Role.OWNER).transaction() as owner:
        await owner.execute(text("LOCK TABLE accounting_record IN ROW EXCLUSIVE MODE"))
        async with database(Role.BILLINGD).transaction() as billingd:
            made = await ensure_partitions(billingd, TODAY + timedelta(days=100))

    assert made > 0
