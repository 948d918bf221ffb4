"""A provider's desk: a transaction as the command line has it, a key ring, a plan to sell."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing
from chassis.secrets import Secret
from database.connect import Database, Role
from operations import plans, subscribers
from operations.import_rows import ImportRow
from operations.service_record import ServiceRecord

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where the tests of operations work: the tenant `default`, as role command."""

    database: Database
    billingd: Database
    tenant_id: int
    keys: KeyRing

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.database.transaction(self.tenant_id)

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""
        async with self.transaction() as transaction:
            return [tuple(row) for row in await transaction.execute(text(query), values)]

    async def sell(self, login: str, *, existing: bool = False, **columns: Any) -> ServiceRecord:
        """A subscriber with one service of the plan `gold`; `existing`: one more of his."""
        values = {"plan": "gold", "subscriber": login, "password": Secret("secret")} | columns
        async with self.transaction() as transaction:
            return await subscribers.add(
                transaction,
                row=ImportRow(line=0, login=login, **values),
                existing=existing,
                keys=self.keys,
                actor="ann",
                now=NOW,
            )


@pytest.fixture
async def desk(database: Callable[[Role], Database], tenant_id: int) -> AsyncIterator[Desk]:
    """With the plan `gold`: 25.00 a month, 100M down, 20M up."""
    made = Desk(
        database=database(Role.COMMAND),
        billingd=database(Role.BILLINGD),
        tenant_id=tenant_id,
        keys=KeyRing.generate(),
    )
    terms = plans.PlanTerms(price=Decimal("25.00"), tax="20", down_kbps=100_000, up_kbps=20_000)
    async with made.transaction() as transaction:
        await plans.add(transaction, name="gold", terms=terms, actor="ann", now=NOW)
    yield made
