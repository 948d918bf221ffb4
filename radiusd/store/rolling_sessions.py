"""Which rows are one session, and which sessions have ended unsaid. SQL of the roller.

Everything works on `locked`, the rows of `session_live` that this turn of the roller holds. Rows
with the first half of their keys in common are one session where their service and times agree:
they began together, within the jitter of computed starts, or they clearly overlap. That joins a
packet that lost its Class with its session, and keeps apart what got the same Acct-Session-Id
after a reboot.
"""

__all__ = [
    "ADD_OTHERS",
    "COPIES",
    "FIND_CLOSED",
    "FOLD_CLOSED",
    "FOLD_SIBLINGS",
    "REOPEN",
    "between",
]

JITTER = "interval '10 seconds'"
"""Between two computations of one session's start: whole seconds, and delays on the way."""

REPETITION = "interval '10 minutes'"
"""How late a Stop may come again. Where a NAS tells no time it is dated when it is read, and it may
have waited in the socket of a worker that was killed."""

UNMISTAKABLE_SECONDS, UNMISTAKABLE_OCTETS = 60, 1_000_000
"""No two sessions of one name that are as long and carried as much agree in every counter: that one
is the other's copy, whenever it comes."""


def _half(key: str) -> tuple[str, str]:
    """The least and the greatest session key with the first half of `key`."""
    half = f"left({key}::text, 18)"
    return f"({half} || '-0000-000000000000')::uuid", f"({half} || '-ffff-ffffffffffff')::uuid"


def between(other: str, key: str) -> str:
    """Whether the session key `other` shares the first half of `key`."""
    least, greatest = _half(key)
    return f"{other} BETWEEN {least} AND {greatest}"


def _same(one: str, other: str) -> str:
    """Whether two rows with the half of the key in common are one session."""
    return (
        f"({one}.nas_id = {other}.nas_id AND {one}.acct_session_id = {other}.acct_session_id"
        f" AND ({one}.service_id = {other}.service_id"
        f" OR 0 IN ({one}.service_id, {other}.service_id))"
        f" AND ({one}.started_at BETWEEN {other}.started_at - {JITTER}"
        f" AND {other}.started_at + {JITTER}"
        f" OR ({one}.started_at < {other}.last_seen_at - {JITTER}"
        f" AND {other}.started_at < {one}.last_seen_at - {JITTER})))"
    )


def _repeats(one: str, closed: str) -> str:
    """Whether a row is the Stop again that closed a session: its counters, not all zero, agree."""
    return (
        f"({closed}.closed_by = 'stop' AND {one}.ended_at IS NOT NULL"
        f" AND {one}.session_key = {closed}.session_key"
        f" AND {one}.session_time_seconds = {closed}.session_time_seconds"
        f" AND {one}.octets_up = {closed}.octets_up AND {one}.octets_down = {closed}.octets_down"
        f" AND {one}.octets_up + {one}.octets_down > 0"
        f" AND ({one}.ended_at < {closed}.ended_at + {REPETITION}"
        f" OR {one}.session_time_seconds >= {UNMISTAKABLE_SECONDS}"
        f" AND {one}.octets_up + {one}.octets_down >= {UNMISTAKABLE_OCTETS}))"
    )


def _better(one: str, other: str) -> str:
    """Which of two rows of one session is kept."""
    rank = "({0}.class_cookie IS NOT NULL, {0}.service_id, {0}.started_at, {0}.session_key)"
    return f"{rank.format(one)} > {rank.format(other)}"


ADD_OTHERS = f"""
INSERT INTO rolling (session_key, opened, ended, judged)
SELECT s.session_key, false, false, true
FROM rolling r JOIN session_live s ON {between("s.session_key", "r.session_key")}
WHERE r.judged AND r.opened
UNION
SELECT g.session_key, false, false, true
FROM rolling r
JOIN session_live s ON s.session_key = r.session_key
JOIN session_live g ON g.service_id = s.service_id
WHERE r.judged AND r.opened AND s.service_id <> 0
ON CONFLICT (session_key) DO UPDATE SET judged = true
"""
"""What must be held too, to judge a session that is new: its siblings, and its service's others."""

