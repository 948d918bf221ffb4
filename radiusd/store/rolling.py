"""One turn of the roller: what was recorded becomes usage by the hour, and closed sessions.

A turn is one transaction that begins by taking what is due (`rolling_due`) and ends with it rolled:
exactly once, whoever is killed when. Most sessions have only grown, or ended; those are rolled at
once. The others are judged (`radiusd/store/rolling_judged.py`). Rows that a recorder holds are
waited for in the recorder's own order, or left to the next turn, so that neither blocks the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from radiusd.store import rolling_judged
from radiusd.store.rolling_judged import CLOSED
from radiusd.store.rolling_sessions import COPIES
from radiusd.store.rolling_usage import ROLL_USAGE

__all__ = ["SESSIONS_MAX", "Rolled", "mark_suspects", "roll"]

SESSIONS_MAX = 1500
"""Sessions in one turn: their rows are held for some 50 ms, less than a recorder waits."""

ROLLER_LOCK = 0x726F6C6C
"""The advisory lock of the one roller of a cluster."""

INTERVALS_MISSED = 3
INTERVAL_SECONDS_DEFAULT = 600
"""RFC 2869 §5.16 recommends at least that between Interims; until two have been seen, no more is
known."""

SETTINGS = """
SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('jit', 'off', true), set_config('timezone', 'UTC', true)
"""
"""No statistics are kept of temporary tables: of some thousand rows, each finds its own; and by an
index, so in the order of the keys, as recorders take them."""

TABLES = (
    """
    CREATE TEMP TABLE rolling (session_key uuid PRIMARY KEY,
        opened boolean NOT NULL, ended boolean NOT NULL, judged boolean NOT NULL)
        ON COMMIT DELETE ROWS
    """,
    """
    CREATE TEMP TABLE locked (LIKE session_live, opened boolean, dirty boolean,
        PRIMARY KEY (session_key, subscriber_id)) ON COMMIT DELETE ROWS
    """,
    "CREATE INDEX locked_service_id_index ON locked (service_id)",
    """
    CREATE TEMP TABLE fold (loser uuid, loser_subscriber bigint,
        keeper uuid, keeper_subscriber bigint) ON COMMIT DELETE ROWS
    """,
    """
    CREATE TEMP TABLE late (session_key uuid, subscriber_id bigint,
        closed_on date, closed_key uuid, closed_subscriber bigint, reopens boolean,
        repeats boolean)
        ON COMMIT DELETE ROWS
    """,
    """
    CREATE TEMP TABLE advance (subscriber_id bigint, service_id bigint,
        tenant_id bigint, session_key uuid, from_at timestamptz, to_at timestamptz,
        from_up bigint, from_down bigint, octets_up bigint, octets_down bigint)
        ON COMMIT DELETE ROWS
    """,
)

LOOK = f"""
SELECT pg_try_advisory_xact_lock({ROLLER_LOCK}) AS is_mine,
    EXISTS (SELECT FROM rolling_due)
        OR EXISTS (SELECT FROM nas_restart WHERE done_at IS NULL) AS is_due,
    to_regclass('pg_temp.advance') IS NOT NULL AS has_tables
"""

TAKE_DUE = """
WITH waiting AS (
    SELECT rolling_due_id, sum(sessions) OVER (ORDER BY rolling_due_id) - sessions AS before
    FROM (SELECT rolling_due_id, sessions FROM rolling_due
        ORDER BY rolling_due_id LIMIT %(sessions)s) AS oldest
), due AS (
    DELETE FROM rolling_due USING waiting
    WHERE rolling_due.rolling_due_id = waiting.rolling_due_id AND before < %(sessions)s
    RETURNING opened, touched, ended
), key AS (
    SELECT unnest(touched) AS session_key, false AS opened, false AS ended FROM due
    UNION ALL SELECT unnest(opened), true, false FROM due
    UNION ALL SELECT unnest(ended), false, true FROM due
)
INSERT INTO rolling (session_key, opened, ended, judged)
SELECT session_key, bool_or(opened), bool_or(ended), false FROM key
GROUP BY session_key ORDER BY session_key
"""

ROLL_PLAIN = """
WITH grown AS (
    UPDATE session_live s SET rolled_octets_up = s.octets_up,
        rolled_octets_down = s.octets_down, rolled_at = s.last_seen_at
    FROM session_live before
    WHERE before.session_key = ANY (ARRAY(
            SELECT session_key FROM rolling WHERE NOT judged ORDER BY session_key))
        AND s.session_key = before.session_key AND s.subscriber_id = before.subscriber_id
        AND s.service_id <> 0
        AND (s.octets_up > s.rolled_octets_up OR s.octets_down > s.rolled_octets_down)
    RETURNING s.subscriber_id, s.service_id, s.tenant_id, s.session_key,
        least(coalesce(before.rolled_at, s.started_at), s.last_seen_at) AS from_at,
        s.last_seen_at AS to_at, before.rolled_octets_up AS from_up,
        before.rolled_octets_down AS from_down, s.octets_up, s.octets_down
)
INSERT INTO advance SELECT subscriber_id, service_id, tenant_id, session_key, from_at, to_at,
    from_up, from_down, greatest(octets_up - from_up, 0), greatest(octets_down - from_down, 0)
