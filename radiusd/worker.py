"""A worker of radiusd: answers on its sockets from the snapshot, records through its recorder.

Started by the keeper (`radiusd/daemon.py`) with `python -m radiusd.worker`; its successor inherits
number, sockets and spool. When the keeper is killed it goes on until the next one's relieves it.
"""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from chassis.datagrams import DatagramSocket
from chassis.health import Health
from chassis.lifecycle import Context
from chassis.log import get_logger
from chassis.main import run
from chassis.metrics import share
from chassis.sealing import KeyRing
from database.connect import Database, Role
from isp.errors import ExitCode, Refused
from radius.packet import Code
from radiusd import layout, metrics
from radiusd.accounting_desk import AccountingDesk, Acknowledgement
from radiusd.answering import AccessDesk
from radiusd.attempts import Attempts
from radiusd.config import RadiusdSettings
from radiusd.delay import DelayedReplies
from radiusd.fast_path import FastPath
from radiusd.intake import Intake, Moment
from radiusd.link import Link, SnapshotBroken, Standing
from radiusd.nas_loading import load_nas_table
from radiusd.nas_table import NasTable
from radiusd.placement import Placement
from radiusd.ports import ACCESS_CODES, ACCOUNTING_CODES, AccessPort, AccountingPort, Port
from radiusd.recorder import Recorder
from radiusd.relief import ORPHAN_SECONDS_MAX, Relief, relieve
from radiusd.reporting import Reporting
from radiusd.settlement import LeaseDesk, Settlement
from radiusd.snapshot import BROKEN, Snapshot, SnapshotUnusableError
from radiusd.sockets import ACCT, AUTH, socket_name
from radiusd.spool import Spool
from radiusd.status_server import StatusServer
from radiusd.store.leases import LeaseStore
from radiusd.store.slots import slot_taker
from radiusd.tally import Tally
from radiusd.tools import Tools

__all__ = ["Worker", "main"]

REPORT_SECONDS = 1.0

COLLECT_AFTER_ALLOCATIONS = 50_000
"""Requests make no cycles; Python's own 700 would look for some every few milliseconds."""

log = get_logger("worker")


