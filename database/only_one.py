"""A daemon that must not run twice on one database: it holds an advisory lock as long as it lives.

The lock belongs to a connection, so it falls with the process that held it, however that ended.
"""

from contextlib import AsyncExitStack
from typing import Final

import psycopg
from psycopg.rows import TupleRow

from database.connect import Database
from isp.errors import ExitCode, Refused

__all__ = ["OnlyOne"]

LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"


class OnlyOne:
    """The right to be the only `name` on a database."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._stack = AsyncExitStack()
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def take(self) -> None:
        """Become the one. Raises Refused (exit 75) where there is one already."""
        connection = await self._stack.enter_async_context(self._database.raw())
        taken = await (await connection.execute(LOCK, (f"turnpike {self._name}",))).fetchone()
        if taken is None or not taken[0]:
            await self._stack.aclose()
            raise Refused(
                f"another {self._name} runs on this database",
                remedy="stop it first, or let it do the work",
                exit_code=ExitCode.TRY_AGAIN,
            )
        self._connection = connection

    async def check(self) -> None:
        """Whether it still is; takes the right again after the connection was lost.

        Raises Refused where another was faster, psycopg.Error while the database is away.
        """
        if self._connection is not None:
            try:
                await self._connection.execute("SELECT 1")
            except psycopg.OperationalError:
                self._connection = None
                await self._stack.aclose()
            else:
                return
        await self.take()

    async def give_up(self) -> None:
        """Let another be the one."""
        self._connection = None
        await self._stack.aclose()
