"""The keeper of radiusd: binds the sockets, keeps the workers alive, the snapshot current and the
accounting rolled up, and records what the workers answered. Logins never wait for it.
"""

import asyncio
import fcntl
import os
from datetime import timedelta
from typing import Final

from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.log import get_logger
from chassis.metrics import share
from chassis.sealing import KeyRing
from database.connect import Database, Role
from database.daemon_report import DaemonReport
from database.version import require_schema_version
from isp.errors import ExitCode, Refused
from radiusd import layout, metrics
from radiusd.config import RadiusdSettings
from radiusd.following import Following
from radiusd.kernel import dropped_by_kernel
from radiusd.link import Standing
from radiusd.records import Records
from radiusd.relief import former_sockets, relieve
from radiusd.roller import Roller
from radiusd.snapshot import SnapshotUnusableError
from radiusd.snapshot_writer import SnapshotWriter
from radiusd.sockets import claim_ports, open_sockets
from radiusd.store.following import FollowedTables
from radiusd.store.journal import Journal
from radiusd.store.leases import record_last_use
from radiusd.store.upkeep import keep_partitions
from radiusd.worker_settings import WorkerSettings
from radiusd.workers import Workers

__all__ = ["Radiusd"]

WRITE_SECONDS: Final = 1.0
TELL_SECONDS: Final = 1.0
KERNEL_SECONDS: Final = 5.0
LAST_USE_SECONDS: Final = 60.0
PARTITIONS_SECONDS: Final = 3600.0
"""Partitions stand two weeks ahead; an hour is for the day that a database is restored."""

FIRST_READING_SECONDS: Final = 0.5
"""Between attempts to read the database for the first time."""

LAST_WORDS_SECONDS: Final = 5.0
"""For recording what was answered last, when stopping."""

log = get_logger("keeper")


