"""One turn of the roller: what was recorded becomes usage by the hour, and closed sessions.

A turn is one transaction that begins by taking what is due (`rolling_due`) and ends with it rolled:
exactly once, whoever is killed when. It holds the rows it works on, but never waits for one: what a
recorder holds is due again, so that the two cannot block each other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from radiusd.store.rolling_sessions import (
    ADD_SIBLINGS,
    FIND_CLOSED,
    FOLD_CLOSED,
    FOLD_SIBLINGS,
    REOPEN,
)
from radiusd.store.rolling_usage import FIND_ADVANCE, MARK_ROLLED, ROLL_USAGE

__all__ = ["SESSIONS_MAXIMUM", "Rolled", "mark_suspects", "roll"]

SESSIONS_MAXIMUM = 4000
"""Sessions in one turn: their rows are held for a fraction of a second."""

ROLLER_LOCK = 0x726F6C6C
"""The advisory lock of the one roller of a cluster."""

RESTART_DAYS = 8
"""How long a restart is remembered: a record may come a week after its event."""

INTERVALS_MISSED = 3
INTERVAL_SECONDS_DEFAULT = 600
"""RFC 2869 §5.16 recommends at least that between Interims; until two have been seen, no more is
known."""

PREPARE = (
    # No statistics are kept of temporary tables: of a few thousand rows, each finds its own.
    "SET LOCAL enable_hashjoin = off",
    "SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_seqscan = off",
    "SET LOCAL jit = off",
    "SET LOCAL timezone = 'UTC'",
    """
    CREATE TEMP TABLE IF NOT EXISTS rolling
        (session_key uuid PRIMARY KEY, opened boolean NOT NULL) ON COMMIT DELETE ROWS
    """,
    """
    CREATE TEMP TABLE IF NOT EXISTS locked
        (LIKE session_live, opened boolean, dirty boolean, PRIMARY KEY (session_key, subscriber_id))
        ON COMMIT DELETE ROWS
    """,
    """
    CREATE TEMP TABLE IF NOT EXISTS fold (loser uuid, loser_subscriber bigint,
        keeper uuid, keeper_subscriber bigint) ON COMMIT DELETE ROWS
    """,
    """
    CREATE TEMP TABLE IF NOT EXISTS late (session_key uuid, subscriber_id bigint,
        closed_on date, closed_key uuid, closed_subscriber bigint, reopens boolean)
        ON COMMIT DELETE ROWS
    """,
    """
    CREATE TEMP TABLE IF NOT EXISTS advance (subscriber_id bigint, service_id bigint,
        tenant_id bigint, session_key uuid, from_at timestamptz, to_at timestamptz,
        from_up bigint, from_down bigint, octets_up bigint, octets_down bigint)
        ON COMMIT DELETE ROWS
    """,
)

IS_DUE = """
SELECT EXISTS (SELECT FROM rolling_due) OR EXISTS (SELECT FROM nas_restart WHERE done_at IS NULL)
"""

TAKE_DUE = """
WITH waiting AS (
    SELECT rolling_due_id, sum(sessions) OVER (ORDER BY rolling_due_id) - sessions AS before
    FROM (SELECT rolling_due_id, sessions FROM rolling_due
        ORDER BY rolling_due_id LIMIT %(sessions)s) AS oldest
), due AS (
    DELETE FROM rolling_due USING waiting
    WHERE rolling_due.rolling_due_id = waiting.rolling_due_id AND before < %(sessions)s
    RETURNING opened, touched
), key AS (
    SELECT unnest(touched) AS session_key, false AS opened FROM due
    UNION ALL
    SELECT unnest(opened), true FROM due
)
INSERT INTO rolling SELECT session_key, bool_or(opened) FROM key GROUP BY session_key
"""

ADD_RESTARTED = """
INSERT INTO rolling
SELECT session_key, false FROM session_live s JOIN nas_restart r ON r.nas_id = s.nas_id
WHERE r.done_at IS NULL AND s.started_at < r.event_at AND s.last_seen_at <= r.event_at
LIMIT %(sessions)s
ON CONFLICT DO NOTHING
"""

LOCK = """
INSERT INTO locked
SELECT s.*, r.opened, false FROM rolling r JOIN session_live s USING (session_key)
FOR UPDATE OF s SKIP LOCKED
"""

REQUEUE = """
INSERT INTO rolling_due (sessions, opened, touched)
SELECT count(*), coalesce(array_agg(session_key) FILTER (WHERE r.opened), '{}'),
    array_agg(session_key)
