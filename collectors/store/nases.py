"""The sessions of each NAS, and the lines of an outage of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.outages import DOWN, Lines
from collectors.sessions_lost import Lost
from collectors.store.outages import STANDING

__all__ = ["Nas", "add_lost", "counted", "follow_sessions", "lost", "suspected"]


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
    """Every NAS; one that was removed while it has an outage that is not over."""
    since = now - timedelta(seconds=within_seconds)
    rows = await transaction.execute(COUNTED, {"since": since, "standing": STANDING_STATES})
    return [
        Nas(
            nas_id=row.nas_id,
            tenant_id=row.tenant_id,
            sessions=row.sessions,
            ended_on_purpose=row.ended_on_purpose,
        )
        for row in rows
    ]


async def suspected(transaction: AsyncConnection) -> Sequence[tuple[int, datetime, datetime]]:
    """The NASes that are suspected to have lost sessions, since when, and when that was seen."""
    rows = await transaction.execute(SUSPECTED)
    return [(row.nas_id, row.started_at, row.detected_at) for row in rows]


async def lost(
    transaction: AsyncConnection, nas_id: int, since: datetime, read_since: datetime
) -> Lost:
    """What sessions ended since then, and whose OLTs were read since `read_since`."""
    values = _lost_since(nas_id, since) | {"read_since": read_since}
    row = (await transaction.execute(COUNT_LOST, values)).one()
    return Lost(
        services=row.services,
        of=row.services + row.standing,
        explained=row.explained,
        unread=row.unread or (),
    )


async def add_lost(
    transaction: AsyncConnection, outage_id: int, nas_id: int, since: datetime
) -> None:
    """The services whose sessions ended since then, and that have none now, are its lines.

    One whose own line explains it is not: that is another outage's.
    """
    await transaction.execute(ADD_LOST, _lost_since(nas_id, since) | {"outage": outage_id})
    await transaction.execute(COUNT_LINES, {"outage": outage_id})


async def follow_sessions(transaction: AsyncConnection, outage_id: int, now: datetime) -> Lines:
    """A line is back when its service has a session again; the lines as they are then."""
    await transaction.execute(FOLLOW, {"outage": outage_id, "now": now})
    row = (await transaction.execute(LINES, {"outage": outage_id})).one()
    return Lines(down=row.down, back=row.back, last_back_at=row.last_back_at)


def _lost_since(nas_id: int, since: datetime) -> dict[str, Any]:
    seen_since = since - RESTARTED_WITHIN
    return {
        "nas": nas_id,
        "since": since,
        "seen_since": seen_since,
        "closed_since": seen_since.date(),
        "down": DOWN_STATES,
        "standing": STANDING_STATES,
    }


RESTARTED_WITHIN: Final = timedelta(hours=1)
"""Sessions that a restart of their NAS ended ended when they were last seen: an Interim before."""

COUNTED = text("""\
SELECT nas.nas_id, nas.tenant_id,
    (SELECT count(*) FROM session_live AS live
     WHERE live.nas_id = nas.nas_id AND live.ended_at IS NULL) AS sessions,
    (SELECT count(*) FROM enforcement_action AS action
     WHERE action.tenant_id = nas.tenant_id AND action.at >= :since
        AND action.nas_id = nas.nas_id AND action.kind = 'disconnect')
        AS ended_on_purpose
FROM nas WHERE nas.removed_at IS NULL OR EXISTS (
    SELECT FROM outage WHERE outage.nas_id = nas.nas_id AND outage.state = ANY(:standing))""")

DOWN_STATES: Final = sorted(DOWN)
STANDING_STATES: Final = list(STANDING)

SUSPECTED = text("""\
SELECT nas_id, started_at, detected_at FROM outage WHERE scope = 'nas' AND state = 'suspected'""")

LOST: Final = """\
SELECT gone.subscriber_id, gone.service_id, gone.tenant_id,
    greatest(min(gone.ended_at), :since) AS ended_at
FROM (
    SELECT session_key, subscriber_id, service_id, tenant_id, ended_at, closed_by
    FROM session_live WHERE nas_id = :nas AND ended_at >= :seen_since
    UNION ALL
    SELECT session_key, subscriber_id, service_id, tenant_id, ended_at, closed_by
    FROM session WHERE nas_id = :nas AND ended_at >= :seen_since AND closed_on >= :closed_since
) AS gone
WHERE (gone.ended_at >= :since OR gone.closed_by = 'nas_restart')
AND gone.service_id <> 0 AND NOT EXISTS (
    SELECT FROM session_live AS live
    WHERE live.service_id = gone.service_id AND live.ended_at IS NULL)
AND NOT EXISTS (
    SELECT FROM enforcement_action AS action
    WHERE action.nas_id = :nas AND action.at >= :since AND action.kind = 'disconnect'
        AND action.session_key = gone.session_key)
GROUP BY gone.subscriber_id, gone.service_id, gone.tenant_id"""

IS_EXPLAINED: Final = """\
onu.state = ANY(:down) OR onu.missing_since IS NOT NULL OR EXISTS (
    SELECT FROM outage_subscriber AS met JOIN outage USING (outage_id)
    WHERE met.onu_id = onu.onu_id AND met.restored_at IS NULL
        AND outage.state = ANY(:standing))"""

COUNT_LOST = text(f"""\
SELECT count(*) AS services, count(*) FILTER (WHERE line.explained) AS explained,
    array_agg(DISTINCT line.device_id) FILTER (WHERE NOT line.explained AND line.unread) AS unread,
    (SELECT count(DISTINCT live.service_id) FROM session_live AS live
     WHERE live.nas_id = :nas AND live.ended_at IS NULL AND live.service_id <> 0) AS standing
FROM ({LOST}) AS lost
LEFT JOIN LATERAL (
    SELECT onu.device_id, {IS_EXPLAINED} AS explained,
        device_status.state IN ('reachable', 'unreachable')
            AND coalesce(device_status.last_state_at <= :read_since, true) AS unread
    FROM onu JOIN device_status USING (device_id)
    WHERE onu.service_id = lost.service_id AND onu.removed_at IS NULL LIMIT 1
) AS line ON true""")

ADD_LOST = text(f"""\
INSERT INTO outage_subscriber (outage_id, subscriber_id, service_id, tenant_id, down_at)
SELECT :outage, lost.subscriber_id, lost.service_id, lost.tenant_id, lost.ended_at
FROM ({LOST}) AS lost
WHERE NOT EXISTS (
    SELECT FROM onu
    WHERE onu.service_id = lost.service_id AND onu.removed_at IS NULL AND ({IS_EXPLAINED}))
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
