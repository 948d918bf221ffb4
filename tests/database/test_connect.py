"""Transactions, tenants and roles of a `Database`."""

import asyncio
import gc
from collections.abc import Callable

import pytest
from sqlalchemy import func, insert, select, text

from database.connect import Database, Role
from database.tables.tenancy import issuer, tenant

Open = Callable[[Role], Database]


async def test_a_transaction_is_committed_at_its_end(database: Open, tenant_id: int):
    command = database(Role.COMMAND)
    async with command.transaction(tenant_id) as transaction:
        await transaction.execute(insert(issuer).values(tenant_id=tenant_id, name="Net"))
    async with command.transaction(tenant_id) as transaction:
        names = (await transaction.execute(select(issuer.c.name))).scalars().all()

    assert ["Net"] == names


async def test_an_exception_rolls_back(database: Open, tenant_id: int):
    command = database(Role.COMMAND)
    with pytest.raises(ZeroDivisionError):
        async with command.transaction(tenant_id) as transaction:
            await transaction.execute(insert(issuer).values(tenant_id=tenant_id, name="Net"))
            raise ZeroDivisionError
    async with command.transaction(tenant_id) as transaction:
        count = (await transaction.execute(select(func.count()).select_from(issuer))).scalar_one()

    assert 0 == count


async def test_the_tenant_of_a_transaction_does_not_stay_on_its_connection(
    database: Open, tenant_id: int
):
    reader = database(Role.COMMAND)
    async with reader.transaction(tenant_id) as transaction:
        await transaction.execute(insert(issuer).values(tenant_id=tenant_id, name="Net"))
    async with reader.transaction() as transaction:
        seen = (await transaction.execute(select(issuer.c.name))).scalars().all()

    assert [] == seen


async def test_a_raw_connection_commits_each_statement(database: Open, tenant_id: int):
    async with database(Role.RADIUSD).raw() as connection:
        cursor = await connection.execute("SELECT name FROM tenant")
        name = await cursor.fetchone()

    assert ("default",) == name


async def test_the_owner_is_played_by_the_administrator(database: Open):
    async with database(Role.OWNER).transaction() as transaction:
        user = (await transaction.execute(select(func.current_user()))).scalar_one()
        names = (await transaction.execute(select(tenant.c.name))).scalars().all()

    assert ("turnpike_owner", ["default"]) == (user, names)


async def test_closing_waits_for_a_transaction_that_is_being_rolled_back(database: Open):
    radiusd = database(Role.RADIUSD)
    begun = asyncio.Event()

    async def work() -> None:
        async with radiusd.transaction() as transaction:
            begun.set()
            await transaction.execute(text("SELECT pg_sleep(10)"))

    working = asyncio.create_task(work())
    await begun.wait()
    await asyncio.sleep(0.3)  # until the statement is being waited for
    closing = asyncio.create_task(radiusd.close())
    await asyncio.sleep(0)
    working.cancel()
    await asyncio.gather(working, closing, return_exceptions=True)
    gc.collect()

    assert working.done()
    assert closing.exception() is None