FOLD_SIBLINGS = (
    f"""
    INSERT INTO fold
    SELECT DISTINCT ON (loser.session_key, loser.subscriber_id)
        loser.session_key, loser.subscriber_id, keeper.session_key, keeper.subscriber_id
    FROM locked loser JOIN locked keeper
        ON {between("keeper.session_key", "loser.session_key")} AND {_same("keeper", "loser")}
    WHERE (loser.opened OR keeper.opened) AND {_better("keeper", "loser")}
    ORDER BY loser.session_key, loser.subscriber_id, keeper.class_cookie IS NOT NULL DESC,
        keeper.service_id DESC, keeper.started_at DESC, keeper.session_key DESC
    """,
    """
    UPDATE locked keeper SET
        octets_up = greatest(keeper.octets_up, folded.octets_up),
        octets_down = greatest(keeper.octets_down, folded.octets_down),
        rolled_octets_up = greatest(keeper.rolled_octets_up, folded.rolled_octets_up),
        rolled_octets_down = greatest(keeper.rolled_octets_down, folded.rolled_octets_down),
        rolled_at = greatest(keeper.rolled_at, folded.rolled_at),
        session_time_seconds = greatest(keeper.session_time_seconds, folded.session_time_seconds),
        started_at = least(keeper.started_at, folded.started_at),
        last_seen_at = greatest(keeper.last_seen_at, folded.last_seen_at),
        ended_at = greatest(keeper.ended_at, folded.ended_at),
        terminate_cause = coalesce(keeper.terminate_cause, folded.terminate_cause),
        closed_by = coalesce(keeper.closed_by, folded.closed_by),
        opened = keeper.opened AND folded.opened, dirty = true
    FROM (
        SELECT fold.keeper, fold.keeper_subscriber, max(octets_up) AS octets_up,
            max(octets_down) AS octets_down, max(rolled_octets_up) AS rolled_octets_up,
            max(rolled_octets_down) AS rolled_octets_down, max(rolled_at) AS rolled_at,
            max(session_time_seconds) AS session_time_seconds, min(started_at) AS started_at,
            max(last_seen_at) AS last_seen_at, max(ended_at) AS ended_at,
            max(terminate_cause) AS terminate_cause, max(closed_by) AS closed_by,
            bool_and(loser.opened OR loser.service_id = 0) AS opened
        FROM fold JOIN locked loser
            ON loser.session_key = fold.loser AND loser.subscriber_id = fold.loser_subscriber
        GROUP BY fold.keeper, fold.keeper_subscriber
    ) folded
    WHERE keeper.session_key = folded.keeper AND keeper.subscriber_id = folded.keeper_subscriber
    """,
    """
    WITH gone AS (
        DELETE FROM locked USING fold
        WHERE session_key = fold.loser AND subscriber_id = fold.loser_subscriber)
    DELETE FROM session_live USING fold
    WHERE session_key = fold.loser AND subscriber_id = fold.loser_subscriber
    """,
)
"""Rows of one session become one: the one with our Class is kept, else the one with a service."""

FIND_CLOSED = f"""
INSERT INTO late
SELECT DISTINCT ON (o.session_key, o.subscriber_id)
    o.session_key, o.subscriber_id, h.closed_on, h.session_key, h.subscriber_id,
    h.closed_by <> 'stop' AND o.ended_at IS NULL AND o.last_seen_at > h.ended_at
        AND NOT EXISTS (
            SELECT FROM nas_restart r WHERE r.nas_id = o.nas_id
                AND r.event_at > h.started_at AND r.event_at >= o.last_seen_at),
    {_repeats("o", "h")}
FROM locked o JOIN session h ON {between("h.session_key", "o.session_key")}
    AND h.closed_on >= %(oldest)s AND h.closed_on >= (o.last_seen_at - interval '1 day')::date
    AND (h.session_key = o.session_key AND o.class_cookie IS NOT NULL
        OR {_same("o", "h")} OR {_repeats("o", "h")})
WHERE o.opened
ORDER BY o.session_key, o.subscriber_id, h.started_at DESC
"""
"""Sessions that had been closed when these records came, and whether they turn out to go on.

A close that was only inferred is taken back by a later Interim; a Stop is not (RFC 2866 §5.1).
"""

COPIES = f"""
SELECT DISTINCT h.nas_id
FROM late JOIN locked o ON o.session_key = late.session_key AND o.subscriber_id = late.subscriber_id
JOIN session h ON h.closed_on = late.closed_on
    AND h.session_key = late.closed_key AND h.subscriber_id = late.closed_subscriber
WHERE late.repeats AND o.ended_at >= h.ended_at + {REPETITION}
ORDER BY h.nas_id
"""
"""The NASes of Stops that came once more, and later than anything that was on its way."""

REOPEN = (
    """
    UPDATE locked o SET
        octets_up = greatest(o.octets_up, h.octets_up),
        octets_down = greatest(o.octets_down, h.octets_down),
        rolled_octets_up = h.rolled_octets_up, rolled_octets_down = h.rolled_octets_down,
        rolled_at = h.last_seen_at, started_at = least(o.started_at, h.started_at),
        session_time_seconds = greatest(o.session_time_seconds, h.session_time_seconds),
        opened = false, dirty = true
    FROM late JOIN session h ON h.closed_on = late.closed_on
        AND h.session_key = late.closed_key AND h.subscriber_id = late.closed_subscriber
    WHERE late.reopens AND o.session_key = late.session_key
        AND o.subscriber_id = late.subscriber_id
    """,
    """
    DELETE FROM session h USING late
    WHERE late.reopens AND h.closed_on = late.closed_on AND h.session_key = late.closed_key
        AND h.subscriber_id = late.closed_subscriber
    """,
)

