"""The maintenance windows that are open."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.planned import Window
from database.tables.outages import maintenance_window
from isp.outage import MaintenanceScope

__all__ = ["open_windows"]


async def open_windows(
    transaction: AsyncConnection, tenant_id: int, now: datetime
) -> tuple[Window, ...]:
    """A tenant's planned work that is going on now."""
    rows = await transaction.execute(
        select(maintenance_window).where(
            maintenance_window.c.tenant_id == tenant_id,
            maintenance_window.c.cancelled_at.is_(None),
            maintenance_window.c.starts_at <= now,
            maintenance_window.c.ends_at > now,
        )
    )
    return tuple(
        Window(
            scope=MaintenanceScope(row.scope),
            area=row.area,
            device_id=row.device_id,
            pon_port_id=row.pon_port_id,
            nas_id=row.nas_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in rows
    )
