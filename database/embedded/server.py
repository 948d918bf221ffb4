"""One embedded server per data directory: started or adopted, supervised, stopped by its last user.

Every user (`turnpike up`, one command) holds a shared lock on the file `in-use`; whoever leaves and
then gets it exclusively was the last, and stops the server. Locks go with their process, so a
killed user blocks nobody; a server that it left running is adopted by the next one.
"""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from chassis.log import get_logger
from database.embedded.account import Account, server_account
from database.embedded.binaries import Binaries, wheel_binaries
from database.embedded.locks import FileLock
from database.embedded.places import Places
from database.embedded.postmaster import exited, postmaster_is_ready, running_postmaster
from database.embedded.settings import settings_text
from database.passwords import PASSWORD_FILE, PasswordFile
from database.roles import ADMIN_NAME
from isp.errors import ExitCode, Refused

__all__ = ["EmbeddedServer"]

START_SECONDS_MAX: Final = 600.0
"""Crash recovery of a full WAL takes minutes on a slow disk; pg_ctl's 60 s has failed people."""

SPAWN_SECONDS_MAX: Final = 60.0
"""A killed postmaster's children hold its shared memory until they notice: try again until then."""

RESTART_PAUSE_SECONDS: Final = 2.0
"""Between attempts that failed (a full disk): often enough to be back soon, no busy loop."""

STOP_SECONDS_MAX: Final = 60.0
POLL_SECONDS: Final = 0.05
LOG_OCTETS_SHOWN: Final = 2000
"""The end of the log that a refusal quotes."""

LEFT_TO_OTHERS: Final[list[subprocess.Popen[bytes]]] = []
"""Servers that this process started and others still use; they outlive it."""

log = get_logger("embedded")


