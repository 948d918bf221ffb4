"""The keeper follows the database into the snapshot: a change is live within a second."""

import asyncio
from collections.abc import Callable, Sequence

from chassis.clock import Clock
from chassis.log import get_logger
from radiusd import metrics
from radiusd.snapshot_writer import FOLLOWED_TABLES, Changes, SnapshotWriter
from radiusd.store.away import AwayError
from radiusd.store.following import FollowedTables

__all__ = ["POLL_SECONDS", "Following"]

POLL_SECONDS = 0.5
"""The net under the notices; also how soon a database that went away is missed."""

PAUSE_SECONDS = 0.05
"""Between two readings, so that a flood of changes is read in bunches."""

RETRY_SECONDS = 0.5
"""Between attempts to reach a database that is away."""

log = get_logger("following")


class Following:
    """Reads the followed tables, writes the snapshot. `on_change(present)` is told after each
    reading whether the database was there.
    """

    def __init__(
        self,
        tables: FollowedTables,
        writer: SnapshotWriter,
        clock: Clock,
        on_change: Callable[[bool], None],
    ) -> None:
        self._tables = tables
        self._writer = writer
        self._clock = clock
        self._on_change = on_change
        self.present = False
        self.current_at: float | None = None
        self._doubted = False

    async def step(self) -> bool:
        """One reading; whether the database was there. The snapshot then is as it was read."""
        anew = self._doubted or not self._writer.is_current()
        if anew:
            self._tables.begin_anew()
        try:
            changes = await self._tables.changes()
        except AwayError as error:
            if self.present or self.current_at is None:
                log.warning("database_away", problem=str(error).strip())
            self._turn(False)
            return False
        self._doubted = True  # until what was read is written, for it is read only once
        if anew:
            log.warning("snapshot_begun_anew")
            await asyncio.to_thread(self._writer.begin_anew)
        if changes:
            await asyncio.to_thread(self._writer.apply, changes)
            self._count(changes)
        self._doubted = False
        self.current_at = self._clock.monotonic()
        if not self.present:
            log.info("database_followed")
        self._turn(True)
        return True

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            if await self.step():
                await asyncio.sleep(PAUSE_SECONDS)
                await self._tables.wait(POLL_SECONDS)
            else:
                await asyncio.sleep(RETRY_SECONDS)

    def doubt(self) -> None:
        """A worker cannot read the snapshot: make another one."""
        self._doubted = True

    def age_seconds(self) -> float | None:
        """How long ago the snapshot was known to be the database's; None: never yet."""
        return None if self.current_at is None else self._clock.monotonic() - self.current_at

    def _turn(self, present: bool) -> None:
        self.present = present
        metrics.database_present.set(int(present))
        metrics.snapshot_age.set(self.age_seconds() or 0)
        self._on_change(present)

    def _count(self, changes: Sequence[Changes]) -> None:
        if {each.table for each in changes if each.complete}.issuperset(FOLLOWED_TABLES):
            rows = {each.table: len(each.rows) for each in changes}
            metrics.snapshot_rebuilds.add()
            log.info("snapshot_rebuilt", **rows)