FOLD_CLOSED = (
    """
    INSERT INTO advance (subscriber_id, service_id, tenant_id, session_key, from_at, to_at,
        from_up, from_down, octets_up, octets_down)
    SELECT CASE WHEN h.service_id = 0 THEN o.subscriber_id ELSE h.subscriber_id END,
        CASE WHEN h.service_id = 0 THEN o.service_id ELSE h.service_id END,
        h.tenant_id, h.session_key, least(h.last_seen_at, max(o.last_seen_at)),
        max(o.last_seen_at), h.rolled_octets_up, h.rolled_octets_down,
        greatest(max(o.octets_up) - h.rolled_octets_up, 0),
        greatest(max(o.octets_down) - h.rolled_octets_down, 0)
    FROM late
    JOIN locked o ON o.session_key = late.session_key AND o.subscriber_id = late.subscriber_id
    JOIN session h ON h.closed_on = late.closed_on AND h.session_key = late.closed_key
        AND h.subscriber_id = late.closed_subscriber
    WHERE NOT late.reopens AND 0 < greatest(h.service_id, o.service_id)
        AND (o.octets_up > h.rolled_octets_up OR o.octets_down > h.rolled_octets_down)
    GROUP BY 1, 2, h.tenant_id, h.session_key, h.last_seen_at, h.rolled_octets_up,
        h.rolled_octets_down
    """,
    """
    UPDATE session h SET
        octets_up = greatest(h.octets_up, folded.octets_up),
        octets_down = greatest(h.octets_down, folded.octets_down),
        rolled_octets_up = greatest(h.rolled_octets_up, folded.rolled_octets_up),
        rolled_octets_down = greatest(h.rolled_octets_down, folded.rolled_octets_down),
        service_id = CASE WHEN h.service_id = 0 THEN folded.service_id ELSE h.service_id END,
        subscriber_id = CASE WHEN h.service_id = 0 THEN folded.subscriber_id
            ELSE h.subscriber_id END,
        session_time_seconds = greatest(h.session_time_seconds, folded.session_time_seconds),
        started_at = least(h.started_at, folded.started_at),
        last_seen_at = greatest(h.last_seen_at, folded.last_seen_at),
        ended_at = CASE WHEN h.closed_by <> 'stop' AND folded.ended_at IS NOT NULL
            THEN folded.ended_at
            ELSE greatest(h.ended_at, folded.ended_at, folded.last_seen_at) END,
        terminate_cause = coalesce(h.terminate_cause, folded.terminate_cause),
        closed_by = CASE WHEN folded.ended_at IS NOT NULL THEN 'stop' ELSE h.closed_by END
    FROM (
        SELECT late.closed_on, late.closed_key, late.closed_subscriber,
            max(octets_up) AS octets_up, max(octets_down) AS octets_down,
            max(CASE WHEN service_id > 0 THEN octets_up END) AS rolled_octets_up,
            max(CASE WHEN service_id > 0 THEN octets_down END) AS rolled_octets_down,
            max(service_id) AS service_id, max(o.subscriber_id) AS subscriber_id,
            max(session_time_seconds) AS session_time_seconds, min(started_at) AS started_at,
            max(last_seen_at) FILTER (WHERE NOT late.repeats) AS last_seen_at,
            max(ended_at) FILTER (WHERE NOT late.repeats) AS ended_at,
            max(terminate_cause) AS terminate_cause
        FROM late JOIN locked o
            ON o.session_key = late.session_key AND o.subscriber_id = late.subscriber_id
        WHERE NOT late.reopens
        GROUP BY late.closed_on, late.closed_key, late.closed_subscriber
    ) folded
    WHERE h.closed_on = folded.closed_on AND h.session_key = folded.closed_key
        AND h.subscriber_id = folded.closed_subscriber
    """,
    """
    WITH gone AS (
        DELETE FROM locked o USING late
        WHERE NOT late.reopens AND o.session_key = late.session_key
            AND o.subscriber_id = late.subscriber_id)
    DELETE FROM session_live s USING late
    WHERE NOT late.reopens AND s.session_key = late.session_key
        AND s.subscriber_id = late.subscriber_id
    """,
)
"""What came after the close raises the closed session, and is rolled like anything else. A Stop
that is read again moves no end."""
