"""The sessions that a turn of the roller has to think about. SQL.

Those are the newly opened ones that may be known already, by a row of the same NAS and
Acct-Session-Id or of the same service, live or closed; those that no Class of ours proves; and
those that a restart of their NAS ends. They are copied into `locked`, held, and settled there.
"""

from radiusd.store.rolling_sessions import (
    ADD_OTHERS,
    FIND_CLOSED,
    FOLD_CLOSED,
    FOLD_SIBLINGS,
    REOPEN,
    between,
)
from radiusd.store.rolling_usage import FIND_ADVANCE, MARK_ROLLED

__all__ = ["ADD_RESTARTED", "CLOSED", "DONE_RESTARTS", "FIND", "FORGET_RESTARTS", "JUDGE", "SETTLE"]

RESTART_DAYS = 8
"""How long a restart is remembered: a record may come a week after its event."""

CLOSED = (
    "tenant_id, subscriber_id, service_id, nas_id, acct_session_id, acct_multi_session_id, login,"
    " framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id,"
    " called_station_id, nas_port_id, circuit_id, remote_id, octets_up, octets_down,"
    " session_time_seconds, started_at, last_seen_at, ended_at, terminate_cause, closed_by,"
    " rolled_octets_up, rolled_octets_down"
)
ADD_RESTARTED = """
INSERT INTO rolling (session_key, opened, ended, judged)
SELECT DISTINCT s.session_key, false, false, true
FROM session_live s JOIN nas_restart r ON r.nas_id = s.nas_id
WHERE r.done_at IS NULL AND s.started_at < r.event_at AND s.last_seen_at <= r.event_at
LIMIT %(sessions)s
ON CONFLICT (session_key) DO UPDATE SET judged = true
"""

JUDGE = f"""
UPDATE rolling SET judged = true
WHERE session_key = ANY (ARRAY(
    SELECT o.session_key FROM session_live o
    WHERE o.session_key = ANY (ARRAY(SELECT session_key FROM rolling WHERE opened)) AND (
        o.class_cookie IS NULL
        OR EXISTS (SELECT FROM session_live s WHERE {between("s.session_key", "o.session_key")}
            AND (s.session_key <> o.session_key OR s.subscriber_id <> o.subscriber_id))
        OR EXISTS (SELECT FROM session h WHERE {between("h.session_key", "o.session_key")}
            AND h.closed_on >= %(oldest)s)
        OR o.service_id <> 0 AND EXISTS (SELECT FROM session_live g
            WHERE g.service_id = o.service_id AND g.session_key <> o.session_key)
        OR EXISTS (SELECT FROM nas_restart n WHERE n.nas_id = o.nas_id
            AND n.event_at > o.started_at AND n.event_at >= o.last_seen_at))
    UNION ALL
    SELECT h.session_key FROM session h
    WHERE h.session_key = ANY (ARRAY(SELECT session_key FROM rolling WHERE ended))
        AND h.closed_on = %(today)s))
"""

LOCK = """
INSERT INTO locked
SELECT s.*, r.opened OR s.rolled_at IS NULL, false
FROM session_live s JOIN rolling r USING (session_key)
WHERE s.session_key = ANY (ARRAY(SELECT session_key FROM rolling WHERE judged))
FOR UPDATE OF s SKIP LOCKED
"""
"""What was never rolled has just opened, though its own turn, to which it is due, comes later: it
is held for another session of its service or half."""

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


FIND = (ADD_OTHERS, LOCK, *FOLD_SIBLINGS, FIND_CLOSED)
"""What is held, and what of it is of a session that has been closed."""

SETTLE = (
    *REOPEN,
    *FOLD_CLOSED,
    BASELINE,
    CLOSE_GHOSTS,
    CLOSE_RESTARTED,
    FIND_ADVANCE,
    MARK_ROLLED,
    APPLY,
    *MOVE_ENDED,
)
"""What follows, in order; the last statement's rows are the sessions closed."""