FROM rolling r JOIN session_live s USING (session_key)
WHERE NOT EXISTS (
    SELECT FROM locked WHERE session_key = s.session_key AND subscriber_id = s.subscriber_id)
HAVING count(*) > 0
"""

BASELINE = """
UPDATE locked SET rolled_octets_up = octets_up, rolled_octets_down = octets_down,
    rolled_at = last_seen_at, dirty = true
FROM service
WHERE locked.opened AND locked.class_cookie IS NULL AND service.service_id = locked.service_id
    AND locked.started_at < service.created_at
"""
"""A session that another server let in before the service was entered here (a migration): what it
had used by then is not ours to count."""

CLOSE_GHOSTS = """
UPDATE locked ghost SET ended_at = ghost.last_seen_at, closed_by = 'replaced'
FROM locked newer
WHERE newer.opened AND newer.service_id <> 0 AND newer.service_id = ghost.service_id
    AND newer.nas_id = ghost.nas_id AND newer.calling_station_id = ghost.calling_station_id
    AND newer.session_key <> ghost.session_key AND ghost.ended_at IS NULL
    AND newer.started_at > ghost.started_at AND newer.started_at >= ghost.last_seen_at
    AND (newer.acct_multi_session_id = ghost.acct_multi_session_id) IS NOT TRUE
"""
"""A login on the same line where a session was: its Stop was lost, it ended when last seen."""

CLOSE_RESTARTED = """
UPDATE locked SET ended_at = last_seen_at, closed_by = 'nas_restart'
FROM nas_restart r
WHERE r.nas_id = locked.nas_id AND locked.ended_at IS NULL
    AND locked.started_at < r.event_at AND locked.last_seen_at <= r.event_at
"""
"""An Accounting-On or -Off, even a late one, ends what had begun before its event (RFC 2866 §5.1)
at the last known counters, and nothing that was seen after it."""

DONE_RESTARTS = """
UPDATE nas_restart r SET done_at = %(now)s
WHERE r.done_at IS NULL AND NOT EXISTS (
    SELECT FROM session_live s WHERE s.nas_id = r.nas_id
        AND s.started_at < r.event_at AND s.last_seen_at <= r.event_at)
"""

FORGET_RESTARTS = f"""
DELETE FROM nas_restart WHERE done_at < %(now)s - interval '{RESTART_DAYS} days'
"""

OLDEST_OPENED = "SELECT min(last_seen_at) FROM locked WHERE opened"

APPLY = """
UPDATE session_live s SET
    octets_up = l.octets_up, octets_down = l.octets_down,
    rolled_octets_up = l.rolled_octets_up, rolled_octets_down = l.rolled_octets_down,
    rolled_at = l.rolled_at, session_time_seconds = l.session_time_seconds,
    started_at = l.started_at, last_seen_at = l.last_seen_at
FROM locked l
WHERE s.session_key = l.session_key AND s.subscriber_id = l.subscriber_id
    AND l.dirty AND l.ended_at IS NULL
"""

CLOSED = (
    "tenant_id, subscriber_id, service_id, nas_id, acct_session_id, acct_multi_session_id, login,"
    " framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id,"
    " called_station_id, nas_port_id, circuit_id, remote_id, octets_up, octets_down,"
    " session_time_seconds, started_at, last_seen_at, ended_at, terminate_cause, closed_by,"
    " rolled_octets_up, rolled_octets_down"
)
MOVE_ENDED = (
    """
    DELETE FROM session_live s USING locked l
    WHERE s.session_key = l.session_key AND s.subscriber_id = l.subscriber_id
        AND l.ended_at IS NOT NULL
    """,
    # One NAS may use an Acct-Session-Id again on the same day, and echo no Class of ours.
    """
    UPDATE locked SET session_key = (left(session_key::text, 18)
        || substr(md5(session_key::text || started_at::text)::uuid::text, 19))::uuid
    WHERE ended_at IS NOT NULL AND EXISTS (
        SELECT FROM session h WHERE h.closed_on = %(today)s
            AND h.session_key = locked.session_key AND h.subscriber_id = locked.subscriber_id)
    """,
    f"""
    INSERT INTO session (closed_on, session_key, {CLOSED})
    SELECT %(today)s, session_key, {CLOSED} FROM locked WHERE ended_at IS NOT NULL
    """,
)

CROSSED_CAP = """
SELECT a.service_id
FROM (SELECT subscriber_id, service_id, sum(octets_up + octets_down) AS added
    FROM advance GROUP BY subscriber_id, service_id) a
