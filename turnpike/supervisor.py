"""The whole suite in the foreground: the database, then every daemon, until it is told to stop."""

import asyncio
import fcntl
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chassis.clock import SystemClock
from chassis.config import DAEMONS, ENVIRONMENT_PREFIX, Settings
from chassis.processes import Processes, Program
from chassis.sealing import KeyRing
from database.provision import prepare, serving
from isp.errors import ExitCode, Refused
from turnpike.rooms import daemons

__all__ = ["READY_SECONDS_MAX", "Companions", "supervise"]

READY_SECONDS_MAX: Final = 90
"""A snapshot of a hundred thousand services is built in a few seconds, on a slow disk in tens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Companions:
    """What runs besides the daemons: what they look for, and what looks for them."""

    beside: tuple[Program, ...] = ()
    after: tuple[Program, ...] = ()


ALONE: Final = Companions()


async def supervise(
    settings: Settings,
    *,
    config_file: Path | None,
    say: Callable[[str], None],
    companions: Callable[[Settings], Awaitable[Companions]] | None = None,
) -> ExitCode:
    """Run everything until SIGINT or SIGTERM; leaves no process behind.

    `say` is given what a person should know, at last `ready`; `companions` is awaited when the
    database is there.
    """
    stopped = asyncio.Event()
    given_up: list[str] = []

    def give_up(name: str, exit_code: int) -> None:
        given_up.append(f"{name} does not start (exit {exit_code}); its last lines say why")
        stopped.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with serving(settings.database):
        with _only_suite(settings.database.data):
            await prepare(settings.database, today=SystemClock().now().date())
            KeyRing.load_or_create(settings.database.key_ring)
            others = await companions(settings) if companions is not None else ALONE
            programs = [_daemon(name, settings, config_file) for name in daemons()]
            processes = Processes(output=say, on_given_up=give_up)
            try:
                for group in ((*programs, *others.beside), others.after):
                    for program in group:
                        processes.start(program)
                    late = await _not_ready(processes, stopped)
                    if late:
                        given_up.append(f"not ready after {READY_SECONDS_MAX} s: {', '.join(late)}")
                        stopped.set()
                if not stopped.is_set():
                    for line in (*where_everything_listens(settings), "ready"):
                        say(line)
                await stopped.wait()
            finally:
                await processes.stop()
    for reason in given_up:
        say(reason)
    return ExitCode.FAILED if given_up else ExitCode.OK


@contextmanager
def _only_suite(data: Path) -> Iterator[None]:
    """The lock of the one suite of a data directory; it falls with the process."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"another suite runs on {data}",
                remedy="stop it first, or give this one a data directory of its own with --data",
                exit_code=ExitCode.TRY_AGAIN,
            ) from None
        yield


async def _not_ready(processes: Processes, stopped: asyncio.Event) -> tuple[str, ...]:
    """Wait until everything that was started is ready, or until it is stopped; who is late."""
    waiting = asyncio.ensure_future(processes.wait_ready(seconds_max=READY_SECONDS_MAX))
    stopping = asyncio.ensure_future(stopped.wait())
    await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
    late = waiting.result() if waiting.done() else ()
    for task in (waiting, stopping):
        task.cancel()
    await asyncio.gather(waiting, stopping, return_exceptions=True)
    return late


def _url(address: str, port: int) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{port}/"


def where_everything_listens(settings: Settings) -> list[str]:
    """A line for each door, as configured; port 0 is told by the daemon's own log."""
    lines = []
    radiusd, webui = getattr(settings, "radiusd", None), getattr(settings, "webui", None)
    if radiusd is not None:
        addresses = ", ".join(str(each) for each in radiusd.addresses)
        lines.append(
            f"RADIUS on {addresses}: authentication {radiusd.auth_port}, "
            f"accounting {radiusd.acct_port}"
        )
    if webui is not None and webui.port:
        lines.append(f"web pages on {_url(webui.address, webui.port)}")
    chassis = settings.chassis
    if chassis.health_port_base:
        ports = (f"{name} {chassis.health_port_base + DAEMONS.index(name)}" for name in daemons())
        lines.append(
            f"health and metrics over HTTP on {chassis.health_address}: {', '.join(ports)}"
        )
    server = "database.url" if settings.database.url else "the embedded server"
    lines.append(f"database: {server}, data in {settings.database.data}")
    return lines


def _daemon(name: str, settings: Settings, config_file: Path | None) -> Program:
    """A daemon as systemd would start it; the data directory wins over its own configuration."""
    words = ("--config", str(config_file)) if config_file else ()
    environment = {f"{ENVIRONMENT_PREFIX}DATABASE__DATA": str(settings.database.data)}
    if sys.stdout.isatty():
        environment[f"{ENVIRONMENT_PREFIX}CHASSIS__LOG_FORMAT"] = "columns"
    return Program(name=name, command=(sys.executable, "-m", name, *words), environment=environment)
