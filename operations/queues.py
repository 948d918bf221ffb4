"""Routers and queues as the shaper found them, and what flowed through them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, and_, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device
from database.tables.shaping import (
    cpe,
    queue_state,
    shaped_router,
    shaper_status,
    throughput_sample,
)

__all__ = ["Flow", "QueueSeen", "RouterSeen", "flows", "of_service", "routers"]


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSeen:
    """What the service is to have on one router, and what was read there; no drift: that."""

    router: str
    wanted: str | None
    actual: str | None
    drift: str | None
    checked_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RouterSeen:
    """A router as the shaper found it last; `state` None: it has not looked yet."""

    router: str
    mode: str
    method: str
    state: str | None
    problem: str | None
    warnings: tuple[str, ...]
    wanted: int
    drifted: int
    foreign_rows: int
    held: int
    version: str | None
    cpu_percent: float | None
    checked_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """What flowed through a parent queue at a time, in bits per second."""

    router: str
    queue: str
    sampled_at: datetime
    down_bps: int
    up_bps: int


async def routers(transaction: AsyncConnection) -> tuple[RouterSeen, ...]:
    """Every router that is shaped, by name."""
    seen = shaper_status.c
    rows = await transaction.execute(
        select(
            device.c.name.label("router"),
            shaped_router.c.mode,
            shaped_router.c.method,
            seen.state,
            seen.problem,
            func.coalesce(seen.warnings, array([], type_=Text)).label("warnings"),
            *(
                func.coalesce(count, 0).label(count.name)
                for count in (seen.wanted, seen.drifted, seen.foreign_rows, seen.held)
            ),
            seen.version,
            seen.cpu_percent,
            seen.checked_at,
        )
        .join(device, device.c.device_id == shaped_router.c.device_id)
        .outerjoin(
            shaper_status,
            and_(seen.device_id == shaped_router.c.device_id, seen.cpe_id == 0),
        )
        .where(shaped_router.c.removed_at.is_(None), device.c.removed_at.is_(None))
        .order_by(device.c.name)
    )
    return tuple(RouterSeen(**row._mapping) for row in rows)


async def flows(transaction: AsyncConnection, since: datetime) -> tuple[Flow, ...]:
    """What was sampled since then, by router, queue and time."""
    sampled = throughput_sample.c
    rows = await transaction.execute(
        select(
            device.c.name.label("router"),
            sampled.queue,
            sampled.sampled_at,
            sampled.down_bps,
            sampled.up_bps,
        )
        .join(device, device.c.device_id == sampled.device_id)
        .where(sampled.sampled_on >= since.date(), sampled.sampled_at >= since)
        .order_by(device.c.name, sampled.queue, sampled.sampled_at)
    )
    return tuple(Flow(**row._mapping) for row in rows)


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
