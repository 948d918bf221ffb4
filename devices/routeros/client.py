"""A router's API as `RouterCommands`: connects when first needed, and again after a loss."""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType

from devices.routeros.changes import (
    Change,
    Done,
    Outcome,
    Row,
    Trapped,
    Unanswered,
    Unsent,
    Verb,
)
from devices.routeros.connection import COMMANDS_IN_FLIGHT_MAX, Answer, Connection
from devices.routeros.errors import RouterError, RouterLost, RouterTrap
from devices.routeros.login import log_in
from devices.routeros.target import RouterTarget

__all__ = ["WINDOW", "Router"]

WINDOW = 128
"""Keeps a router busy over a round trip of 100 ms at a millisecond a command."""
WINDOW_MAX = COMMANDS_IN_FLIGHT_MAX // 2
"""So that there is always room to read beside a batch."""


class Router:
    """One router by its API. Commands may be given concurrently; all share one connection."""

    def __init__(self, target: RouterTarget) -> None:
        self.target = target
        self._connection: Connection | None = None
        self._sessions = 0
        self._connecting = asyncio.Lock()

    async def __aenter__(self) -> "Router":
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect and log in, if that is not done. Raises RouterLost, RouterRefused."""
        await self._connected()

    @property
    def user(self) -> str:
        """See RouterCommands."""
        return self.target.user

    @property
    def session(self) -> int | None:
        """See RouterCommands."""
        stands = self._connection is not None and self._connection.lost is None
        return self._sessions if stands else None

    async def print(
        self, path: str, *, proplist: Sequence[str] = (), where: Mapping[str, str] | None = None
    ) -> tuple[Row, ...]:
        """See RouterCommands. Counters and rates come with the columns that name them."""
        words = [f"=.proplist={','.join(proplist)}"] if proplist else []
        # What is left on the query's stack is joined by "and".
        words += [f"?{name}={value}" for name, value in (where or {}).items()]
        return (await self._ask(f"{path}/print", words)).rows

    async def add(self, path: str, /, **words: str) -> str:
        """See RouterCommands."""
        added = await self._ask(*command_of(Change(verb=Verb.ADD, path=path, words=words)))
        return added.returned.get("ret", "")

    async def set(self, path: str, id: str, words: Mapping[str, str]) -> None:  # noqa: A002
        """See RouterCommands."""
        await self._ask(*command_of(Change(verb=Verb.SET, path=path, id=id, words=words)))

    async def remove(self, path: str, id: str) -> None:  # noqa: A002
        """See RouterCommands."""
        try:
            await self._ask(*command_of(Change(verb=Verb.REMOVE, path=path, id=id)))
        except RouterTrap as trap:
            if not trap.item_is_gone:
                raise

    async def call(self, command: str, words: Mapping[str, str] | None = None) -> tuple[Row, ...]:
        """See RouterCommands."""
        return (await self._ask(command, attributes(words or {}))).rows

    async def apply(
        self, changes: Sequence[Change], *, session: int | None, window: int = WINDOW
    ) -> tuple[Outcome, ...]:
        """See RouterCommands. Given up in the midst, the connection is left."""
        connection = self._connection
        if connection is None or session is None or session != self.session:
            return (Unsent(),) * len(changes)
        room = asyncio.Semaphore(min(window, WINDOW_MAX))
        sent: list[asyncio.Future[Answer]] = []
        try:
            for change in changes:
                await room.acquire()
                if connection.lost is not None:
                    break
                answered = connection.send(*command_of(change))
                answered.add_done_callback(lambda _: room.release())
                sent.append(answered)
                await connection.drain()
            answers = await asyncio.gather(*sent, return_exceptions=True)
        except asyncio.CancelledError:
            for answered in sent:
                answered.cancel()
            await connection.close()
            raise
        outcomes = [outcome(*each) for each in zip(changes, answers, strict=False)]
        return (*outcomes, *[Unsent()] * (len(changes) - len(outcomes)))

    async def close(self) -> None:
        """See RouterCommands."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _ask(self, command: str, words: Sequence[str]) -> Answer:
        connection = await self._connected()
        answered = connection.send(command, words)
        try:
            await connection.drain()
            return await answered
        finally:
            answered.cancel()  # who is given up while he writes does not wait for it either

    async def _connected(self) -> Connection:
        async with self._connecting:
            connection = self._connection
            if connection is not None:
                if connection.lost is None:
                    return connection
                await self.close()
            connection = await Connection.open(self.target)
            try:
                await log_in(connection, self.target)
            except (RouterError, asyncio.CancelledError):
                await connection.close()
                raise
            self._connection = connection
            self._sessions += 1
            return connection


def command_of(change: Change) -> tuple[str, list[str]]:
    """The command and its words."""
    words = attributes(change.words)
    if change.id is not None:
        words.insert(0, f"={'numbers' if change.verb is Verb.MOVE else '.id'}={change.id}")
    return f"{change.path}/{change.verb}", words


def attributes(words: Mapping[str, str]) -> list[str]:
    return [f"={name}={value}" for name, value in words.items()]


def outcome(change: Change, answer: Answer | BaseException) -> Outcome:
    """What became of a change that was sent."""
    match answer:
        case Answer(returned=returned):
            return Done(returned.get("ret"))
        case RouterTrap() if change.verb is Verb.REMOVE and answer.item_is_gone:
            return Done()
        case RouterTrap():
            return Trapped(answer.message, answer.category)
        case RouterLost():
            return Unanswered()
        case _:
            raise answer
