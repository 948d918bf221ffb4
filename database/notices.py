"""Listening: one connection per process hears that tables changed, and wakes who waits for that.

A notice only says "look again". After a break in the connection everybody is woken, for what was
said meanwhile is lost.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final

import psycopg
from psycopg.rows import TupleRow

from chassis.log import get_logger
from database.follow_triggers import CHANNEL
from isp.errors import Refused

__all__ = ["Notices"]

RECONNECT_SECONDS: Final = 0.5
"""Followers poll meanwhile; a restarted server is heard again within this."""

log = get_logger("database")


class Notices:
    """The notices of one database; listening begins with the first subscription."""

    def __init__(
        self, connect: Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection[TupleRow]]]
    ) -> None:
        self._connect = connect
        self._events: dict[str, list[asyncio.Event]] = {}
        self._listening: asyncio.Task[None] | None = None

    def subscribe(self, table_name: str) -> asyncio.Event:
        """An event that is set whenever the table was written, or may have been."""
        event = asyncio.Event()
        self._events.setdefault(table_name, []).append(event)
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        else:
            event.set()
        return event

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None

    async def _listen(self) -> None:
        lost = False
        while True:
            try:
                async with self._connect() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    if lost:
                        log.info("notices_heard_again")
                    lost = False
                    self._wake(*self._events)
                    async for notice in connection.notifies():
                        self._wake(notice.payload)
            except (psycopg.Error, Refused, OSError) as error:
                if not lost:
                    log.warning("notices_lost", error=str(error).strip())
                lost = True
                await asyncio.sleep(RECONNECT_SECONDS)

    def _wake(self, *table_names: str) -> None:
        for name in table_names:
            for event in self._events.get(name, ()):
                event.set()
