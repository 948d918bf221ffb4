"""An OLT's command line on a real SSH socket: plays transcripts, with the manners of the vendors.

It echoes, pages, asks `{ <cr>||<K> }:`, prints alarms in between, counts its few sessions, and
notes every command, so that a test can see what was typed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncssh

__all__ = ["HUAWEI", "ZTE", "Manners", "SshOlt"]

ERASED = "\x1b[37D" + " " * 37 + "\x1b[37D"


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How a vendor's command line behaves until it is told otherwise."""

    prompt: str
    pager: str
    erased: str
    pager_off: str
    enable: bool = False
    choice: str = ""
    choice_off: str = ""
    unknown: str = "% Unknown command"
    log_out: str = "exit"
    log_out_question: str = ""


HUAWEI = Manners(
    prompt="MA5800-X7",
    pager="---- More ( Press 'Q' to break ) ----",
    erased=ERASED,
    pager_off="scroll",
    enable=True,
    choice="{ <cr>||<K> }:",
    choice_off="undo smart",
    log_out="quit",
    log_out_question="Are you sure to log out? (y/n)[n]:",
)
ZTE = Manners(
    prompt="north-olt",
    pager=" --More--",
    erased="\b" * 9 + " " * 9 + "\b" * 9,
    pager_off="terminal length 0",
    unknown="%Error 20200: Unrecognized command.",
)


@dataclass
class SshOlt:
    """One device at one port; `async with` starts and stops it. `typed` has every command."""

    manners: Manners
    outputs: Mapping[str, str]
    user: str = "reader"
    password: str = "looking"
    page_lines: int = 12
    paging_stays: bool = False
    sessions_max: int = 1
    silent: frozenset[str] = frozenset()
    typed: list[str] = field(default_factory=list)
    sessions: int = 0
    most_sessions: int = 0
    logins: int = 0
    port: int = 0
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)

    async def __aenter__(self) -> "SshOlt":
        self._server = await asyncssh.create_server(
            lambda: _Login(self),
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            process_factory=self._serve,
            line_editor=False,
            encoding="utf-8",
        )
        self.port = self._server.get_port()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in self.connections:
            connection.abort()
            await connection.wait_closed()
        await self._server.wait_closed()

    async def _serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        self.sessions += 1
        self.most_sessions = max(self.most_sessions, self.sessions)
        ends = [asyncio.ensure_future(process.wait_closed())]
        if self.sessions > self.sessions_max:
            process.stdout.write("The number of sessions has reached the limit\r\n")
        else:
            ends.append(asyncio.ensure_future(_Shell(self, process).run()))
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        self.sessions -= 1
        for each in ends:
            each.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        process.exit(0)
        process.get_extra_info("connection").close()


class _Login(asyncssh.SSHServer):
    def __init__(self, olt: SshOlt) -> None:
        self._olt = olt

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self._olt.connections.append(connection)

    def begin_auth(self, _username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._olt.logins += 1
        return (username, password) == (self._olt.user, self._olt.password)


class _Shell:
    def __init__(self, olt: SshOlt, process: asyncssh.SSHServerProcess[str]) -> None:
        self._olt = olt
        self._manners = olt.manners
        self._process = process
        self._sign = ">" if olt.manners.enable else "#"
        self._paging = True
        self._asks = bool(olt.manners.choice)

    async def run(self) -> None:
        self._prompt()
        while line := await self._process.stdin.readline():
            command = typed(line)
            self._write(f"{command}\r\n")
            if command == self._manners.log_out and await self._leaves():
                return
            if command:
                await self._do(command)
            self._prompt()

    async def _leaves(self) -> bool:
        if not self._manners.log_out_question:
            return True
        self._write(self._manners.log_out_question)
        return typed(await self._process.stdin.readline()) == "y"

    async def _do(self, command: str) -> None:
        self._olt.typed.append(command)
        if command == "enable":
            self._sign = "#"
        elif command == "disable":
            self._sign = ">"
        elif command == self._manners.pager_off:
            self._paging = self._olt.paging_stays
        elif command == self._manners.choice_off:
            self._asks = False
        elif command == "infoswitch cli OFF":
            pass
        elif command in self._olt.silent:
            await asyncio.sleep(3600)
        elif command not in self._olt.outputs or self._sign == ">":
            self._write(f"{self._manners.unknown}\r\n")
        else:
            if self._asks:
                self._write(self._manners.choice)
                await self._process.stdin.readline()
                self._write(f"\r\n  Command:\r\n          {command}\r\n")
            await self._page(self._olt.outputs[command])

    async def _page(self, output: str) -> None:
        for number, line in enumerate(output.rstrip("\n").split("\n"), start=1):
            self._write(f"{line}\r\n")
            if self._paging and number % self._olt.page_lines == 0:
                self._write(self._manners.pager)
                if await self._process.stdin.read(1) != " ":
                    return
                self._write(self._manners.erased)

    def _prompt(self) -> None:
        self._write(f"\r\n{self._manners.prompt}{self._sign}")

    def _write(self, text: str) -> None:
        self._process.stdout.write(text)


def typed(line: str) -> str:
    """A line without the NULs by which netmiko feels for a connection."""
    return line.replace("\0", "").strip()
