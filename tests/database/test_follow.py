"""Following: no change is missed, whatever the order of commits."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text, update

from database.connect import Database, Role
from database.follow import Follower
from database.tables.network import lease, pool
from database.tables.subscribers import plan

Open = Callable[[Role], Database]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
READINGS_MAX = 200


def a_pool(name: str, third_octet: int) -> dict[str, object]:
    return {
        "tenant_id": 1,
        "name": name,
        "kind": "ipv4",
        "network": f"10.0.{third_octet}.0/24",
        "prefix_length": 32,
    }


async def add(database: Database, name: str, third_octet: int) -> None:
    async with database.transaction(1) as transaction:
        await transaction.execute(insert(pool).values(a_pool(name, third_octet)))


async def names(follower: Follower) -> list[str]:
    return sorted(row.name for row in await follower.changes())


async def rest(follower: Follower) -> list[str]:
    """Read until nothing comes, which is when no older transaction of the server is open: until
    then, what was written meanwhile comes again. What came last, if that never ends."""
    for _ in range(READINGS_MAX):
        read = await follower.changes()
        if not read:
            break
        await asyncio.sleep(0.05)
    return [str(row) for row in read]


async def test_the_first_reading_is_the_whole_table(database: Open):
    await add(database(Role.COMMAND), "north", 1)
    follower = Follower(database(Role.RADIUSD), pool)
    read = await names(follower)

    assert (["north"], True) == (read, follower.complete)


async def test_later_readings_are_what_was_written_since(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    await add(command, "north", 1)
    await follower.changes()
    await rest(follower)
    await add(command, "south", 2)
    read = await names(follower)

    assert (["south"], False) == (read, follower.complete)
    assert [] == await rest(follower)


async def test_a_transaction_that_commits_after_a_later_one_was_read_is_not_missed(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    await follower.changes()
    async with command.transaction(1) as slow:
        await slow.execute(insert(pool).values(a_pool("slow", 1)))
        await add(command, "quick", 2)
        before = await names(follower)
        again = await names(follower)
    after = await names(follower)

    assert ["quick"] == before
    assert ["quick"] == again
    assert "slow" in after
    assert [] == await rest(follower)


async def test_a_rolled_back_transaction_leaves_nothing(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    await follower.changes()
    with pytest.raises(ZeroDivisionError):
        async with command.transaction(1) as transaction:
            await transaction.execute(insert(pool).values(a_pool("never", 1)))
            raise ZeroDivisionError

    assert [] == await names(follower)


async def test_an_update_cannot_forge_or_keep_its_transaction(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    await add(command, "north", 1)
    await follower.changes()
    async with command.transaction(1) as transaction:
        await transaction.execute(update(pool).values(name="renamed", changed_xid=3))

    assert ["renamed"] == await names(follower)


async def test_a_removed_row_comes_as_a_change_and_not_at_the_first_reading(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    await add(command, "north", 1)
    await follower.changes()
    async with command.transaction(1) as transaction:
        await transaction.execute(update(pool).values(removed_at=NOW))
    removed = [row.removed_at for row in await follower.changes()]
    newcomer = Follower(database(Role.RADIUSD), pool)

    assert [NOW] == removed
    assert [] == await names(newcomer)


async def test_nobody_is_told_of_an_update_of_quiet_columns(database: Open):
    radiusd, follower = database(Role.RADIUSD), Follower(database(Role.COA), lease)
    async with radiusd.transaction() as transaction:
        await transaction.execute(
            insert(lease).values(
                tenant_id=1,
                subscriber_id=1,
                service_id=1,
                kind="ipv4",
                address="10.0.0.1/32",
                leased_at=NOW,
            )
        )
    await rest(follower)
    async with radiusd.transaction() as transaction:
        await transaction.execute(update(lease).values(last_used_at=NOW))

    assert [] == await follower.changes()


async def test_a_row_that_a_restore_brought_from_the_future_is_not_read_for_ever(
    database: Open, database_config
):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    await add(command, "restored", 1)
    async with database(Role.OWNER).transaction() as owner:
        await owner.execute(text("ALTER TABLE pool DISABLE TRIGGER stamp_changed_xid"))
        await owner.execute(update(pool).values(changed_xid=2**40))
        await owner.execute(text("ALTER TABLE pool ENABLE TRIGGER stamp_changed_xid"))

    assert ["restored"] == await names(follower)
    assert [] == await rest(follower)


async def test_a_reader_that_is_ahead_of_the_database_reads_all_of_it_again(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    await add(command, "north", 1)
    await follower.changes()
    position = follower._position
    assert position is not None
    follower._position = type(position)(xmin=2**40, xmax=2**40, history=position.history)
    read = await names(follower)

    assert (["north"], True) == (read, follower.complete)


async def test_waiting_ends_when_the_table_is_written(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    assert await follower.wait(10)
    waiting = asyncio.create_task(follower.wait(10))
    await add(command, "north", 1)

    assert await waiting
    assert ["north"] == await names(follower)


async def test_waiting_ends_unmoved_by_other_tables(database: Open):
    command, follower = database(Role.COMMAND), Follower(database(Role.RADIUSD), pool)
    assert await follower.wait(10)
    async with command.transaction(1) as transaction:
        await transaction.execute(insert(plan).values(tenant_id=1, name="gold"))

    assert not await follower.wait(0.2)


async def test_a_broken_connection_is_made_anew_and_wakes_who_waits(
    database: Open, server, database_config
):
    radiusd = database(Role.RADIUSD)
    follower = Follower(radiusd, pool)
    assert await follower.wait(10)
    server.end_connections(database_config, "LISTEN%")

    assert await follower.wait(10)


def test_only_followed_tables_are_followed(database_config):
    with pytest.raises(ValueError, match="not a followed table"):
        Follower(Database(database_config, Role.RADIUSD), plan)


async def test_every_followed_table_indexes_its_stamp(database: Open):
    async with database(Role.OWNER).transaction() as owner:
        indexed = set(
            (
                await owner.execute(
                    text("SELECT tablename FROM pg_indexes WHERE indexname LIKE '%changed_xid%'")
                )
            ).scalars()
        )
    followed = {table.name for table in pool.metadata.sorted_tables if table.info.get("followed")}

    assert followed == indexed


async def test_a_dump_of_a_row_reads_its_stamp_as_a_number(database: Open):
    await add(database(Role.COMMAND), "north", 1)
    async with database(Role.COMMAND).transaction(1) as transaction:
        stamp = (await transaction.execute(select(pool.c.changed_xid))).scalar_one()

    assert isinstance(stamp, int)
