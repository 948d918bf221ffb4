"""The sessions of each NAS, and the lines of an outage of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.outages import DOWN, Lines

__all__ = ["Nas", "add_lost", "counted", "dark_lines", "follow_sessions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nas:
    """How many sessions it has, and how many were ended on purpose within the last while."""

    nas_id: int
    tenant_id: int
    sessions: int
    ended_on_purpose: int


async def counted(
    transaction: AsyncConnection, now: datetime, within_seconds: float
) -> Sequence[Nas]:
    """Every NAS."""
    since = now - timedelta(seconds=within_seconds)
    rows = await transaction.execute(COUNTED, {"since": since})
    return [
        Nas(
            nas_id=row.nas_id,
            tenant_id=row.tenant_id,
            sessions=row.sessions,
            ended_on_purpose=row.ended_on_purpose,
        )
        for row in rows
    ]


async def add_lost(
    transaction: AsyncConnection, outage_id: int, nas_id: int, since: datetime
) -> None:
    """The services whose sessions ended since then, and that have none now, are its lines.

    One whose own line is dark is not: that is another outage's.
    """
    values = {"outage": outage_id, "nas": nas_id, "since": since, "month": since.date()}
    values |= {"down": DOWN_STATES}
    await transaction.execute(ADD_LOST, values)
    await transaction.execute(COUNT_LINES, {"outage": outage_id})


async def dark_lines(
    transaction: AsyncConnection, nas_id: int, since: datetime
) -> tuple[int, Sequence[int]]:
    """How many of those services are at the end of a dark line; the OLTs of the other lines."""
    values = {"nas": nas_id, "since": since, "month": since.date(), "down": DOWN_STATES}
    rows = (await transaction.execute(OLTS_OF_LOST, values)).all()
    return sum(row.dark for row in rows), [row.device_id for row in rows if row.lit]


async def follow_sessions(transaction: AsyncConnection, outage_id: int, now: datetime) -> Lines:
    """A line is back when its service has a session again; the lines as they are then."""
    await transaction.execute(FOLLOW, {"outage": outage_id, "now": now})
    row = (await transaction.execute(LINES, {"outage": outage_id})).one()
    return Lines(down=row.down, back=row.back, last_back_at=row.last_back_at)


COUNTED = text("""\
SELECT nas.nas_id, nas.tenant_id,
    (SELECT count(*) FROM session_live AS live
     WHERE live.nas_id = nas.nas_id AND live.ended_at IS NULL) AS sessions,
    (SELECT count(*) FROM enforcement_action AS action
     WHERE action.tenant_id = nas.tenant_id AND action.at >= :since
        AND action.nas_id = nas.nas_id AND action.kind = 'disconnect')
        AS ended_on_purpose
FROM nas WHERE nas.removed_at IS NULL""")

DOWN_STATES: Final = sorted(DOWN)

LOST: Final = """\
SELECT gone.subscriber_id, gone.service_id, gone.tenant_id, min(gone.ended_at) AS ended_at
FROM (
    SELECT subscriber_id, service_id, tenant_id, ended_at FROM session_live
    WHERE nas_id = :nas AND ended_at >= :since
    UNION ALL
    SELECT subscriber_id, service_id, tenant_id, ended_at FROM session
    WHERE nas_id = :nas AND ended_at >= :since AND closed_on >= :month
) AS gone
WHERE gone.service_id <> 0 AND NOT EXISTS (
    SELECT FROM session_live AS live
    WHERE live.service_id = gone.service_id AND live.ended_at IS NULL)
GROUP BY gone.subscriber_id, gone.service_id, gone.tenant_id"""

IS_DARK: Final = """\
onu.removed_at IS NULL AND (onu.state = ANY(:down) OR onu.missing_since IS NOT NULL)"""

ADD_LOST = text(f"""\
INSERT INTO outage_subscriber (outage_id, subscriber_id, service_id, tenant_id, down_at)
SELECT :outage, lost.subscriber_id, lost.service_id, lost.tenant_id, lost.ended_at
FROM ({LOST}) AS lost
WHERE NOT EXISTS (SELECT FROM onu WHERE onu.service_id = lost.service_id AND {IS_DARK})
ON CONFLICT DO NOTHING""")

OLTS_OF_LOST = text(f"""\
SELECT onu.device_id, count(*) FILTER (WHERE {IS_DARK}) AS dark,
    count(*) FILTER (WHERE NOT ({IS_DARK})) AS lit
FROM ({LOST}) AS lost JOIN onu ON onu.service_id = lost.service_id AND onu.removed_at IS NULL
GROUP BY onu.device_id""")

COUNT_LINES = text("""\
UPDATE outage SET lines = met.lines, subscribers = met.subscribers
FROM (SELECT count(*) AS lines, count(DISTINCT nullif(subscriber_id, 0)) AS subscribers
      FROM outage_subscriber WHERE outage_id = :outage) AS met
WHERE outage.outage_id = :outage""")

FOLLOW = text("""\
UPDATE outage_subscriber AS met SET restored_at = :now
WHERE met.outage_id = :outage AND met.restored_at IS NULL AND EXISTS (
    SELECT FROM session_live AS live
    WHERE live.service_id = met.service_id AND live.ended_at IS NULL)""")

LINES = text("""\
SELECT count(*) FILTER (WHERE restored_at IS NULL) AS down,
    count(*) FILTER (WHERE restored_at IS NOT NULL) AS back, max(restored_at) AS last_back_at
FROM outage_subscriber WHERE outage_id = :outage""")
