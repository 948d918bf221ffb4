"""Collectors daemons on a test's database, and devices for them to poll."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select

from chassis.config import DatabaseConfig
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from collectors.config import CollectorsConfig, CollectorsSettings
from collectors.consequences import Consequence
from collectors.daemon import Collectors
from database.connect import Database, Role
from database.tables.access_network import device, device_status
from devices.credentials import Credentials, SnmpAccess, seal_credentials
from tests.support.daemons import daemons

__all__ = ["Collecting"]

PUBLIC = Credentials(snmp=SnmpAccess(version="2c", community=Secret("public")))


class Collecting:
    """A provider's devices, and the daemons that poll them."""

    def __init__(self, config: DatabaseConfig, open_as: Callable[[Role], Database]) -> None:
        self.config = config
        self.owner = open_as(Role.OWNER)
        self.keys = KeyRing.load_or_create(config.key_ring)

    async def enter(
        self, ports: Sequence[int], *, driver: str = "auto", kind: str = "olt"
    ) -> list[int]:
        """Devices at those ports of this machine, named `olt0`, `olt1` …; their keys."""
        sealed = seal_credentials(PUBLIC, self.keys)
        rows = [
            {"tenant_id": 1, "name": f"olt{number}", "kind": kind, "host": "127.0.0.1"}
            | {"port": port, "driver": driver, "credentials_sealed": sealed}
            for number, port in enumerate(ports)
        ]
        async with self.owner.transaction() as transaction:
            added = await transaction.execute(
                insert(device).returning(device.c.device_id, sort_by_parameter_order=True), rows
            )
            return [row.device_id for row in added]

    @asynccontextmanager
    async def daemon(
        self, *, also: Sequence[Consequence] = (), **keys: Any
    ) -> AsyncIterator[Collectors]:
        """A collectors daemon with those keys of its table; drained when left."""
        settings = CollectorsSettings(
            database=self.config, collectors=CollectorsConfig(**({"name": "one"} | keys))
        )
        async with daemons("collectors", partial(Collectors, also=also)) as start:
            yield await start(settings)

    async def polled(self, since: datetime | None = None) -> int:
        """How many devices answered a reading, since then."""
        query = select(func.count()).where(device_status.c.last_poll_at.is_not(None))
        if since is not None:
            query = query.where(device_status.c.last_poll_at > since)
        async with self.owner.transaction() as transaction:
            return int(await transaction.scalar(query))

    async def rows(self, table: Any, *columns: Any) -> list[tuple[Any, ...]]:
        """Those columns of a table, in their order."""
        query = select(*columns).select_from(table).order_by(*columns)
        async with self.owner.transaction() as transaction:
            return [tuple(row) for row in await transaction.execute(query)]
