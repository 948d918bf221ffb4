"""A small provider for coa's tests: one NAS, some services with live sessions, a fake DAS."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, update

from chassis.config import DatabaseConfig
from chassis.sealing import KeyRing
from coa.config import CoaConfig, CoaSettings
from coa.daemon import Coa
from database.connect import Database, Role
from database.tables.access_network import device
from database.tables.billing import block_batch, block_batch_service
from database.tables.enforcement import enforcement_action, session_enforcement
from database.tables.network import nas
from database.tables.sessions import session_live
from database.tables.shaping import queue_state, shaped_router, shaper_status
from database.tables.subscribers import service, subscriber
from isp.access import Access, Rates
from isp.sealed import Sealed
from lab.nas.dynamic_authorization import Answer, DynamicAuthorization, ErrorCause
from operations import entitlement
from policy.class_cookie import ClassCookie, encode
from radius import wire
from radius.packet import Code
from tests.support.daemons import daemons
from tests.support.service_provider import ServiceProvider

SECRET = b"a secret of thirty-two octets ..."


@dataclass
class Das:
    """A NAS's dynamic authorization server that answers as told and remembers what came."""

    error_cause: ErrorCause | None = None
    came: list[tuple[Code, wire.Frame]] = field(default_factory=list)
    port: int = 0

    async def obey(self, code: Code, frame: wire.Frame) -> Answer:
        self.came.append((code, frame))
        return Answer(self.error_cause)


@pytest.fixture
async def das() -> AsyncIterator[Das]:
    fake = Das()
    server = DynamicAuthorization(SECRET, fake.obey)
    fake.port = await server.listen("127.0.0.1", 0)
    yield fake
    server.close()
    await asyncio.sleep(0)


