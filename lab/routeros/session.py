"""One API connection: login, tagged commands in their order, listening, cancelling."""

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab.routeros.commands import Request, Result, split_command
from lab.routeros.faults import Fate
from lab.routeros.framing import MalformedError, frame, read_sentence
from lab.routeros.table import Changed, Row, Table
from lab.routeros.traps import Trap

if TYPE_CHECKING:
    from lab.routeros.device import RouterOs

__all__ = ["ApiSession"]

COMMANDS_WAITING_MAX = 4096
EMPTY_FROM = (7, 18)
PLAIN_LOGIN_FROM = (6, 43)


class ApiSession:
    """A client's connection. Commands wait for the latency, then run one after the other."""

    def __init__(
        self, device: "RouterOs", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.device = device
        self._reader = reader
        self._writer = writer
        self._waiting: asyncio.Queue[tuple[float, list[str] | None]] = asyncio.Queue(
            COMMANDS_WAITING_MAX
        )
        self._user: str | None = None
        self._challenge = b""
        self._listening: dict[str, tuple[Table, Changed]] = {}

    async def run(self) -> None:
        """Serve until either side hangs up."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._hear()), loop.create_task(self._work())]
        try:
            await tasks[1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for table, listener in self._listening.values():
                table.listeners.discard(listener)
            self._writer.close()

    def hang_up(self) -> None:
        """Cut the connection, whatever is on its way."""
        self._writer.transport.abort()

    async def _hear(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                sentence = await read_sentence(self._reader)
                due = loop.time() + self.device.faults.latency_seconds
                await self._waiting.put((due, sentence))
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._waiting.put((0.0, None))  # what has come whole is still carried out
        except MalformedError:
            self.hang_up()
            await self._waiting.put((0.0, None))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, sentence = await self._waiting.get()
            if sentence is None:
                return
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            self.device.commands["api"] += 1
            await self._take(sentence)
            if self._writer.is_closing():
                return
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()

    async def _take(self, sentence: Sequence[str]) -> None:
        command, *words = sentence
        attributes: dict[str, str] = {}
        queries = []
        tag = None
        for word in words:
            if word.startswith("="):
                name, _, value = word[1:].partition("=")
                attributes[name] = value
            elif word.startswith("?"):
                queries.append(word[1:])
            elif word.startswith(".tag="):
                tag = word.removeprefix(".tag=")
        path, verb = split_command(command)
        request = Request(path=path, verb=verb, words=attributes, queries=queries)
        try:
            await self._dispatch(command, request, tag)
        except Trap as trap:
            self._trap(trap, tag)
            self._say("!done", (), tag)

    async def _dispatch(self, command: str, request: Request, tag: str | None) -> None:
        if command == "/login":
            self._log_in(request, tag)
        elif self._user is None:
            self._fatal("not logged in")
        elif command == "/quit":
            self._fatal("session terminated on request")
        elif command == "/cancel":
            self._cancel(request.words.get("tag"))
            self._say("!done", (), tag)
        elif command == "/system/reboot":
            self.device.must(self._user, "reboot")
            self._say("!done", (), tag)
            self.device.reboot()
        elif request.verb == "listen":
            self.device.must(self._user, "read")
            self._listen(request, tag)
        else:
            await self._obey(request, self._user, tag)

    async def _obey(self, request: Request, user: str, tag: str | None) -> None:
        result, fate = await self.device.obey(request, user)
        match fate:
            case Fate.OBEY:
                self._answer(result, tag)
            case Fate.CUT_REPLY:
                self._writer.write(frame(["!done", f".tag={tag}"])[:-2])
                self._writer.close()
            case Fate.DROP_BEFORE | Fate.DROP_AFTER:
                self.hang_up()

    def _answer(self, result: Result, tag: str | None) -> None:
        for row in result.rows or ():
            self._say("!re", [f"={name}={value}" for name, value in row.items()], tag)
        for trap in result.traps:
            self._trap(trap, tag)
        if result.rows is not None and not result.rows and self.device.version >= EMPTY_FROM:
            self._say("!empty", (), tag)
        self._say("!done", [] if result.ret is None else [f"=ret={result.ret}"], tag)

    def _listen(self, request: Request, tag: str | None) -> None:
        """Tell every change from now on; it ends when it is cancelled."""
        table = self.device.tables.get(request.path)
        if table is None or tag in self._listening:
            raise Trap("no such command prefix", 0)

        def tell(row: Row) -> None:
            if row.gone:
                self._say("!re", (f"=.id={row.id}", "=.dead=yes"), tag)
            else:
                words = [f"={name}={value}" for name, value in table.printed(row).items()]
                self._say("!re", words, tag)

        table.listeners.add(tell)
        self._listening[tag or ""] = (table, tell)

    def _cancel(self, tag: str | None) -> None:
        for each in list(self._listening) if tag is None else [tag]:
            table, listener = self._listening.pop(each, (None, None))
            if table is None or listener is None:
                continue
            table.listeners.discard(listener)
            self._trap(Trap("interrupted", 2), each or None)
            self._say("!done", (), each or None)

    def _log_in(self, request: Request, tag: str | None) -> None:
        """By name and password, or by a challenge and the response to it."""
        name, words = request.words.get("name", ""), request.words
        if "response" in words and self._challenge:
            password = self.device.password_of(name) or ""
            digest = hashlib.md5(b"\0" + password.encode() + self._challenge, usedforsecurity=False)
            right = words["response"] == f"00{digest.hexdigest()}"
        elif "password" in words and self.device.version >= PLAIN_LOGIN_FROM:
            right = self.device.password_of(name) == words["password"]
        else:
            self._challenge = self.device.random.randbytes(16)
            self._say("!done", (f"=ret={self._challenge.hex()}",), tag)
            return
        if not right or self.device.password_of(name) is None:
            old = self.device.version < PLAIN_LOGIN_FROM
            raise Trap("cannot log in" if old else "invalid user name or password (6)")
        self.device.must(name, "api")
        self._user = name
        self._say("!done", (), tag)

    def _trap(self, trap: Trap, tag: str | None) -> None:
        category = [] if trap.category is None else [f"=category={trap.category}"]
        self._say("!trap", [*category, f"=message={trap.message}"], tag)

    def _fatal(self, reason: str) -> None:
        self._say("!fatal", (reason,), None)
        self._writer.close()

    def _say(self, reply: str, words: Sequence[str], tag: str | None) -> None:
        if self._writer.is_closing():
            return
        tagged = [] if tag is None else [f".tag={tag}"]
        # The tag precedes the rest, as routers write it.
        self._writer.write(frame([reply, *tagged, *words]))
