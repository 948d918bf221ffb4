"""A daemon that must not run twice on one database: it holds an advisory lock as long as it lives.

The lock belongs to a connection, so it falls with the process that held it, however that ended.
"""

from contextlib import AsyncExitStack
from typing import Final

import psycopg
from psycopg.rows import TupleRow

from chassis.lifecycle import Context
from database.connect import Database
from isp.errors import ExitCode, Refused

__all__ = ["OnlyOne"]

LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"


class OnlyOne:
    """The right to be the only daemon of its name on a database."""

    def __init__(self, database: Database, context: Context) -> None:
        self._database = database
        self._context = context
        self._stack = AsyncExitStack()
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def take(self) -> None:
        """Become the one. Raises Refused (exit 75) where there is one already."""
        connection = await self._stack.enter_async_context(self._database.raw())
        name = self._context.name
        taken = await (await connection.execute(LOCK, (f"turnpike {name}",))).fetchone()
        if taken is None or not taken[0]:
            await self._stack.aclose()
            raise Refused(
                f"another {name} runs on this database",
                remedy="stop it first, or let it do the work",
                exit_code=ExitCode.TRY_AGAIN,
            )
        self._connection = connection

    async def stay(self) -> None:
        """Take the right again after the connection was lost; where another was faster, the daemon
        fails. Raises psycopg.Error while the database is away.
        """
        if self._connection is not None:
            try:
                await self._connection.execute("SELECT 1")
            except psycopg.OperationalError:
                self._connection = None
                await self._stack.aclose()
            else:
                return
        try:
            await self.take()
        except Refused as refused:
            self._context.fail(str(refused))

    async def give_up(self) -> None:
        """Let another be the one."""
        self._connection = None
        await self._stack.aclose()
