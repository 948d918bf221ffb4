"""A place among a service's sessions, for services whose limit refuses logins."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import Clock
from database.connect import Database
from database.tables.sessions import service_slot, session_live
from isp.access import Entitlement
from radiusd.limits import RESERVATION_SECONDS, Line, admits
from radiusd.store.away import away_named

__all__ = ["slot_taker", "take_slot"]

LOCK_SPACE = 0x54505331
"""Of advisory locks: one login at a time is counted for a service."""


def slot_taker(database: Database, clock: Clock) -> Callable[[Entitlement, Line], Awaitable[bool]]:
    """`take_slot` for what a service is entitled to."""

    async def take(entitlement: Entitlement, line: Line) -> bool:
        return await take_slot(
            database,
            tenant_id=entitlement.tenant_id,
            service_id=entitlement.service_id,
            sessions_max=entitlement.sessions_max,
            line=line,
            now=clock.now(),
        )

    return take


async def take_slot(
    database: Database,
    *,
    tenant_id: int,
    service_id: int,
    sessions_max: int,
    line: Line,
    now: datetime,
) -> bool:
    """Whether the login is within the limit; then its place is reserved. Raises `AwayError`."""
    async with away_named(), database.transaction() as transaction:
        await transaction.execute(
            select(func.pg_advisory_xact_lock(LOCK_SPACE, service_id & 0x7FFF_FFFF))
        )
        await transaction.execute(
            delete(service_slot).where(
                service_slot.c.service_id == service_id,
                (service_slot.c.taken_at < now - timedelta(seconds=RESERVATION_SECONDS))
                | (service_slot.c.session_key == line.key),
            )
        )
        live = await transaction.execute(
            select(
                session_live.c.nas_id, session_live.c.calling_station_id, session_live.c.nas_port_id
            ).where(session_live.c.service_id == service_id, session_live.c.ended_at.is_(None))
        )
        lines = [
            Line(
                nas_id=row.nas_id,
                calling_station_id=row.calling_station_id or "",
                nas_port_id=row.nas_port_id or "",
            )
            for row in live
        ]
        taken = await transaction.execute(
            select(service_slot.c.slot, service_slot.c.session_key).where(
                service_slot.c.service_id == service_id
            )
        )
        reserved = {row.slot: row.session_key for row in taken}
        if not admits(line, sessions_max, lines, reserved.values()):
            return False
        slot = next(number for number in range(1, len(reserved) + 2) if number not in reserved)
        await transaction.execute(
            insert(service_slot).values(
                tenant_id=tenant_id,
                service_id=service_id,
                slot=slot,
                session_key=line.key,
                taken_at=now,
            )
        )
        return True
