"""Following a table: every change is seen, also of a transaction that commits late.

A row carries the transaction that wrote it last (`changed_xid`). A snapshot's xmin is the oldest
transaction still running then: all before it were seen. So the next reading asks for
`changed_xid >= xmin of the previous one`, and gets some rows again, but misses none
(https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.connect import Database

__all__ = ["Follower"]

# Transaction numbers mean something within one history of one database: a restore or a failover
# begins another one.
POSITION: Final = text("""\
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax,
    (SELECT system_identifier FROM pg_control_system()) AS system,
    (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A moment in a history: every transaction before `xmin` had ended."""

    xmin: int
    xmax: int
    history: tuple[int, int, int]

    def continues(self, earlier: "Position | None") -> bool:
        """Whether what changed since `earlier` can be told from transaction numbers."""
        return earlier is not None and self.history == earlier.history and self.xmin >= earlier.xmin


class Follower:
    """One table of a database, followed by one reader.

    `complete` says of the last `changes()` that they were the whole table, so that whatever else
    the reader holds is to be forgotten: at the first reading, and after a restore or a failover.
    """

    def __init__(self, database: Database, table: Table) -> None:
        if not table.info.get("followed"):
            message = f"{table.name} is not a followed table"
            raise ValueError(message)
        self.table = table
        self.complete = False
        self._database = database
        self._position: Position | None = None
        self._changed: asyncio.Event | None = None

    async def changes(self) -> Sequence[Row[Any]]:
        """The rows written since the last call, some of them again; at first all that stand.

        A removed row comes once more with `removed_at` set (not where `complete`).
        """
        async with self._database.snapshot() as snapshot:
            position = await _position(snapshot)
            complete = not position.continues(self._position)
            rows = (await snapshot.execute(self._query(position, complete=complete))).all()
        self.complete, self._position = complete, position
        return rows

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait until the table may have changed; False where the time was over first."""
        if self._changed is None:
            self._changed = self._database.notices.subscribe(self.table.name)
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def _query(self, position: Position, *, complete: bool) -> Select[Any]:
        query = select(self.table)
        if not complete and self._position is not None:
            # Numbers of the future come from a restored dump: such rows were read when complete.
            changed = self.table.c.changed_xid
            return query.where(changed >= self._position.xmin, changed < position.xmax)
        if "removed_at" in self.table.c:
            return query.where(self.table.c.removed_at.is_(None))
        return query


async def _position(snapshot: AsyncConnection) -> Position:
    found = (await snapshot.execute(POSITION)).one()
    return Position(
        xmin=found.xmin, xmax=found.xmax, history=(found.system, found.timeline, found.database)
    )
