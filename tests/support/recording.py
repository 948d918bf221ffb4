"""Accounting in a test's database: records written as a worker does, rolled as the keeper does."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from typing import Any, Self

from sqlalchemy import Row, Table, select, update

from database.connect import Database
from database.partitions import ensure_partitions
from database.tables.sessions import accounting_record, session, session_live, usage_hourly
from database.tables.tenancy import tenant
from radiusd.accounting import Record
from radiusd.store.accounting import AccountingStore
from radiusd.store.rolling import Rolled, roll
from tests.support.accounting import START, TENANT_ID

__all__ = ["Books"]


class Books:
    """What stands in the accounting tables."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._store = AccountingStore(database.raw)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.open_on(START.date())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._store.close()

    async def open_on(self, day: date) -> None:
        """Have partitions from the day before until two weeks after."""
        async with self.database.transaction() as transaction:
            await ensure_partitions(transaction, day)

    async def write(self, *records: Record) -> None:
        """All of them in one batch."""
        await self._store.write(records)

    async def write_each(self, *records: Record) -> None:
        """Each in a batch of its own."""
        for one in records:
            await self._store.write([one])

    async def roll(self, now: datetime = START + timedelta(days=1)) -> Rolled:
        async with self.database.transaction() as transaction:
            rolled = await roll(transaction, now)
        assert rolled is not None
        return rolled

    async def rows(self, table: Table) -> Sequence[Row[Any]]:
        async with self.database.transaction() as transaction:
            return (await transaction.execute(select(table))).all()

    async def records(self) -> Sequence[Row[Any]]:
        return await self.rows(accounting_record)

    async def live(self) -> Sequence[Row[Any]]:
        return await self.rows(session_live)

    async def closed(self) -> Sequence[Row[Any]]:
        return await self.rows(session)

    async def usage(self) -> dict[datetime, tuple[int, int]]:
        """Octets up and down by hour, of all services."""
        return {
            row.hour: (row.octets_up, row.octets_down)
            for row in sorted(await self.rows(usage_hourly), key=lambda row: row.hour)
        }

    async def used(self) -> tuple[int, int]:
        """Octets up and down rolled so far."""
        hours = (await self.usage()).values()
        return sum(up for up, _ in hours), sum(down for _, down in hours)


async def move_tenant(owner: Database, zone: str) -> None:
    async with owner.transaction() as transaction:
        await transaction.execute(
            update(tenant).where(tenant.c.tenant_id == TENANT_ID).values(zone=zone)
        )
