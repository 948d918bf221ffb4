"""A command line over SSH, only to look: netmiko's sessions in a bounded pool of threads.

netmiko waits in its thread. A device has one session of ours at most: an OLT has a handful for
everybody, and who is refused one locks an operator out.
"""

import asyncio
import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from netmiko import BaseConnection, ConnectHandler
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoBaseException
from paramiko.ssh_exception import BadHostKeyException, SSHException

from chassis.secrets import Secret
from devices.ssh_keys import host_key_fingerprint, known_hosts, shown_host_key
from devices.terminal import rendered

__all__ = ["Ssh", "SshError", "SshLost", "SshRefused", "SshTarget", "SshUntrusted"]

THREADS_MAX: Final = 8
"""Devices that are asked by command line at once."""

CONNECT_SECONDS: Final = 10.0
COMMAND_SECONDS: Final = 60.0
"""Between two pages of a command's output: a full board's ONUs take an OLT half a minute."""

LOG_OUT_SECONDS: Final = 5.0
PAGES_MAX: Final = 2_000
"""Of one command; more is a device that does not stop."""

LOOKING: Final = ("display ", "show ")
"""How a command begins that changes nothing."""

PAGER: Final = r"(?:---- ?More[^\r\n]*----|--More--|Press any key[^\r\n]*)\s*$"
CHOICE: Final = r"\{ ?<cr>[^\r\n]*\}:\s*$"
"""`{ <cr>||<K> }:` asks whether that was all."""

FAULTS: Final = (NetmikoBaseException, SSHException, OSError, EOFError, ValueError)
"""What netmiko raises when a connection or a conversation fails."""

THREADS: Final = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="ssh")


@dataclass(frozen=True, kw_only=True, slots=True)
class SshTarget:
    """A device, its login, and what netmiko calls its kind (`huawei_smartax`, `zte_zxros`).

    `host_key` alone is trusted. Where it is None, `believing` takes the one that is shown at first.
    """

    host: str
    port: int = 22
    user: str
    password: Secret[str]
    netmiko_type: str
    host_key: str | None = None
    believing: bool = False


class SshError(Exception):
    """A device's command line did not do what it was asked."""


class SshLost(SshError):  # noqa: N818 - it names what happened
    """No connection, or no answer in time."""


class SshRefused(SshError):  # noqa: N818 - it names what happened
    """The login, or the way from `>` to `#`, is not allowed."""


class SshUntrusted(SshError):  # noqa: N818 - it names what happened
    """The device does not show the host key that it should; nothing was said to it."""


class Ssh:
    """One session with `target`, opened by its first command and kept until `close`."""

    def __init__(self, target: SshTarget) -> None:
        self._target = target
        self._host_key = target.host_key
        self._turn = asyncio.Lock()
        self._session: BaseConnection | None = None

    @property
    def host_key(self) -> str | None:
        """The host key that alone is trusted."""
        return self._host_key

    async def ask(self, command: str) -> str:
        """The output of a command that only looks, as a screen shows it, without its echo and the
        prompt. Raises SshLost, SshRefused, SshUntrusted.
        """
        if not command.startswith(LOOKING):
            message = f"a collector only looks, and {command!r} may do more"
            raise ValueError(message)
        async with self._turn:
            loop = asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(THREADS, self._ask, command)
            except asyncio.CancelledError:
                self._hang_up()  # and the thread finds its connection gone
                raise

    async def close(self) -> None:
        """Log out, or hang up on a device that does not let go."""
        async with self._turn:
            if self._session is not None:
                loop = asyncio.get_running_loop()
                leaving = loop.run_in_executor(THREADS, _log_out, self._session)
                await asyncio.wait((leaving,), timeout=LOG_OUT_SECONDS)
                self._hang_up()
                await leaving

    def _ask(self, command: str) -> str:
        try:
            session = self._opened()
            return _exchange(session, command)
        except NetmikoAuthenticationException as refused:
            self._hang_up()
            raise SshRefused(_reason(refused)) from refused
        except FAULTS as fault:
            self._hang_up()
            if isinstance(fault.__context__, BadHostKeyException):
                shown = fault.__context__.key
                raise SshUntrusted(self._mistrust(shown.get_base64())) from fault
            raise SshLost(_reason(fault)) from fault

    def _mistrust(self, shown: str) -> str:
        known = host_key_fingerprint(self._host_key or "")
        return f"it shows the host key {host_key_fingerprint(f'- {shown}')}, not {known}"

    def _opened(self) -> BaseConnection:
        """The session that there is, or a new one, at the prompt `#`."""
        if self._session is not None and self._session.remote_conn_pre.get_transport().is_active():
            return self._session  # netmiko's own is_alive() types a NUL
        target = self._target
        if self._host_key is None:
            if not target.believing:
                raise SshUntrusted("its host key is not known yet")
            self._host_key = shown_host_key(
                target.host, target.port, timeout_seconds=CONNECT_SECONDS
            )
        with known_hosts(target.host, target.port, self._host_key) as trusted:
            session = ConnectHandler(
                device_type=target.netmiko_type,
                host=target.host,
                port=target.port,
                username=target.user,
                password=target.password.reveal(),
                ssh_strict=True,
                alt_host_keys=True,
                alt_key_file=trusted,
                conn_timeout=CONNECT_SECONDS,
                auth_timeout=CONNECT_SECONDS,
                banner_timeout=CONNECT_SECONDS,
                read_timeout_override=COMMAND_SECONDS,
            )
        self._session = session
        if not session.check_enable_mode():
            try:
                session.enable()
            except ValueError as refused:
                self._hang_up()
                message = f"{target.user} may not leave the prompt >"
                raise SshRefused(message) from refused
        session.ansi_escape_codes = False  # the cursor's moves tell what a pager erased
        return session

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None and session.remote_conn_pre is not None:
            session.remote_conn_pre.close()


def _log_out(session: BaseConnection) -> None:
    """Say goodbye, so that the device frees its line at once; it may have gone already."""
    with contextlib.suppress(*FAULTS):
        session.disconnect()


def _exchange(session: BaseConnection, command: str) -> str:
    prompt = rf"{re.escape(session.base_prompt)}\S*[>#]\s*$"
    waiting = rf"(?:{prompt}|{PAGER}|{CHOICE})"
    session.clear_buffer()
    session.write_channel(f"{command}{session.RETURN}")
    sent = ""
    for _page in range(PAGES_MAX):
        sent += session.read_until_pattern(pattern=waiting, read_timeout=COMMAND_SECONDS)
        if re.search(PAGER, sent):
            session.write_channel(" ")
        elif re.search(CHOICE, sent):
            session.write_channel(session.RETURN)
        else:
            return _told(sent)
    message = f"{command!r} does not end"
    raise ValueError(message)


def _told(sent: str) -> str:
    """Between the echo's line and the prompt's."""
    lines = rendered(sent).split("\n")
    return "\n".join(lines[1:-1]) + "\n"


def _reason(fault: Exception) -> str:
    """The first line: netmiko explains at length."""
    return str(fault).strip().partition("\n")[0] or type(fault).__name__
