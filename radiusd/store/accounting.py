"""How a batch of accounting records gets into Postgres: one transaction, whatever came before.

Raw psycopg: this is the hot path. The rows go by COPY to a table of the connection's own, and from
there by statements that are harmless to repeat: a record is there once or not at all, and a live
session only grows. So an unknown outcome of a commit is settled by doing it again. Rows are
written in the order of their session's key, so that no two connections wait for each other: the
statements sort, for the table of a connection fills the gaps that its earlier batches left.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import psycopg

from radiusd.accounting import Record, Status
from radiusd.accounting_fields import FOREIGN, NO_SESSION_TIME
from radiusd.store import copy_rows
from radiusd.store.session_growth import UPSERT_SESSION_LIVE

__all__ = ["AccountingStore", "AwayError", "Raw", "UnrecordableError"]

Raw = Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection]]
"""Opens an autocommit connection of its own (`database.connect.Database.raw`)."""

RESTARTS = (Status.ACCOUNTING_ON, Status.ACCOUNTING_OFF)

SETTINGS = (
    "SET synchronous_commit = on",
    # No statistics are kept of temporary tables: the rows of a batch each find their session.
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET jit = off",
)

INCOMING = ", ".join(name for name, _ in copy_rows.COLUMNS)
CREATE_INCOMING = f"""
CREATE TEMP TABLE incoming ({", ".join(f"{name} {kind}" for name, kind in copy_rows.COLUMNS)})
"""
COPY_INCOMING = f"COPY incoming ({INCOMING}) FROM STDIN (FORMAT binary)"

BATCHES_PER_TRUNCATE = 32
"""A truncation costs the file system more than a batch costs Postgres; between two of them the
rows of earlier batches are dead, and so few that reading past them does not show."""

RECORD_COLUMNS = (
    "received_on, session_key, record_key, tenant_id, subscriber_id, service_id, nas_id,"
    " received_at, event_at, status, octets_up, octets_down, session_time_seconds,"
    " terminate_cause, flags, attributes"
)
DELETE, TRUNCATE = "DELETE FROM incoming", "TRUNCATE incoming"

INSERT_RECORDS = f"""
INSERT INTO accounting_record ({RECORD_COLUMNS}) SELECT {RECORD_COLUMNS} FROM incoming
ORDER BY session_key
ON CONFLICT DO NOTHING
"""
INSERT_ROLLING_DUE = """
INSERT INTO rolling_due (sessions, opened, touched, ended)
SELECT count(*), coalesce(array_agg(session_key) FILTER (WHERE opened), '{}'),
    array_agg(session_key), coalesce(array_agg(session_key) FILTER (WHERE ended), '{}')
FROM live HAVING count(*) > 0
"""
CLOSE_REUSED = f"""
WITH reused AS (
    UPDATE session_live s SET
        session_key = (left(s.session_key::text, 18)
            || substr(md5(s.session_key::text || s.started_at::text)::uuid::text, 19))::uuid,
        ended_at = coalesce(s.ended_at, s.last_seen_at),
        closed_by = coalesce(s.closed_by, 'replaced')
    FROM incoming i
    WHERE i.flags & {FOREIGN | NO_SESSION_TIME} = {FOREIGN} AND i.round = 0
        AND i.status IN ({Status.START}, {Status.INTERIM}, {Status.STOP})
        AND s.session_key = i.session_key AND s.subscriber_id = i.subscriber_id
        AND i.started_at > s.last_seen_at + interval '10 seconds'
        AND (i.session_time_seconds < s.session_time_seconds OR i.status = {Status.START})
    RETURNING s.session_key)
