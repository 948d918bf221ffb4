"""Accounting in a test's database: records written as a worker does, rolled as the keeper does."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Self

from sqlalchemy import Executable, Row, Table, insert, select, update

from chassis.config import DatabaseConfig
from database.connect import Database, Role
from database.partitions import ensure_partitions
from database.tables.sessions import accounting_record, session, session_live, usage_hourly
from database.tables.subscribers import plan, plan_version, service, subscriber
from database.tables.tenancy import tenant
from radiusd.accounting import Record
from radiusd.store.accounting import AccountingStore
from radiusd.store.rolling import Rolled, roll
from tests.support.accounting import SERVICE_ID, START, SUBSCRIBER_ID, TENANT_ID

__all__ = ["Books", "enter_service", "set_zone"]


class Books:
    """What stands in the accounting tables."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._store = AccountingStore(database.raw)

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


async def set_zone(config: DatabaseConfig, zone: str) -> None:
    """Move the tenant to another zone."""
    await _as_command(config, update(tenant).values(zone=zone))


async def enter_service(
    config: DatabaseConfig, *, created_at: datetime, cap_octets: int | None = None
) -> None:
    """The subscriber and the service of `tests.support.accounting`, on a plan of their own."""
    whose = {"tenant_id": TENANT_ID}
    await _as_command(
        config,
        insert(plan).values(plan_id=1, name="p", **whose),
        insert(plan_version).values(
            plan_version_id=1,
            plan_id=1,
            version=1,
            valid_from=created_at.date(),
            price=1,
            currency="USD",
            cap_octets=cap_octets,
            **whose,
        ),
        insert(subscriber).values(
            subscriber_id=SUBSCRIBER_ID, reference="ann", currency="USD", **whose
        ),
        insert(service).values(
            service_id=SERVICE_ID,
            subscriber_id=SUBSCRIBER_ID,
            name="ann@isp",
            plan_version_id=1,
            started_on=created_at.date(),
            created_at=created_at,
            **whose,
        ),
    )


async def _as_command(config: DatabaseConfig, *statements: Executable) -> None:
    command = Database(config, Role.COMMAND)
    try:
        async with command.transaction(TENANT_ID) as transaction:
            for statement in statements:
                await transaction.execute(statement)
    finally:
        await command.close()
