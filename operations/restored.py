"""The audit rows of a restore: every provider's history was put back."""

from datetime import datetime

from sqlalchemy import select

from chassis.config import DatabaseConfig
from database.connect import Database, Role
from database.tables.tenancy import tenant
from operations import audit

__all__ = ["record"]


async def record(config: DatabaseConfig, *, file: str, actor: str, now: datetime) -> None:
    """Write down for each tenant that the database is what `file` held."""
    database = Database(config, Role.OWNER, "turnpike restore")
    try:
        async with database.transaction() as transaction:
            for row in (await transaction.execute(select(tenant))).all():
                await audit.record(
                    transaction,
                    tenant_id=row.tenant_id,
                    actor=actor,
                    action="db.restore",
                    object_kind="database",
                    object_name=file,
                    now=now,
                )
    finally:
        await database.close()
