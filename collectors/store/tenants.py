"""The providers whose network is polled."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.tenancy import tenant

__all__ = ["zones"]


async def zones(transaction: AsyncConnection) -> dict[int, str]:
    """The zone of every tenant, by number."""
    rows = await transaction.execute(select(tenant.c.tenant_id, tenant.c.zone))
    return {row.tenant_id: row.zone for row in rows}
