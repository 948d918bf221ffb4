"""Alarms as the view `report.alarms` tells them, and acknowledging them."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.outages import alarm as alarm_table
from database.tables.tenancy import audit as audit_table
from isp.errors import Refused
from isp.outage import AlarmKind, Severity
from operations.audit import audit_row

__all__ = ["ALARMS_LISTED_MAX", "Alarm", "acknowledge", "listed"]

ALARMS_LISTED_MAX: Final = 1000
"""Nobody reads more; the view has them all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Something wrong with a device, port, ONU or promise; it stands while `cleared_at` is None.

    `value` is the reading that raised it, in the unit of `threshold`; `flaps` counts how often it
    went bad again before it was cleared.
    """

    alarm: int
    what: AlarmKind
    where: str
    severity: Severity
    device: str | None
    subscriber: str | None
    raised_at: datetime
    cleared_at: datetime | None
    value: float | None
    threshold: float | None
    flaps: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None


COLUMNS: Final = ", ".join(f'"{field.name}"' for field in fields(Alarm))
LISTED: Final = text(f"""
    SELECT {COLUMNS} FROM report.alarms
     WHERE (NOT :standing OR cleared_at IS NULL)
       AND (CAST(:device AS text) IS NULL OR device = :device)
     ORDER BY cleared_at IS NOT NULL,
        array_position(CAST(:severities AS text[]), severity), raised_at DESC LIMIT :rows
""")


async def listed(
    transaction: AsyncConnection, *, standing: bool, device: str | None = None
) -> tuple[Alarm, ...]:
    """Those that stand first, the worst of them first; `standing`: only those."""
    values = {
        "standing": standing,
        "device": device,
        "severities": list(Severity),
        "rows": ALARMS_LISTED_MAX,
    }
    rows = await transaction.execute(LISTED, values)
    return tuple(
        Alarm(
            **{
                **row._mapping,
                "what": AlarmKind(row.what),
                "severity": Severity(row.severity),
            }
        )
        for row in rows
    )


async def acknowledge(
    transaction: AsyncConnection, *, alarms: Collection[int], actor: str, now: datetime
) -> int:
    """Say that somebody knows of these alarms; how many nobody knew of. Raises Refused."""
    own = alarm_table.c.alarm_id.in_(alarms)
    known = await transaction.scalars(select(alarm_table.c.alarm_id).where(own))
    if missing := sorted(set(alarms) - set(known)):
        numbers = ", ".join(map(str, missing))
        raise Refused(f"there is no alarm {numbers}", remedy="see `turnpike alarm list --all`")
    news = await transaction.execute(
        update(alarm_table)
        .where(own, alarm_table.c.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=actor)
        .returning(alarm_table.c.alarm_id, alarm_table.c.tenant_id, alarm_table.c.kind)
    )
    rows = [
        audit_row(
            tenant_id=row.tenant_id,
            actor=actor,
            action="alarm.acknowledge",
            object_kind="alarm",
            object_name=str(row.alarm_id),
            after={"what": row.kind},
            now=now,
        )
        for row in news
    ]
    if rows:
        await transaction.execute(insert(audit_table), rows)
    return len(rows)
