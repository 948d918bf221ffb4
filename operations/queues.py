"""The queues of a service as the shaper found them on routers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device
from database.tables.shaping import cpe, queue_state, shaper_status

__all__ = ["QueueSeen", "of_service"]


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSeen:
    """What the service is to have on one router, and what was read there; no drift: that."""

    router: str
    wanted: str | None
    actual: str | None
    drift: str | None
    checked_at: datetime | None


async def of_service(transaction: AsyncConnection, service_id: int) -> tuple[QueueSeen, ...]:
    """On every router and device that has to do with the service."""
    same = and_(
        shaper_status.c.device_id == queue_state.c.device_id,
        shaper_status.c.cpe_id == queue_state.c.cpe_id,
    )
    rows = await transaction.execute(
        select(
            func.coalesce(device.c.name, cpe.c.title).label("router"),
            queue_state.c.wanted,
            queue_state.c.actual,
            queue_state.c.drift,
            shaper_status.c.checked_at,
        )
        .join(shaper_status, same)
        .outerjoin(device, device.c.device_id == queue_state.c.device_id)
        .outerjoin(cpe, cpe.c.cpe_id == queue_state.c.cpe_id)
        .where(queue_state.c.service_id == service_id)
        .order_by("router")
    )
    return tuple(QueueSeen(**row._mapping) for row in rows)
