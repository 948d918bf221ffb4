"""A provider who sells services, changes them and holds them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update

from chassis.clock import SystemClock
from chassis.sealing import KeyRing
from database.connect import Database, Role
from database.tables.subscribers import hold, plan, plan_version, service
from operations import entitlement

__all__ = ["ServiceProvider"]


class ServiceProvider:
    """Writes what tests begin from, as the roles that may; a room adds what it looks at."""

    def __init__(self, database: Callable[[Role], Database], tenant_id: int, keys: KeyRing) -> None:
        self.command = database(Role.COMMAND)
        self.radiusd = database(Role.RADIUSD)
        self.tenant_id = tenant_id
        self.keys = keys
        self.clock = SystemClock()

    async def add_plan(self, **terms: Any) -> int:
        """A plan's first version."""
        plan_id = await self._add(plan, name=f"plan {uuid4()}")
        values = {"down_kbps": 100_000, "up_kbps": 20_000} | terms
        return await self._add(
            plan_version,
            plan_id=plan_id,
            version=1,
            valid_from=date(2026, 1, 1),
            price=25,
            currency="USD",
            **values,
        )

    async def set_plan(self, service_ids: Sequence[int], plan_version_id: int) -> None:
        """The services have that version from now on."""
        async with self.command.transaction(self.tenant_id) as transaction:
            await transaction.execute(
                update(service)
                .where(service.c.service_id.in_(service_ids))
                .values(plan_version_id=plan_version_id)
            )
            await entitlement.rewrite(transaction, service_ids, self.clock.now())

    async def add_hold(self, service_id: int, kind: str = "operator") -> None:
        """Hold one service."""
        await self.add_holds([service_id], kind)

    async def add_holds(self, service_ids: Sequence[int], kind: str = "operator") -> None:
        """Hold services, all in one transaction."""
        now = self.clock.now()
        rows = [
            {
                "tenant_id": self.tenant_id,
                "subscriber_id": 1,
                "service_id": service_id,
                "kind": kind,
                "author": "ann",
                "reason": "a test",
                "placed_at": now,
            }
            for service_id in service_ids
        ]
        async with self.command.transaction(self.tenant_id) as transaction:
            await transaction.execute(insert(hold), rows)
            await entitlement.rewrite(transaction, service_ids, now)

    async def _add(self, table: Any, **values: Any) -> int:
        key = next(iter(table.primary_key.columns))
        async with self.command.transaction(self.tenant_id) as transaction:
            statement = insert(table).values(tenant_id=self.tenant_id, **values).returning(key)
            return int((await transaction.execute(statement)).scalar_one())