class EmbeddedServer:
    """The embedded Postgres of one data directory, as one user of it sees it."""

    def __init__(
        self,
        data: Path,
        *,
        account: Account | None = None,
        binaries: Binaries | None = None,
        durable: bool = True,
    ) -> None:
        self.places = Places(data)
        self.restarts = 0
        self._account = account
        self._binaries = binaries
        self._durable = durable
        self._in_use = FileLock(self.places.directory / "in-use")
        self._changing = FileLock(self.places.directory / "changing")
        self._process: subprocess.Popen[bytes] | None = None
        self._postmaster: int | None = None

    async def start(self) -> None:
        """Make it run and accept connections: adopted where it runs already."""
        self._account = self._account or server_account()
        self._make_places(self._account)
        await self._in_use.share()
        try:
            async with self._changing:
                await self._ensure_running()
        except BaseException:
            self._in_use.release()
            raise

    async def supervise(self) -> None:
        """Start it again whenever it dies, until cancelled."""
        while True:
            if self._postmaster is not None:
                await exited(self._postmaster)
                self._reap()
                self.restarts += 1
                log.error("embedded_database_died", pid=self._postmaster, restarts=self.restarts)
            try:
                async with self._changing:
                    await self._ensure_running()
            except Refused as refusal:
                log.error("embedded_database_not_restarted", problem=refusal.problem)
                await asyncio.sleep(RESTART_PAUSE_SECONDS)
            else:
                log.info("embedded_database_restarted", pid=self._postmaster)

    async def stop(self) -> None:
        """Leave it; the last user stops it, and waits until it has."""
        async with self._changing:
            self._in_use.release()
            if self._in_use.try_exclusive():
                await self._halt()
                self._in_use.release()
            elif self._process is not None:
                LEFT_TO_OTHERS.append(self._process)
                self._process = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Started for the body, supervised meanwhile, left at its end."""
        await self.start()
        supervision = asyncio.create_task(self.supervise())
        try:
            yield
        finally:
            supervision.cancel()
            await asyncio.gather(supervision, return_exceptions=True)
            await self.stop()

    async def _ensure_running(self) -> None:
        """Called with `changing` held, so that one process at a time starts or stops."""
        self._postmaster = running_postmaster(self.places.cluster)
        if self._postmaster is None:
            await self._spawn()
        await self._await_ready()

    def _make_places(self, account: Account) -> None:
        directory = self.places.directory
        directory.mkdir(parents=True, exist_ok=True)
        if not account.reaches(directory):
            problem = (
                f"the embedded database runs as `{account.name}`, who cannot enter {directory}"
            )
            raise Refused(
                problem,
                remedy="allow others to traverse the directories above it (chmod o+x), "
                "or choose another data directory with --data",
                exit_code=ExitCode.CONFIGURATION,
            )
        for path in (self.places.sockets, self.places.logs):
            path.mkdir(exist_ok=True)
            account.own(path)

    async def _spawn(self) -> None:
        account = self._account or server_account()
        binaries = self._binaries or wheel_binaries(account, self.places)
        if not self.places.cluster.exists():
            await asyncio.to_thread(self._initialise, account, binaries)
        self._configure()
        deadline = asyncio.get_running_loop().time() + SPAWN_SECONDS_MAX
        while not await self._try_spawn(account, binaries):
            if asyncio.get_running_loop().time() > deadline:
                problem = f"the embedded database does not start: {self._last_words()}"
                raise Refused(
                    problem,
                    remedy=f"see {self.places.logs}",
                    exit_code=ExitCode.UNAVAILABLE,
                )
            await asyncio.sleep(POLL_SECONDS * 4)

    async def _try_spawn(self, account: Account, binaries: Binaries) -> bool:
        """True once the postmaster holds the cluster; False where it gave up at once."""
        self._process = process = self._open_process(account, binaries)
        while process.poll() is None:
            if running_postmaster(self.places.cluster) == process.pid:
                self._postmaster = process.pid
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    def _open_process(self, account: Account, binaries: Binaries) -> subprocess.Popen[bytes]:
        with self.places.start_log.open("wb") as start_log:
            return subprocess.Popen(
                [binaries.program("postgres"), "-D", str(self.places.cluster)],
                stdin=subprocess.DEVNULL,
                stdout=start_log,
                stderr=start_log,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                start_new_session=True,
                umask=0o077,
                **account.process_options(),
            )

    async def _await_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS_MAX
        while not postmaster_is_ready(self.places.cluster, self._postmaster):
            died = running_postmaster(self.places.cluster) != self._postmaster
            if died or asyncio.get_running_loop().time() > deadline:
                problem = f"the embedded database does not become ready: {self._last_words()}"
                raise Refused(
                    problem, remedy=f"see {self.places.logs}", exit_code=ExitCode.UNAVAILABLE
                )
            await asyncio.sleep(POLL_SECONDS)

    def _initialise(self, account: Account, binaries: Binaries) -> None:
        """initdb into a draft that the rename makes the cluster: half of one is never started."""
        passwords = PasswordFile(self.places.data / PASSWORD_FILE)
        passwords.add([ADMIN_NAME])
        draft = self.places.directory / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.own(draft)
        word = self.places.directory / f".word-{secrets.token_hex(8)}"
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"]
            if binaries.major_version() >= 17
            else ["--locale=C.UTF-8"]
        )
        try:
            word.touch(mode=0o600)
            word.write_text(passwords.password(ADMIN_NAME).reveal())
            account.own(word)
            done = subprocess.run(
                [
                    binaries.program("initdb"),
                    *("-D", str(draft), f"--username={ADMIN_NAME}", f"--pwfile={word}"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", *locale),
                    *([] if self._durable else ["--no-sync"]),
                ],
                check=False,
                capture_output=True,
                text=True,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                **account.process_options(),
            )
        finally:
            word.unlink(missing_ok=True)
        if done.returncode != 0:
            problem = f"initdb failed: {done.stderr[-LOG_OCTETS_SHOWN:].strip()}"
            raise Refused(
                problem,
                remedy=f"see that {self.places.directory} is on a disk with room",
                exit_code=ExitCode.UNAVAILABLE,
            )
        with (draft / "postgresql.conf").open("a") as file:
            file.write(f"\ninclude '../{self.places.settings.name}'\n")
        draft.rename(self.places.cluster)

    def _configure(self) -> None:
        port = self.places.port()
        if port is None or not _is_free(port):
            port = _free_port()
            self.places.port_file.write_text(f"{port}\n")
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        text = settings_text(
            places=self.places, port=port, memory_octets=memory, durable=self._durable
        )
        self.places.settings.write_text(text)
        self.places.settings.chmod(0o644)

    async def _halt(self) -> None:
        """Fast shutdown: transactions are rolled back, everything committed is flushed."""
        postmaster = running_postmaster(self.places.cluster)
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if postmaster is None:
                break
            os.kill(postmaster, number)
            try:
                async with asyncio.timeout(STOP_SECONDS_MAX):
                    await exited(postmaster)
                break
            except TimeoutError:
                log.error("embedded_database_does_not_stop", pid=postmaster, signal=number.name)
        self._reap()
        self._postmaster = None

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _last_words(self) -> str:
        logs = sorted(self.places.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)
        paths = (self.places.start_log, *logs[-1:])
        tail = b"".join(path.read_bytes()[-LOG_OCTETS_SHOWN:] for path in paths)
        return tail.decode(errors="replace")[-LOG_OCTETS_SHOWN:].strip()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
