"""The life of a daemon: start, say so, reload, drain, stop."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, assert_never

from chassis import systemd
from chassis.clock import Clock
from chassis.config import DAEMONS, Settings, changed_keys
from chassis.config_file import BadConfiguration, Loaded
from chassis.health import Check, Health, HealthServer
from chassis.log import configure_logging, get_logger
from chassis.metrics import counter, flush, gauge
from chassis.periodic import Tasks
from isp.errors import ExitCode, Refused

__all__ = ["DRAIN_SECONDS_MAX", "Build", "Context", "Daemon", "Lifecycle"]

DRAIN_SECONDS_MAX: Final = 25.0
"""Under systemd's TimeoutStopSec=30 of our units, so that we report before we are killed."""

STATUS_SECONDS: Final = 5.0
FLUSH_SECONDS: Final = 1.0

build_info = gauge("turnpike_build_info", "Always 1.", ("daemon", "version"), across="max")
reload_failed = gauge(
    "turnpike_config_reload_failed", "1 while the newest configuration is refused.", across="max"
)
reloads = counter(
    "turnpike_config_reloads_total",
    "Reloads by outcome.",
    ("outcome",),
    initial=(("ok",), ("failed",)),
)

S = TypeVar("S", bound=Settings)
S_contra = TypeVar("S_contra", bound=Settings, contravariant=True)


class Daemon(Protocol[S_contra]):
    """What a daemon room provides."""

    async def start(self) -> None:
        """Bind, connect, load; on return the daemon does its job. Raises Refused."""
        ...

    async def reload(self, settings: S_contra) -> None:
        """Take over new settings, or raise Refused and keep the old ones whole."""
        ...

    async def drain(self) -> None:
        """Stop taking work in, finish what was taken, let go of everything."""
        ...

    def health(self) -> Health:
        """How it is now; cheap, no I/O."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What the chassis gives a daemon. `fail(problem)` stops the daemon with exit code 1."""

    name: str
    version: str
    clock: Clock
    tasks: Tasks
    fail: Callable[[str], None]


Build: TypeAlias = Callable[[S, Context], Daemon[S]]
"""Makes the daemon, inside the event loop, doing no I/O."""


class _Wake(Enum):
    STOP = auto()
    RELOAD = auto()
    FAIL = auto()