INSERT INTO rolling_due (sessions, opened, touched, ended)
SELECT count(*), '{{}}', array_agg(session_key), array_agg(session_key) FROM reused
HAVING count(*) > 0
"""
"""Without our Class an Acct-Session-Id used again by the same login has the same key: a session
that began after the one under that key was last seen, and is younger, makes way for itself."""

PREPARE = (
    f"PREPARE close_reused AS {CLOSE_REUSED}",
    f"PREPARE record_batch (smallint) AS WITH records AS ({INSERT_RECORDS}),"
    f" live AS ({UPSERT_SESSION_LIVE}) {INSERT_ROLLING_DUE}",
    f"PREPARE record_round (smallint) AS WITH live AS ({UPSERT_SESSION_LIVE}) {INSERT_ROLLING_DUE}",
    f"""
    PREPARE record_restarts AS
    INSERT INTO nas_restart (nas_id, tenant_id, event_at)
    SELECT DISTINCT nas_id, tenant_id, event_at FROM incoming
    WHERE status IN ({", ".join(str(int(status)) for status in RESTARTS)})
    ORDER BY nas_id, event_at
    ON CONFLICT DO NOTHING
    """,
)


class AwayError(Exception):
    """Postgres is not there, or not able to: the records are to be kept elsewhere."""


class UnrecordableError(Exception):
    """Postgres refuses the data of at least one of the records, and always will."""


class AccountingStore:
    """One connection that writes batches of records; not for concurrent use."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._connection: psycopg.AsyncConnection | None = None
        self._stack = AsyncExitStack()
        self._batches = 0

    async def connect(self) -> None:
        """Connect, if not connected; raises `AwayError`."""
        if self._connection is not None:
            return
        try:
            connection = await self._stack.enter_async_context(self._raw())
            for statement in (*SETTINGS, CREATE_INCOMING, *PREPARE):
                await connection.execute(statement)
        except (psycopg.Error, OSError) as error:
            await self.close()
            raise AwayError(str(error)) from error
        self._connection = connection

    async def write(self, records: Sequence[Record]) -> None:
        """Record them all in one transaction, committed when this returns.

        Raises `AwayError` or `UnrecordableError`, after which the connection is closed; the
        outcome is then unknown, and writing them again is right.
        """
        await self.connect()
        assert self._connection is not None
        try:
            self._batches += 1
            emptying = TRUNCATE if self._batches % BATCHES_PER_TRUNCATE == 0 else DELETE
            await _write(self._connection, records, emptying)
        except psycopg.DataError as error:
            await self.close()
            raise UnrecordableError(str(error)) from error
        except (psycopg.Error, OSError) as error:
            await self.close()
            raise AwayError(str(error)) from error

    async def close(self) -> None:
        """Close the connection; the next write opens another."""
        self._connection = None
        stack, self._stack = self._stack, AsyncExitStack()
        try:
            await stack.aclose()
        except (psycopg.Error, OSError):
            return  # it was broken, which is why it is closed


async def _write(
    connection: psycopg.AsyncConnection, records: Sequence[Record], emptying: str
) -> None:
    """COPY first, which nobody else can see; then the rest in one message, one transaction."""
    rows = []
    earlier: dict[bytes, int] = {}
    rounds = 0
    restarts = foreign = False
    for record in records:
        key = record.session_key
        round_number = earlier.get(key, 0)
        earlier[key] = round_number + 1
        if round_number > rounds:
            rounds = round_number
        if record.status in RESTARTS:
            restarts = True
        elif record.flags & FOREIGN:
            foreign = True
        rows.append((key, copy_rows.row(record, round_number)))
    rows.sort()  # nearly free, and leaves nearly nothing for the statements to sort
    statements = ["EXECUTE close_reused"] if foreign else []
    statements.append("EXECUTE record_batch (0)")
    statements += [f"EXECUTE record_round ({number})" for number in range(1, rounds + 1)]
    if restarts:
        statements.append("EXECUTE record_restarts")
    statements.append(emptying)
    async with connection.cursor() as cursor, cursor.copy(COPY_INCOMING) as copy:
        await copy.write(
            b"".join((copy_rows.SIGNATURE, *(row for _, row in rows), copy_rows.TRAILER))
        )
    await connection.execute("; ".join(statements))
