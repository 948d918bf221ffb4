"""What happens to sessions, as it is recorded: login attempts, accounting, enforcement.

One look reads what was recorded since a moment; whoever looks again lets the looks overlap, for
rows appear when their transaction commits, and keeps apart by `key` what he has seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from isp.errors import Refused
from isp.identifiers import normalise_login

__all__ = ["Traced", "known_nas", "look"]

ROWS_MAX: Final = 500
"""Of each kind in one look: more than that nobody reads as it passes."""

ATTEMPT_FOLDED: Final = timedelta(minutes=10)
"""Repeats of an attempt are folded into one row for so long (`radiusd/attempts.py`)."""

EVENT_LATE: Final = timedelta(minutes=1)
"""A session was last seen when its NAS says so: some tries before the record came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Traced:
    """One thing that happened: `kind` is login, accounting or enforcement; `what` its outcome."""

    key: tuple[str, ...]
    at: datetime
    kind: str
    nas: str | None
    login: str
    acct_session_id: str | None
    what: str
    details: Mapping[str, Any]


class Status(IntEnum):
    """Acct-Status-Type (RFC 2866 §5.1) of the records that sessions have."""

    start = 1
    stop = 2
    interim = 3


async def known_nas(transaction: AsyncConnection, name: str) -> None:
    """Raises Refused where there is no such NAS: waiting for it would be in vain."""
    query = text("SELECT FROM nas WHERE name = :name AND removed_at IS NULL")
    if (await transaction.execute(query, {"name": name})).first() is None:
        raise Refused(f"there is no NAS {name}", remedy="see `turnpike nas list`")


async def look(
    transaction: AsyncConnection,
    since: datetime,
    *,
    login: str | None = None,
    nas: str | None = None,
) -> list[Traced]:
    """What was recorded from `since` on, the oldest first; of one login, of one NAS."""
    values = {
        "since": since,
        "since_on": since.date(),
        "seen_since": since - EVENT_LATE,
        "seen_on": (since - EVENT_LATE).date(),
        "folded_on": (since - ATTEMPT_FOLDED).date(),
        "login": None if login is None else normalise_login(login),
        "nas": nas,
        "rows": ROWS_MAX,
    }
    found: list[Traced] = []
    for query in (ATTEMPTS, ACCOUNTING, ENFORCEMENT):
        found += [_traced(row) for row in (await transaction.execute(query, values)).mappings()]
    return sorted(found, key=lambda each: each.at)


def _traced(row: Mapping[str, Any]) -> Traced:
    details = {name: value for name, value in row["details"].items() if value not in (None, "")}
    what = row["what"] if isinstance(row["what"], str) else Status(row["what"]).name
    return Traced(
        key=(row["kind"], str(row["at"]), *map(str, row["key"])),
        at=row["at"],
        kind=row["kind"],
        nas=row["nas"],
        login=row["login"],
        acct_session_id=row["acct_session_id"],
        what=what,
        details=details,
    )


def _query(sql: str) -> TextClause:
    """Of one login, of one NAS, where these are given."""
    return text(
        f"""{sql}
        AND (cast(:login AS text) IS NULL OR seen.login = :login)
        AND (cast(:nas AS text) IS NULL OR nas.name = :nas)
        ORDER BY at DESC LIMIT :rows"""
    )


ATTEMPTS: Final = _query("""
    SELECT 'login' AS kind, seen.last_at AS at, nas.name AS nas, seen.login,
        NULL AS acct_session_id, seen.outcome AS what,
        ARRAY[seen.login, seen.calling_station_id, seen.reason, seen.count::text] AS key,
        jsonb_build_object('reason', seen.reason, 'calling_station_id', seen.calling_station_id,
            'count', seen.count) AS details
      FROM auth_attempt AS seen LEFT JOIN nas USING (nas_id)
     WHERE seen.attempted_on >= :folded_on AND seen.last_at >= :since
""")

# A record has no index by time: the sessions seen since then lead to theirs.
ACCOUNTING: Final = _query("""
    SELECT 'accounting' AS kind, record.received_at AS at, nas.name AS nas, seen.login,
        seen.acct_session_id, record.status AS what,
        ARRAY[record.session_key::text, record.record_key::text] AS key,
        jsonb_build_object('framed_ip', host(seen.framed_ip),
            'session_time_seconds', record.session_time_seconds,
            'octets_down', record.octets_down, 'octets_up', record.octets_up,
            'terminate_cause', record.terminate_cause) AS details
      FROM (SELECT session_key, nas_id, login, acct_session_id, framed_ip
              FROM session_live WHERE last_seen_at >= :seen_since
            UNION
            SELECT session_key, nas_id, login, acct_session_id, framed_ip
              FROM session WHERE closed_on >= :seen_on AND last_seen_at >= :seen_since) AS seen
      JOIN accounting_record AS record USING (session_key)
      LEFT JOIN nas ON nas.nas_id = seen.nas_id
     WHERE record.received_on >= :since_on AND record.received_at >= :since
""")

ENFORCEMENT: Final = _query("""
    SELECT 'enforcement' AS kind, seen.at, nas.name AS nas, seen.login, seen.acct_session_id,
        seen.kind || ' ' || seen.outcome AS what,
        ARRAY[seen.enforcement_action_id::text, seen.outcome] AS key,
        jsonb_build_object('cause', seen.cause, 'error_cause', seen.error_cause,
            'tries', seen.tries, 'requested_by', seen.requested_by) AS details
      FROM enforcement_action AS seen LEFT JOIN nas USING (nas_id)
     WHERE seen.at >= :since
""")