class Radiusd:
    """The keeper."""

    def __init__(self, settings: RadiusdSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._database = Database(settings.database, Role.RADIUSD)
        self._worker_settings = WorkerSettings()
        self._records = Records(Journal(self._database), context.clock)
        self._roller = Roller(self._database, context.clock)
        self._last_use_until = context.clock.now() - timedelta(days=1)
        self._workers: Workers | None = None
        self._following: Following | None = None
        self._report = DaemonReport(self._database, context, self.health)

    async def start(self) -> None:
        """Bind, have a snapshot, have workers. Raises Refused."""
        config, data = self._settings.radiusd, self._settings.database.data
        self._lock = _only_keeper(data)
        self._claims = claim_ports(config)
        share(layout.metrics_directory(data), "keeper", first=True)
        KeyRing.load_or_create(self._settings.database.key_ring)
        orphans = [layout.relief_socket(data, number) for number in range(config.worker_count)]
        self._sockets = open_sockets(config, former_sockets(orphans))
        self._writer = SnapshotWriter(layout.snapshot_directory(data))
        self._worker_settings.write(self._settings)
        self._following = following = Following(
            FollowedTables(self._database), self._writer, self._context.clock, self._tell
        )
        self._workers = workers = Workers(
            self._sockets,
            self._worker_settings,
            on_report=self._records.add,
            on_broken=following.doubt,
            on_given_up=self._worker_given_up,
        )
        try:
            await self._have_snapshot(following)
            if following.present:
                await require_schema_version(self._database)
            await _started(workers)
        except asyncio.CancelledError:  # told to stop: nobody is left answering
            await asyncio.gather(*(asyncio.to_thread(relieve, path) for path in orphans))
            raise
        self._begin_tasks(following)
        for sockets in self._sockets[:1]:
            for each in (*sockets.auth, *sockets.acct):
                host, port = each.getsockname()[:2]
                log.info("listening", address=host, port=port)

    async def reload(self, settings: RadiusdSettings) -> None:
        """Successors of workers start with the new settings; `[radiusd]` itself needs a restart."""
        self._worker_settings.write(settings)
        self._settings = settings

    async def drain(self) -> None:
        """Workers first, then what they reported."""
        if self._workers is not None:
            await self._workers.stop()
        await self._context.tasks.stop()
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._records.write()
                await self._report.farewell()
        except TimeoutError:
            log.warning("last_attempts_not_recorded")
        await self._database.close()
        self._writer.close()
        self._worker_settings.close()
        for claim in self._claims:
            claim.close()
        os.close(self._lock)

    def health(self) -> Health:
        """Ready while every worker runs; the database is wanted, not needed."""
        running = 0 if self._workers is None else len(self._workers.pids())
        wanted = self._settings.radiusd.worker_count
        present = self._following is not None and self._following.present
        checks = (
            Check(name="workers", ok=running == wanted, detail=f"{running} of {wanted}"),
            Check(name="database", ok=present, detail="" if present else "away", needed=False),
        )
        state = "" if present else ", database away: answering from the snapshot"
        figures = {
            "spooled_records": int(metrics.accounting_spool.now()),
            "snapshot_age_seconds": round(self._snapshot_age_seconds(), 1),
            "rolling_lag_seconds": round(self._roller.lag_seconds(), 1),
        }
        status = f"{running} worker{'' if running == 1 else 's'}{state}"
        return Health(checks=checks, status=status, figures=figures)

    def _snapshot_age_seconds(self) -> float:
        return (self._following and self._following.age_seconds()) or 0.0

    async def _have_snapshot(self, following: Following) -> None:
        """Current if the database is there, else the one of last time; without one, wait."""
        while not await following.step():
            try:
                self._writer.snapshot()
            except SnapshotUnusableError:
                await asyncio.sleep(FIRST_READING_SECONDS)
            else:
                log.warning("database_away_snapshot_of_last_time")
                return

    def _begin_tasks(self, following: Following) -> None:
        tasks = self._context.tasks
        tasks.forever("follow", following.run)
        tasks.forever("roll", self._roller.run)
        tasks.every(WRITE_SECONDS, "record_attempts", self._records.write)
        tasks.every(TELL_SECONDS, "tell_workers", self._tell_again)
        tasks.every(KERNEL_SECONDS, "count_kernel_drops", self._count_kernel_drops)
        tasks.every(PARTITIONS_SECONDS, "keep_partitions", self._keep_partitions)
        tasks.every(LAST_USE_SECONDS, "record_last_use", self._record_last_use)
        self._report.begin()

    def _tell(self, present: bool) -> None:
        if self._workers is not None:
            self._workers.tell(Standing(database_present=present))

    async def _tell_again(self) -> None:
        self._tell(self._following is not None and self._following.present)

    async def _keep_partitions(self) -> None:
        await keep_partitions(self._database, self._context.clock.now().date())

    async def _record_last_use(self) -> None:
        until = self._context.clock.now()
        await record_last_use(self._database, self._last_use_until, until)
        self._last_use_until = until

    async def _count_kernel_drops(self) -> None:
        inodes = {
            os.fstat(each.fileno()).st_ino
            for sockets in self._sockets
            for each in (*sockets.auth, *sockets.acct)
        }
        metrics.kernel_drops.set(dropped_by_kernel(inodes))

    def _worker_given_up(self, name: str, exit_code: int) -> None:
        self._context.fail(f"{name} ended with {exit_code}, which no restart can better")


async def _started(workers: Workers) -> None:
    """Start them all. They would outlive a keeper that does not get ready."""
    late: tuple[str, ...] = ("nobody",)
    try:
        late = await workers.start()
    finally:
        if late:
            await workers.stop()
    if late:
        raise Refused(
            f"{', '.join(late)} did not become ready",
            remedy="see their lines in the log",
            exit_code=ExitCode.UNAVAILABLE,
        )


def _only_keeper(data: os.PathLike[str]) -> int:
    """The lock of the one keeper of a data directory; it falls with the process."""
    path = layout.keeper_lock(data)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Refused(
            f"another radiusd runs on {data}",
            remedy="stop it first, or give this one a data directory of its own",
            exit_code=ExitCode.TRY_AGAIN,
        ) from None
    return descriptor
