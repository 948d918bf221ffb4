"""Where a command works: the configuration, the running suite's database, one tenant's desk."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from chassis.clock import Clock, SystemClock
from chassis.config import DatabaseConfig, Settings
from chassis.config_file import load
from chassis.log import configure_logging
from chassis.sealing import KeyRing
from database.address import password_file
from database.connect import Database, Role
from database.provision import prepare, serving
from operations import tenants
from operations.explained import explained
from operations.tenants import Tenant
from turnpike.global_options import options
from turnpike.rooms import suite_settings_model

__all__ = ["Desk", "run", "settings", "work"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What a command has at hand: transactions for its tenant, the key ring, the time, a name."""

    database: Database
    config: DatabaseConfig
    tenant: Tenant
    clock: Clock
    actor: str

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """One transaction of the desk's tenant."""
        return self.database.transaction(self.tenant.tenant_id)

    def now(self) -> datetime:
        """The time, in UTC."""
        return self.clock.now()

    @property
    def keys(self) -> KeyRing:
        """The ring of this node; made where there is none yet."""
        return KeyRing.load_or_create(self.config.key_ring)


def settings() -> Settings:
    """The configuration in force. `--data` wins over the file and the environment."""
    loaded = load(suite_settings_model(), options().config).settings
    if options().data is None:
        return loaded
    moved = loaded.database.model_copy(update={"data": options().data})
    return loaded.model_copy(update={"database": moved})


def work(task: Callable[[Desk], Awaitable[T]]) -> T:
    """Run `task` at the desk of the tenant; the embedded server is started for it where needed."""
    return run(_at_desk(settings().database, task))


def run(awaited: Awaitable[T]) -> T:
    """Run one awaitable to its end, with the database's refusals explained."""
    configure_logging(level="error", style="columns", stream=sys.stderr)

    async def whole() -> T:
        return await awaited

    with explained():
        return asyncio.run(whole())


async def _at_desk(config: DatabaseConfig, task: Callable[[Desk], Awaitable[T]]) -> T:
    clock = SystemClock()
    async with serving(config):
        if config.url is None and not password_file(config).has(Role.COMMAND.postgres_name):
            told = f"turnpike: {config.data} held no database; an empty one is made there"
            print(told, file=sys.stderr)
            await prepare(config, today=clock.now().date())
        database = Database(config, Role.COMMAND, "turnpike command")
        try:
            async with database.transaction() as connection:
                tenant = await tenants.named(connection, options().tenant)
            return await task(
                Desk(
                    database=database,
                    config=config,
                    tenant=tenant,
                    clock=clock,
                    actor=getpass.getuser(),
                )
            )
        finally:
            await database.close()
