"""The sessions of each NAS, and the lines of an outage of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.outages import Lines

__all__ = ["Nas", "add_lost", "counted", "follow_sessions"]


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
    transaction: AsyncConnection, outage_id: int, nas_id: int, since: datetime, now: datetime
) -> None:
    """The services whose sessions ended since then, and that have none now, are its lines."""
    values = {"outage": outage_id, "nas": nas_id, "since": since, "month": since.date(), "now": now}
    await transaction.execute(ADD_LOST, values)
    await transaction.execute(COUNT_LINES, {"outage": outage_id})


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

ADD_LOST = text("""\
INSERT INTO outage_subscriber (outage_id, subscriber_id, service_id, tenant_id, down_at)
SELECT :outage, lost.subscriber_id, lost.service_id, lost.tenant_id, min(lost.ended_at)
FROM (
    SELECT subscriber_id, service_id, tenant_id, ended_at FROM session_live
    WHERE nas_id = :nas AND ended_at >= :since
    UNION ALL
    SELECT subscriber_id, service_id, tenant_id, ended_at FROM session
    WHERE nas_id = :nas AND ended_at >= :since AND closed_on >= :month
) AS lost
WHERE lost.service_id <> 0 AND NOT EXISTS (
    SELECT FROM session_live AS live
    WHERE live.service_id = lost.service_id AND live.ended_at IS NULL)
GROUP BY lost.subscriber_id, lost.service_id, lost.tenant_id
ON CONFLICT DO NOTHING""")

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
