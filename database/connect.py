"""The only way to Postgres: a pool per role, transactions that say whose rows they are about.

Nothing here retries: a lost connection is an `OperationalError` of the transaction that met it, the
pool forgets its other connections to that server, and the caller decides whether to begin again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import AsyncAdaptedQueuePool, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.config import DatabaseConfig
from database.address import role_address
from database.notices import Notices
from database.roles import Role

__all__ = ["Database", "Role"]

POOL_RECYCLE_SECONDS: Final = 1800
"""A backend's caches (plans, catalogues) grow with age; half an hour keeps them small."""

RETURN_SECONDS_MAX: Final = 6.0
"""psycopg gives the server five seconds to stop what was cancelled."""

RETURN_POLL_SECONDS: Final = 0.01

SET_TENANT = text("SELECT set_config('turnpike.tenant', :tenant, true)")


class Database:
    """One role's connections to the configured database; opened when first used.

    `tenant_id` narrows the tenant roles (web, command, and reader where it is given) to one
    tenant; daemon roles see all tenants without it.
    """

    def __init__(
        self, config: DatabaseConfig, role: Role, application_name: str | None = None
    ) -> None:
        self.config = config
        self.role = role
        self._application_name = application_name or role.postgres_name
        self._engine: AsyncEngine | None = None
        self.notices = Notices(self.raw)

    @asynccontextmanager
    async def transaction(self, tenant_id: int | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back by an exception."""
        async with self._pool().begin() as connection:
            if tenant_id is not None:
                await connection.execute(SET_TENANT, {"tenant": str(tenant_id)})
            yield connection

    @asynccontextmanager
    async def snapshot(self, tenant_id: int | None = None) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction all of whose statements see the same moment."""
        async with self._pool().connect() as connection:
            await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            async with connection.begin():
                if tenant_id is not None:
                    await connection.execute(SET_TENANT, {"tenant": str(tenant_id)})
                yield connection

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
        """An autocommit psycopg connection of its own, outside the pool: hot paths, LISTEN."""
        connection = await psycopg.AsyncConnection.connect(
            **role_address(self.config, self.role, self._application_name), autocommit=True
        )
        try:
            yield connection
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close what is open; the next use opens anew."""
        await self.notices.close()
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await _all_returned(engine)
            await engine.dispose()

    def _pool(self) -> AsyncEngine:
        if self._engine is None:
            self._engine = create_async_engine(
                "postgresql+psycopg://",
                connect_args=role_address(self.config, self.role, self._application_name),
                pool_size=max(1, self.config.pool_min),
                max_overflow=max(0, self.config.pool_max - max(1, self.config.pool_min)),
                pool_timeout=self.config.connect_timeout_seconds,
                pool_recycle=POOL_RECYCLE_SECONDS,
            )
        return self._engine


async def _all_returned(engine: AsyncEngine) -> None:
    """Wait for the connections of transactions that a cancellation is just rolling back.

    One that comes back to a pool that is closed already would stay open.
    """
    pool = engine.pool
    assert isinstance(pool, AsyncAdaptedQueuePool)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + RETURN_SECONDS_MAX
    while pool.checkedout() and loop.time() < deadline:  # noqa: ASYNC110 - the pool tells nobody
        await asyncio.sleep(RETURN_POLL_SECONDS)