class Worker:
    """One process of radiusd that answers."""

    def __init__(self, settings: RadiusdSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._placement = Placement.of()
        self._database = Database(settings.database, Role.RADIUSD)
        self._delayed = DelayedReplies(settings.radiusd.reject_delay_seconds)
        self._attempts, self._tally = Attempts(), Tally()
        self._database_present = False
        self._sockets: dict[str, socket.socket] = {}
        self._ports: list[Port] = []
        self._fast_paths: list[FastPath] = []
        self._nas_table = NasTable(())
        self._network_generation: bytes | None = None

    async def start(self) -> None:
        """Open the snapshot and begin to answer. Raises Refused, or `SnapshotUnusableError`."""
        data = self._settings.database.data
        share(layout.metrics_directory(data), str(self._placement.number))
        self._keys = KeyRing.load(self._settings.database.key_ring)
        self._link = Link(socket.socket(fileno=self._placement.link))
        self._snapshot = self._open_snapshot()
        relief_socket = layout.relief_socket(data, self._placement.number)
        await self._relieve_predecessor(relief_socket)
        self._reporting = Reporting(self._link, self._attempts, self._tally)
        self._recorder: Recorder[Acknowledgement] = Recorder(
            self._database.raw,
            Spool(layout.spool_file(data, self._placement.number)),
            AccountingDesk.acknowledge,
            AccountingDesk.abandon,
        )
        self._recording = asyncio.ensure_future(self._recorder.run())
        self._recording.add_done_callback(self._recording_ended)
        self._open_ports(self._tools())
        self._relief = Relief(relief_socket, self._sockets, stop_this_process)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._link.end, self._hear)
        for port in self._ports:
            loop.add_reader(port.datagrams, self._answer_waiting, port)
        self._context.tasks.every(REPORT_SECONDS, "report", self._report)
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER_ALLOCATIONS, 20, 100)

    async def reload(self, settings: RadiusdSettings) -> None:
        """What a worker has of the settings needs a restart, but for its logs (the chassis's)."""

    async def drain(self) -> None:
        """Answer what was taken; what is still in the sockets is the successor's."""
        loop = asyncio.get_running_loop()
        for port in self._ports:
            loop.remove_reader(port.datagrams)
        self._delayed.send_all()
        for port in self._ports:
            await port.drain()
        self._recording.remove_done_callback(self._recording_ended)
        self._recorder.stop()
        await self._recording
        self._reporting.report_all()
        loop.remove_reader(self._link.end)
        await self._database.close()
        self._snapshot.close()
        self._relief.close()

    def health(self) -> Health:
        """The keeper answers for its workers."""
        return Health(status=f"worker {self._placement.number}")

    def _tools(self) -> Tools:
        placement, clock = self._placement, self._context.clock
        store = LeaseStore(self._database, placement.number / placement.workers)
        settlement = Settlement(LeaseDesk(store, clock), slot_taker(self._database, clock))
        return Tools(
            clock=clock,
            attempts=self._attempts,
            tally=self._tally,
            open_sealed=self._keys.open,
            settle=settlement.settle,
            database_present=lambda: self._database_present,
            on_internal_error=self._internal_error,
        )

    def _open_ports(self, tools: Tools) -> None:
        for index, descriptor in enumerate(self._placement.auth):
            datagrams = self._opened(AUTH, index, descriptor)
            intake = Intake(ACCESS_CODES, self._tally, lambda: self._nas_table)
            fast_path = FastPath(intake, tools)
            self._fast_paths.append(fast_path)
            desk = AccessDesk(intake, tools, self._delayed, sender(datagrams))
            status = StatusServer(Code.ACCESS_ACCEPT, self._able, self._tally)
            self._ports.append(
                AccessPort(
                    datagrams,
                    intake,
                    status,
                    tools.on_internal_error,
                    fast_path=fast_path,
                    desk=desk,
                )
            )
        for index, descriptor in enumerate(self._placement.acct):
            datagrams = self._opened(ACCT, index, descriptor)
            intake = Intake(ACCOUNTING_CODES, self._tally, lambda: self._nas_table)
            accounting = AccountingDesk(intake, tools, self._recorder.submit, datagrams.send_batch)
            status = StatusServer(Code.ACCOUNTING_RESPONSE, self._able, self._tally)
            self._ports.append(
                AccountingPort(datagrams, intake, status, tools.on_internal_error, desk=accounting)
            )

    def _opened(self, role: str, address: int, descriptor: int) -> DatagramSocket:
        bound = socket.socket(fileno=descriptor)
        self._sockets[socket_name(role, address, self._placement.number)] = bound
        return DatagramSocket(bound)

    def _answer_waiting(self, port: Port) -> None:
        """One batch, then the loop's other business: no socket starves another."""
        batch = port.datagrams.receive_batch()
        if not batch:
            return
        clock = self._context.clock
        now = clock.now()
        moment = Moment(now, now.timestamp(), clock.monotonic())
        try:
            with self._snapshot.reading() as reading:
                generation = reading.network_generation()
                if generation != self._network_generation:
                    self._use_network(load_nas_table(reading, self._keys.open), generation)
                port.answer_batch(batch, reading, moment)
        except BROKEN as error:
            self._snapshot_broken(error)

    def _use_network(self, nas_table: NasTable, generation: bytes) -> None:
        self._nas_table, self._network_generation = nas_table, generation
        for fast_path in self._fast_paths:
            fast_path.use(nas_table)

    def _able(self) -> bool:
        """Whether a NAS should be sent here: accounting can be kept, with or without Postgres."""
        return not self._recording.done()

    async def _report(self) -> None:
        self._reporting.report()
        if not self._snapshot.is_current():
            self._snapshot.close()
            self._snapshot = self._open_snapshot()
            self._network_generation = None

    def _open_snapshot(self) -> Snapshot:
        """Raises `SnapshotUnusableError`, after which the keeper makes another one."""
        try:
            return Snapshot.open(layout.snapshot_directory(self._settings.database.data))
        except SnapshotUnusableError as error:
            self._snapshot_broken(error)
            raise

    def _snapshot_broken(self, error: Exception) -> None:
        """What this process has mapped is not to be trusted; a successor maps it anew."""
        self._link.send(SnapshotBroken())
        self._context.fail(f"the snapshot cannot be read: {error}")

    def _hear(self) -> None:
        for message in self._link.receive(self._keeper_ended):
            if isinstance(message, Standing):
                self._database_present = message.database_present

    async def _relieve_predecessor(self, relief_socket: Path) -> None:
        """Take over from a worker that a killed keeper left; without a keeper, leave it alone."""
        if self._link.ended():
            raise Refused(
                "the keeper is gone",
                remedy="the next one starts workers of its own",
                exit_code=ExitCode.TRY_AGAIN,
            )
        if await asyncio.to_thread(relieve, relief_socket):
            log.info("predecessor_relieved")

    def _keeper_ended(self) -> None:
        """Logins do not need it. Strangers are not refused now: nobody follows the database."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._link.end)
        self._database_present = False
        log.warning("keeper_gone", goes_on_seconds_max=ORPHAN_SECONDS_MAX)
        self._relief.begin()
        loop.call_later(ORPHAN_SECONDS_MAX, self._context.fail, "no keeper has come back")

    def _recording_ended(self, recording: asyncio.Task[None]) -> None:
        problem = "cancelled" if recording.cancelled() else repr(recording.exception())
        self._context.fail(f"the recorder ended: {problem}")

    def _internal_error(self, error: Exception) -> None:
        if isinstance(error, BROKEN):
            self._snapshot_broken(error)
        metrics.internal_errors.add()
        log.error("datagram_lost", exc_info=error)


def sender(datagrams: DatagramSocket) -> Callable[[bytes, bytes], None]:
    """Sends one reply that comes later than its batch."""

    def send(reply: bytes, peer: bytes) -> None:
        datagrams.send_batch([(reply, peer)])

    return send


def stop_this_process() -> None:
    """As whoever stops a daemon does."""
    signal.raise_signal(signal.SIGTERM)


def main() -> NoReturn:
    """The worker's process."""
    run("radiusd", RadiusdSettings, Worker, health_server=False)


if __name__ == "__main__":
    main()
