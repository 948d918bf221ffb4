"""Reading what changed in the tables that the snapshot mirrors."""

import asyncio
from collections.abc import Sequence

from database.connect import Database
from database.follow import Follower
from database.tables import metadata
from radiusd.snapshot_writer import FOLLOWED_TABLES, Changes
from radiusd.store.away import away_named

__all__ = ["FollowedTables"]


class FollowedTables:
    """The followed tables of one database, read one after the other in the snapshot's order."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have the next reading be a complete one."""
        self._followers = [
            Follower(self._database, metadata.tables[name]) for name in FOLLOWED_TABLES
        ]

    async def changes(self) -> Sequence[Changes]:
        """What was written since the last time; at first everything. Raises `AwayError`."""
        found = []
        async with away_named():
            for follower in self._followers:
                rows = await follower.changes()
                if rows or follower.complete:
                    found.append(
                        Changes(table=follower.table.name, rows=rows, complete=follower.complete)
                    )
        return found

    async def wait(self, seconds: float) -> None:
        """Wait until one of them may have changed, at most `seconds`."""
        waits = [asyncio.ensure_future(each.wait(seconds)) for each in self._followers]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