class Provider(ServiceProvider):
    """Writes what the tests begin from, as the roles that may."""

    def __init__(self, database: Callable[[Role], Database], tenant_id: int, keys: KeyRing) -> None:
        super().__init__(database, tenant_id, keys)
        self.coa = database(Role.COA)
        self.shaper = database(Role.SHAPER)

    async def add_nas(
        self,
        port: int,
        *,
        vendor: str = "generic",
        address: str = "127.0.0.1",
        secret: bytes = SECRET,
    ) -> int:
        return await self._add(
            nas,
            name=f"bras-{address}-{port}",
            address=address,
            vendor=vendor,
            secret_sealed=self.keys.seal(secret, Sealed.NAS_SECRET),
            coa_port=port,
        )

    async def add_service(self, plan_version_id: int, login: str) -> int:
        subscriber_id = await self._add(subscriber, reference=login, currency="USD")
        service_id = await self._add(
            service,
            subscriber_id=subscriber_id,
            name=login,
            plan_version_id=plan_version_id,
            started_on=date(2026, 1, 1),
        )
        await self.rewrite(service_id)
        return service_id

    async def rewrite(self, *service_ids: int) -> None:
        async with self.command.transaction(self.tenant_id) as transaction:
            await entitlement.rewrite(transaction, service_ids, self.clock.now())

    async def approve_batch(
        self,
        service_ids: list[int],
        *,
        decided_by: str,
        state: str = "executed",
        age: timedelta = timedelta(),
    ) -> None:
        """A block batch that was executed, or is `approved` only, so long ago."""
        at = self.clock.now() - age
        batch = await self._add(
            block_batch, made_at=at, state=state, decided_by=decided_by, decided_at=at
        )
        async with self.command.transaction(self.tenant_id) as transaction:
            rows = [
                {
                    "tenant_id": self.tenant_id,
                    "block_batch_id": batch,
                    "service_id": service_id,
                    "subscriber_id": 1,
                    "owed": 25,
                    "currency": "USD",
                }
                for service_id in service_ids
            ]
            await transaction.execute(insert(block_batch_service), rows)

    async def log_in(
        self,
        nas_id: int,
        service_id: int,
        login: str,
        *,
        version: int | None = 1,
        access: str = "full",
        rates: Rates = Rates(down_kbps=100_000, up_kbps=20_000),  # noqa: B008 - frozen
    ) -> UUID:
        """A live session as accounting writes it; `version` None: let in by another server."""
        cookie = ClassCookie(
            tenant_id=self.tenant_id,
            subscriber_id=1,
            service_id=service_id,
            version=version or 0,
            access=Access(access),
            rates=rates,
            nonce=bytes(8),
        )
        granted = version is not None
        key, now = uuid4(), self.clock.now()
        async with self.radiusd.transaction() as transaction:
            await transaction.execute(
                insert(session_live).values(
                    session_key=key,
                    tenant_id=self.tenant_id,
                    subscriber_id=1,
                    service_id=service_id,
                    nas_id=nas_id,
                    acct_session_id=key.hex[:16],
                    login=login,
                    started_at=now,
                    last_seen_at=now,
                    class_cookie=encode(cookie) if granted else None,
                    granted_version=version,
                    granted_access=access if granted else None,
                    granted_down_kbps=rates.down_kbps if granted else None,
                    granted_up_kbps=rates.up_kbps if granted else None,
                )
            )
        return key

    async def end(self, session_key: UUID) -> None:
        """The Stop came."""
        async with self.radiusd.transaction() as transaction:
            await transaction.execute(
                update(session_live)
                .where(session_live.c.session_key == session_key)
                .values(ended_at=self.clock.now(), closed_by="stop")
            )

    async def add_router(self, nas_id: int, method: str = "radius") -> int:
        """The NAS is a router that the shaper reads; RADIUS shapes it, or another method does."""
        now = self.clock.now()
        device_id = await self._add(
            device, name=f"router {nas_id}", kind="router", host="h", port=1, credentials_sealed=b""
        )
        values = {"device_id": device_id, "nas_id": nas_id, "method": method, "changed_by": "ann"}
        await self._add(shaped_router, changed_at=now, **values)
        return device_id

    async def read_queue(
        self, device_id: int, service_id: int, checked_at: datetime, *, drift: str | None = None
    ) -> None:
        """The shaper has compared the service's queue there with its entitlement."""
        its = {"device_id": device_id, "tenant_id": self.tenant_id}
        state = {"subject": f"s{service_id}", "subscriber_id": 1, "service_id": service_id}
        async with self.shaper.transaction() as transaction:
            await transaction.execute(delete(queue_state))
            await transaction.execute(delete(shaper_status))
            await transaction.execute(
                insert(queue_state).values(
                    **its, **state, wanted="w", actual="w", drift=drift, changed_at=checked_at
                )
            )
            await transaction.execute(
                insert(shaper_status).values(
                    **its, state="in_sync", checked_at=checked_at, changed_at=checked_at
                )
            )

    async def actions(self) -> list[Any]:
        async with self.coa.transaction() as transaction:
            query = select(enforcement_action).order_by(enforcement_action.c.enforcement_action_id)
            return list((await transaction.execute(query)).all())

    async def held(self, session_key: UUID) -> Any:
        async with self.coa.transaction() as transaction:
            query = select(session_enforcement).where(
                session_enforcement.c.session_key == session_key
            )
            return (await transaction.execute(query)).one_or_none()


@pytest.fixture
def database_config(database_config: DatabaseConfig, tmp_path: Path) -> DatabaseConfig:
    """The key ring stands where the configuration says, apart from the data."""
    return database_config.model_copy(update={"key_file": tmp_path / "ring"})


@pytest.fixture
def provider(
    database: Callable[[Role], Database], database_config: DatabaseConfig, tenant_id: int
) -> Provider:
    keys = KeyRing.load_or_create(database_config.key_ring)
    return Provider(database, tenant_id, keys)


@pytest.fixture
async def running(database_config: DatabaseConfig) -> AsyncIterator[Callable[[], Awaitable[Coa]]]:
    """`await running()` starts a coa on the test's database; stopped after the test.

    It sweeps once, when it starts: what comes later it must hear of.
    """
    settings = CoaSettings(database=database_config, coa=CoaConfig(sweep_seconds=600))
    async with daemons("coa", Coa) as start:
        yield lambda: start(settings)