FROM grown
"""
"""Most sessions: they have only grown. Rows are taken in the order of their keys, as a recorder
takes them, so that waiting for one cannot come full circle. `before` is the row as the statement
found it; of what is used of it, nothing but the roller writes."""

MOVE_PLAIN = f"""
WITH gone AS (
    DELETE FROM session_live USING (
        SELECT session_key, subscriber_id FROM session_live
        WHERE session_key = ANY (ARRAY(
                SELECT session_key FROM rolling WHERE ended AND NOT judged))
            AND ended_at IS NOT NULL AND (service_id = 0
                OR octets_up = rolled_octets_up AND octets_down = rolled_octets_down)
        FOR UPDATE SKIP LOCKED) AS held
    WHERE session_live.session_key = held.session_key
        AND session_live.subscriber_id = held.subscriber_id
    RETURNING session_live.*
)
INSERT INTO session (closed_on, session_key, {CLOSED})
SELECT %(today)s, session_key, {CLOSED} FROM gone
"""
"""Sessions that said they ended, once all of them is rolled."""

OLDEST_OPENED = """
SELECT coalesce(least(min(last_seen_at), %(now)s), %(now)s)::date - 1 FROM session_live
WHERE session_key = ANY (ARRAY(SELECT session_key FROM rolling WHERE opened))
"""
"""No session that closed before this day can be one of those just opened."""

REQUEUE = """
INSERT INTO rolling_due (rolling_due_id, sessions, opened, touched, ended)
SELECT (SELECT least(min(rolling_due_id), 0) - 1 FROM rolling_due), count(*),
    coalesce(array_agg(session_key) FILTER (WHERE r.opened), '{}'),
    array_agg(session_key), coalesce(array_agg(session_key) FILTER (WHERE r.ended), '{}')
FROM session_live s JOIN rolling r USING (session_key)
WHERE s.session_key = ANY (ARRAY(SELECT session_key FROM rolling WHERE judged OR ended))
    AND CASE WHEN r.judged THEN NOT EXISTS (SELECT FROM locked
            WHERE session_key = s.session_key AND subscriber_id = s.subscriber_id)
        ELSE s.ended_at IS NOT NULL END
HAVING count(*) > 0
"""
"""What a recorder held is due again, before all else: that a session opened must be known by the
turn that rolls what came of it later, or a repeated Stop would be another session."""

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
    """What one turn did; `more` where it left sessions to the next one.

    `copies` are the NASes of Stops that came once more, long after the first.
    """

    sessions: int = 0
    closed: int = 0
    crossed_cap: tuple[int, ...] = ()
    copies: tuple[int, ...] = ()
    more: bool = False


async def roll(
    transaction: AsyncConnection, now: datetime, sessions_maximum: int = SESSIONS_MAX
) -> Rolled | None:
    """Take a turn in `transaction` (READ COMMITTED); None while another roller has its turn."""
    seen = (await transaction.exec_driver_sql(LOOK)).one()
    if not seen.is_mine:
        return None
    if not seen.is_due:
        return Rolled()
    facts = {"now": now, "today": now.astimezone(UTC).date(), "sessions": sessions_maximum}

    async def run(*statements: str) -> int:
        rows = 0
        for statement in statements:
            rows = (await transaction.exec_driver_sql(statement, facts)).rowcount
        return rows

    await run(SETTINGS, *(() if seen.has_tables else TABLES))
    due = await run(TAKE_DUE)
    facts["oldest"] = (await transaction.exec_driver_sql(OLDEST_OPENED, facts)).scalar_one()
    restarted = await run(rolling_judged.ADD_RESTARTED)
    judged = await run(rolling_judged.JUDGE)
    await run(ROLL_PLAIN)
    closed = await run(MOVE_PLAIN)
    copies: Sequence[int] = ()
    if restarted or judged:
        await run(*rolling_judged.FIND)
        copies = (await transaction.exec_driver_sql(COPIES)).scalars().all()
        closed += await run(*rolling_judged.SETTLE)
    skipped = await run(REQUEUE)
    await run(ROLL_USAGE)
    if restarted < sessions_maximum and not skipped:
        await run(rolling_judged.DONE_RESTARTS, rolling_judged.FORGET_RESTARTS)
    crossed = await transaction.exec_driver_sql(CROSSED_CAP, facts)
    return Rolled(
        sessions=due,
        closed=closed,
        crossed_cap=tuple(crossed.scalars()),
        copies=tuple(copies),
        more=max(due, restarted) >= sessions_maximum,
    )


async def mark_suspects(transaction: AsyncConnection, now: datetime) -> int:
    """Mark the sessions that missed several Interims; how many. They are not closed: that needs
    a witness, a Stop, a restart of the NAS or a login on the same line."""
    return (await transaction.exec_driver_sql(MARK_SUSPECTS, {"now": now})).rowcount
