"""Planned work: while it lasts there is no alarm, no message and no lost uptime."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.outages import maintenance_window
from isp.errors import Refused
from isp.outage import MaintenanceScope
from operations import audit, tenants
from operations.places import Place, find_place

__all__ = ["Maintenance", "add", "listed", "remove"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Maintenance:
    """Work from `starts_at` until `ends_at`; `cancelled_at` None: it is still meant to be done."""

    maintenance: int
    scope: MaintenanceScope
    where: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    cancelled_at: datetime | None
    cancelled_by: str | None


LISTED: Final = text("""
    SELECT planned.maintenance_window_id AS maintenance, planned.scope,
        coalesce(nullif(concat_ws(' ', planned.area, device.name, pon_port.name, nas.name), ''),
            'everything') AS "where",
        planned.starts_at, planned.ends_at, planned.reason, planned.created_by,
        planned.cancelled_at, planned.cancelled_by
      FROM maintenance_window AS planned
      LEFT JOIN device ON device.device_id = planned.device_id
      LEFT JOIN pon_port ON pon_port.pon_port_id = planned.pon_port_id
      LEFT JOIN nas ON nas.nas_id = planned.nas_id
     WHERE :past OR (planned.ends_at > :now AND planned.cancelled_at IS NULL)
     ORDER BY planned.starts_at, planned.maintenance_window_id
""")


async def add(
    transaction: AsyncConnection,
    place: Place,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: str,
    now: datetime,
) -> Maintenance:
    """Plan work. Raises Refused where it would end before it begins, or is over already."""
    if ends_at <= max(starts_at, now):
        remedy = "let it end later, and after it starts"
        raise Refused("the work would be over before it begins", remedy=remedy)
    owner = await tenants.current(transaction)
    found = await find_place(transaction, place)
    number = await transaction.scalar(
        insert(maintenance_window)
        .values(
            tenant_id=owner.tenant_id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            created_by=actor,
            created_at=now,
            **asdict(found),
        )
        .returning(maintenance_window.c.maintenance_window_id)
    )
    made = await _numbered(transaction, number or 0, now)
    after = {"where": made.where, "starts_at": starts_at, "ends_at": ends_at}
    await audit.note(
        transaction,
        owner.tenant_id,
        "maintenance.add",
        str(number),
        actor,
        now,
        after=after,
        reason=reason,
    )
    return made


async def remove(
    transaction: AsyncConnection, *, number: int, actor: str, now: datetime
) -> Maintenance:
    """Call work off, or end it now: from here on what breaks is told again. Raises Refused."""
    found = await _numbered(transaction, number, now)
    if found.cancelled_at is not None or found.ends_at <= now:
        remedy = "see `turnpike maintenance list`"
        raise Refused(f"maintenance {number} is over", remedy=remedy)
    owner = await tenants.current(transaction)
    begun = found.starts_at < now
    over = {"ends_at": now} if begun else {"cancelled_at": now, "cancelled_by": actor}
    await transaction.execute(
        update(maintenance_window)
        .where(maintenance_window.c.maintenance_window_id == number)
        .values(**over)
    )
    await audit.note(
        transaction, owner.tenant_id, "maintenance.remove", str(number), actor, now, after=over
    )
    return await _numbered(transaction, number, now)


async def listed(
    transaction: AsyncConnection, now: datetime, *, past: bool = False
) -> tuple[Maintenance, ...]:
    """What is planned and under way; `past`: what is over or called off too."""
    rows = await transaction.execute(LISTED, {"past": past, "now": now})
    return tuple(
        Maintenance(**{**row._mapping, "scope": MaintenanceScope(row.scope)}) for row in rows
    )


async def _numbered(transaction: AsyncConnection, number: int, now: datetime) -> Maintenance:
    for each in await listed(transaction, now, past=True):
        if each.maintenance == number:
            return each
    remedy = "see `turnpike maintenance list --all`"
    raise Refused(f"there is no maintenance {number}", remedy=remedy)
