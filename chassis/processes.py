"""Child processes: started, kept alive, told to stop, never left behind.

For `turnpike up`, which runs every daemon, and for radiusd's keeper, which runs its workers.

    processes = Processes(output=print)
    processes.start(Program(name="coa", command=(sys.executable, "-m", "coa")))
    late = await processes.wait_ready(seconds_max=60)
    ...
    await processes.stop()
"""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from chassis.log import get_logger
from chassis.readiness import Readiness
from isp.errors import ExitCode

__all__ = ["Processes", "Program"]

STOP_SECONDS_MAX: Final = 28.0
"""Longer than a daemon's own drain (25 s), shorter than systemd's patience with us (30 s)."""

RELAY_SECONDS_MAX: Final = 1.0
"""What a stopped process has written is in the pipe; a grandchild that holds it is not ours."""

RESTART_SECONDS_MIN: Final = 0.1
RESTART_SECONDS_MAX: Final = 10.0
"""A worker that was ready is back at once, however often it is killed; one that dies of its start
costs no processor."""

LINE_OCTETS_MAX: Final = 65536
RESTART_CANNOT_HELP: Final = frozenset({ExitCode.USAGE, ExitCode.CONFIGURATION})
PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What to run. Its output is passed on line by line, unless `inherits_output`.

    It is told to stop when its parent dies, unless it `outlives_parent` and notices by itself.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()
    inherits_output: bool = False
    outlives_parent: bool = False


class Processes:
    """A set of child processes, each restarted when it ends unasked.

    `output` is given each line of theirs, prefixed by the name. `on_given_up(name, exit_code)` is
    called when one ends with an exit code that no restart can better (64, 78), `on_standing(names)`
    with the ones that are ready, whenever one has become ready or has ended.
    """

    def __init__(
        self,
        *,
        output: Callable[[str], object] = print,
        on_given_up: Callable[[str, int], object] | None = None,
        on_standing: Callable[[frozenset[str]], object] = lambda _: None,
    ) -> None:
        self._output = output
        self._on_given_up = on_given_up
        self._on_standing = on_standing
        self._kept: dict[str, _Kept] = {}
        self._readiness = Readiness(self._tell_standing)
        self._log = get_logger("processes")

    def start(self, program: Program) -> None:
        """Run `program` until stopped."""
        if program.name in self._kept:
            raise ValueError(f"{program.name} is running already")
        self._readiness.expect(program.name)
        kept = _Kept(program)
        self._kept[program.name] = kept
        kept.keeper = asyncio.ensure_future(self._keep(kept))

    def pids(self) -> dict[str, int]:
        """The process ids of what runs now, by name."""
        return {
            name: kept.process.pid for name, kept in self._kept.items() if kept.process is not None
        }

    async def wait_ready(self, *, seconds_max: float) -> tuple[str, ...]:
        """Wait until each has said READY (sd_notify); the names of those that did not in time."""
        return await self._readiness.wait(seconds_max)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGHUP, to each."""
        for kept in self._kept.values():
            if kept.process is not None:
                with suppress(ProcessLookupError):
                    kept.process.send_signal(number)

    async def stop(self, *names: str) -> None:
        """Stop these, or all: SIGTERM, then SIGKILL to what is left of their process groups."""
        await asyncio.gather(*(self._stop(name) for name in names or tuple(self._kept)))

    async def _stop(self, name: str) -> None:
        kept = self._kept[name]
        kept.stopping.set()
        self._terminate(kept)
        done, _ = await asyncio.wait((kept.keeper,), timeout=STOP_SECONDS_MAX)
        if not done and kept.process is not None:
            self._log.error("process_killed", process=name, seconds_max=STOP_SECONDS_MAX)
            _kill_group(kept.process.pid)
        await kept.keeper
        if relays := tuple(kept.relays):
            _, unfinished = await asyncio.wait(relays, timeout=RELAY_SECONDS_MAX)
            for relay in unfinished:
                relay.cancel()
        del self._kept[name]
        self._readiness.forget(name)

    async def _keep(self, kept: "_Kept") -> None:
        program = kept.program
        pause = RESTART_SECONDS_MIN
        while not kept.stopping.is_set():
            self._readiness.begin(program.name)
            exit_code = await self._run_once(kept)
            if kept.stopping.is_set():
                return
            if exit_code in RESTART_CANNOT_HELP:
                self._log.error("process_given_up", process=program.name, exit_code=exit_code)
                if self._on_given_up is not None:
                    self._on_given_up(program.name, exit_code)
                return
            if self._readiness.is_ready(program.name):
                pause = RESTART_SECONDS_MIN
            self._log.warning(
                "process_ended", process=program.name, exit_code=exit_code, restart_seconds=pause
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(kept.stopping.wait(), pause)
            pause = min(pause * 2, RESTART_SECONDS_MAX)

    async def _run_once(self, kept: "_Kept") -> int:
        """Start it, pass its output on until it ends; the exit code (negative: the signal)."""
        program = kept.program
        # A pipe of our own: asyncio's would have us wait for grandchildren that still hold it.
        read_end, write_end = (None, None) if program.inherits_output else os.pipe()
        parent = os.getpid()
        kept.process = process = await asyncio.create_subprocess_exec(
            *program.command,
            env={**os.environ, **program.environment, **self._readiness.environment(program.name)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=write_end,
            stderr=None if write_end is None else asyncio.subprocess.STDOUT,
            pass_fds=program.descriptors,
            start_new_session=True,
            preexec_fn=None if program.outlives_parent else lambda: _die_with(parent),
        )
        if kept.stopping.is_set():
            self._terminate(kept)
        if read_end is not None and write_end is not None:
            os.close(write_end)
            relay = asyncio.ensure_future(self._relay(program.name, read_end))
            kept.relays.add(relay)
            relay.add_done_callback(kept.relays.discard)
        exit_code = await process.wait()
        kept.process = None
        self._tell_standing()
        _kill_group(process.pid)
        return exit_code

    def _tell_standing(self) -> None:
        self._on_standing(frozenset(filter(self._readiness.is_ready, self.pids())))

    def _terminate(self, kept: "_Kept") -> None:
        if kept.process is not None:
            with suppress(ProcessLookupError):
                kept.process.terminate()

    async def _relay(self, name: str, descriptor: int) -> None:
        """Whole lines, or what a line has grown to when it knows no end."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(descriptor, "rb", buffering=0)
        )
        rest = b""
        try:
            while read := await stream.read(LINE_OCTETS_MAX):
                *lines, rest = (rest + read).split(b"\n")
                if len(rest) >= LINE_OCTETS_MAX:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._output(f"{name} | {line.decode('utf-8', 'backslashreplace')}")
        finally:
            transport.close()
        if rest:
            self._output(f"{name} | {rest.decode('utf-8', 'backslashreplace')}")


class _Kept:
    """One program and what runs of it."""

    keeper: asyncio.Task[None]

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: asyncio.subprocess.Process | None = None
        self.stopping = asyncio.Event()
        self.relays: set[asyncio.Task[None]] = set()


_libc = ctypes.CDLL(None)


def _die_with(parent: int) -> None:
    """In the child: SIGTERM when the parent dies, however it dies; none if it has died already."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(ExitCode.FAILED)


def _kill_group(pid: int) -> None:
    """What a process that ended left behind in its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