class Lifecycle(Generic[S]):
    """Runs one daemon from start to exit code."""

    def __init__(
        self,
        *,
        name: str,
        version: str,
        settings: S,
        reread: Callable[[], Loaded[S]],
        build: Build[S],
        clock: Clock,
        health_server: bool,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._name, self._version = name, version
        self._reread, self._build = reread, build
        self._with_health_server = health_server
        self._log = get_logger(name)

    async def serve(self) -> ExitCode:
        """Start, run until stopped, drain. Raises Refused, or whatever starting raised."""
        self._wakes: asyncio.Queue[_Wake] = asyncio.Queue()
        self._tasks = Tasks()
        self._watch_signals()
        self._daemon = self._build(
            self.settings,
            Context(
                name=self._name,
                version=self._version,
                clock=self.clock,
                tasks=self._tasks,
                fail=self._fail,
            ),
        )
        server = HealthServer(self._health)
        try:
            if not await self._started():
                return ExitCode.OK
            port = await self._open_health(server)
            self._start_housekeeping()
            systemd.notify(READY=1, STATUS=self._health().status or "running")
            self._log.info("daemon_started", version=self._version, health_port=port)
            exit_code = await self._until_stop()
            return await self._drained(exit_code)
        finally:
            await self._tasks.stop()
            await server.close()
            flush()

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, wake in (
            (signal.SIGTERM, _Wake.STOP),
            (signal.SIGINT, _Wake.STOP),
            (signal.SIGHUP, _Wake.RELOAD),
        ):
            loop.add_signal_handler(number, self._wakes.put_nowait, wake)

    def _fail(self, problem: str) -> None:
        self._log.error("daemon_failed", problem=problem)
        self._wakes.put_nowait(_Wake.FAIL)

    async def _started(self) -> bool:
        """Whether it started; False when it was told to stop meanwhile."""
        starting = asyncio.ensure_future(self._daemon.start())
        stopping = asyncio.ensure_future(self._stop_asked())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if starting.done():
            starting.result()
            return True
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        self._log.info("daemon_stopped_while_starting")
        return False

    async def _stop_asked(self) -> None:
        """Reloads wait: the configuration has just been read."""
        while await self._wakes.get() is _Wake.RELOAD:
            self._log.info("reload_ignored_while_starting")

    async def _open_health(self, server: HealthServer) -> int | None:
        if not self._with_health_server:
            return None
        chassis = self.settings.chassis
        port = chassis.health_port_base and chassis.health_port_base + DAEMONS.index(self._name)
        try:
            return await server.start(chassis.health_address, port)
        except OSError as error:
            raise Refused(
                f"cannot serve health on {chassis.health_address}:{port} ({error.strerror})",
                remedy="free the port, or set health_port_base in [chassis]",
                exit_code=ExitCode.UNAVAILABLE,
            ) from None

    def _start_housekeeping(self) -> None:
        build_info.set(1, self._name, self._version)
        reload_failed.set(0)
        self._tasks.every(FLUSH_SECONDS, "flush_metrics", self._flush)
        self._tasks.every(STATUS_SECONDS, "report_status", self._report_status)
        interval = systemd.watchdog_interval_seconds()
        if interval is not None and self.settings.chassis.watchdog:
            self._tasks.every(interval, "feed_watchdog", self._feed_watchdog)

    async def _flush(self) -> None:
        flush()

    async def _report_status(self) -> None:
        systemd.notify(STATUS=self._health().status)

    async def _feed_watchdog(self) -> None:
        """Only when every loop has turned; that this one turns is part of the proof."""
        if self._health().live:
            systemd.notify(WATCHDOG=1)

    def _health(self) -> Health:
        failing, stuck = self._tasks.failing(), self._tasks.stuck()
        own = self._daemon.health()
        background = (
            Check(name="tasks", ok=not failing, detail=", ".join(failing), needed=False),
            Check(name="tasks_turn", ok=not stuck, detail=", ".join(stuck), vital=True),
        )
        return Health(checks=own.checks + background, status=own.status)

    async def _until_stop(self) -> ExitCode:
        while True:
            wake = await self._wakes.get()
            match wake:
                case _Wake.STOP:
                    return ExitCode.OK
                case _Wake.FAIL:
                    return ExitCode.FAILED
                case _Wake.RELOAD:
                    await self._reload()
                case _:
                    assert_never(wake)

    async def _reload(self) -> None:
        """Take over the file, or keep what is in force: the last resort of every reload."""
        microseconds = int(self.clock.monotonic() * 1_000_000)
        systemd.notify(RELOADING=1, MONOTONIC_USEC=microseconds)
        try:
            new = self._reread().settings
            await self._daemon.reload(new)
        except BadConfiguration as bad:
            self._reload_refused(faults=[str(fault) for fault in bad.faults])
        except Refused as refused:
            self._reload_refused(problem=str(refused))
        except Exception as error:
            self._reload_refused(problem="unexpected", exc_info=error)
        else:
            self._take_over(new)
        systemd.notify(READY=1, STATUS=self._health().status)

    def _reload_refused(self, **fields: Any) -> None:
        reload_failed.set(1)
        reloads.add("failed")
        self._log.error("config_reload_failed", **fields)

    def _take_over(self, new: S) -> None:
        changes = list(changed_keys(self.settings, new))
        chassis = new.chassis
        configure_logging(level=chassis.log_level, style=chassis.log_format, clock=self.clock)
        self.settings = new
        reload_failed.set(0)
        reloads.add("ok")
        self._log.info("config_reloaded", changed=[key for key, _ in changes])
        if waiting := [key for key, needs_restart in changes if needs_restart]:
            self._log.warning("config_needs_restart", keys=waiting)

    async def _drained(self, exit_code: ExitCode) -> ExitCode:
        """Drain within the bound; a second signal, or the bound, ends it."""
        systemd.notify(STOPPING=1)
        self._log.info("daemon_draining")
        draining = asyncio.ensure_future(self._daemon.drain())
        hurrying = asyncio.ensure_future(self._stop_asked())
        await asyncio.wait(
            (draining, hurrying), timeout=DRAIN_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED
        )
        hurrying.cancel()
        if not draining.done():
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)
            self._log.error("drain_abandoned", seconds_max=DRAIN_SECONDS_MAX)
            return ExitCode.FAILED
        draining.result()
        self._log.info("daemon_stopped")
        return exit_code