JOIN service USING (service_id)
JOIN plan_version USING (plan_version_id)
JOIN tenant ON tenant.tenant_id = service.tenant_id
CROSS JOIN LATERAL (
    SELECT sum(octets_up + octets_down) AS used FROM usage_hourly u
    WHERE u.subscriber_id = a.subscriber_id AND u.service_id = a.service_id
        AND u.hour >= date_trunc('month', %(now)s::timestamptz, zone)) AS month
WHERE cap_octets IS NOT NULL AND used >= cap_octets AND used - added < cap_octets
ORDER BY a.service_id
"""
"""The services that this turn took past their plan's cap, by the tenant's calendar month."""

MARK_SUSPECTS = f"""
UPDATE session_live SET suspect = true
WHERE NOT suspect AND ended_at IS NULL AND last_seen_at < %(now)s
    - {INTERVALS_MISSED} * make_interval(
        secs => greatest(coalesce(interim_interval_seconds, 0), {INTERVAL_SECONDS_DEFAULT}))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rolled:
    """What one turn did; `more` where it left sessions to the next one."""

    sessions: int = 0
    closed: int = 0
    crossed_cap: tuple[int, ...] = ()
    more: bool = False


async def roll(
    transaction: AsyncConnection, now: datetime, sessions_maximum: int = SESSIONS_MAXIMUM
) -> Rolled | None:
    """Take a turn in `transaction` (READ COMMITTED); None while another roller has its turn."""
    taken = await transaction.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({ROLLER_LOCK})")
    if not taken.scalar_one():
        return None
    if not (await transaction.exec_driver_sql(IS_DUE)).scalar_one():
        return Rolled()
    facts = {"now": now, "today": now.astimezone(UTC).date(), "sessions": sessions_maximum}

    async def run(*statements: str) -> int:
        rows = 0
        for statement in statements:
            rows = (await transaction.exec_driver_sql(statement, facts)).rowcount
        return rows

    await run(*PREPARE)
    due = await run(TAKE_DUE)
    restarted = await run(ADD_RESTARTED)
    await run(ADD_SIBLINGS, LOCK)
    skipped = await run(REQUEUE)
    await run(*FOLD_SIBLINGS)
    oldest = (await transaction.exec_driver_sql(OLDEST_OPENED)).scalar_one()
    if oldest is not None:
        facts["oldest"] = oldest.date() - timedelta(days=1)
        await run(FIND_CLOSED, *REOPEN, *FOLD_CLOSED, BASELINE, CLOSE_GHOSTS)
    await run(CLOSE_RESTARTED, FIND_ADVANCE, MARK_ROLLED, ROLL_USAGE, APPLY)
    closed = await run(*MOVE_ENDED)
    if restarted < sessions_maximum and not skipped:
        await run(DONE_RESTARTS, FORGET_RESTARTS)
    crossed = await transaction.exec_driver_sql(CROSSED_CAP, facts)
    return Rolled(
        sessions=due,
        closed=closed,
        crossed_cap=tuple(crossed.scalars()),
        more=max(due, restarted) >= sessions_maximum,
    )


async def mark_suspects(transaction: AsyncConnection, now: datetime) -> int:
    """Mark the sessions that missed several Interims; how many. They are not closed: that needs
    a witness, a Stop, a restart of the NAS or a login on the same line."""
    return (await transaction.exec_driver_sql(MARK_SUSPECTS, {"now": now})).rowcount
