"""A small provider with a router of the lab: services with live sessions, and a shaper."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from chassis.config import DatabaseConfig
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from database.connect import Database, Role
from database.tables.network import lease, nas
from database.tables.sessions import session, session_live
from database.tables.shaping import queue_state, shaped_router, shaper_run, shaper_status
from database.tables.subscribers import hold, service, subscriber
from devices.credentials import Credentials, LoginAccess
from isp.access_network import DeviceKind
from lab.routeros import RouterOs
from operations import devices, entitlement, shaping
from shaper.config import ShaperConfig, ShaperSettings
from shaper.daemon import Shaper
from tests.support.daemons import daemons
from tests.support.eventually import eventually
from tests.support.service_provider import ServiceProvider

SIMPLE = "/queue/simple"
USER, PASSWORD = "turnpike", "a password"


class Provider(ServiceProvider):
    """Writes what the tests begin from, as the roles that may."""

    def __init__(self, database: Callable[[Role], Database], tenant_id: int, keys: KeyRing) -> None:
        super().__init__(database, tenant_id, keys)
        self.owner = database(Role.OWNER)

    async def add_router(
        self, router: RouterOs, *, enabled: bool = True, by_radius: bool = True, **changes: Any
    ) -> int:
        """The lab's router as `r1`; `by_radius`: it is the NAS of the sessions. Returns the NAS."""
        login = LoginAccess(user=USER, password=Secret(PASSWORD))
        nas_id = await self._add(nas, name="bras", address="127.0.0.1", secret_sealed=b"")
        now = self.clock.now()
        async with self.command.transaction(self.tenant_id) as transaction:
            await devices.add(
                transaction,
                name="r1",
                kind=DeviceKind.ROUTER,
                host="127.0.0.1",
                port=router.port,
                driver="auto",
                credentials=Credentials(login=login),
                keys=self.keys,
                actor="ann",
                now=now,
            )
            if not by_radius:
                changes["nas"] = None
            await shaping.observe(transaction, name="r1", changes=changes, actor="ann", now=now)
            if enabled:
                await transaction.execute(update(shaped_router).values(mode="enabled"))
        return nas_id

    async def add_services(self, plan_version_id: int, count: int) -> list[int]:
        """Services `u1`, `u2` and so on."""
        subscriber_id = await self._add(subscriber, reference=str(uuid4()), currency="USD")
        rows = [
            {
                "tenant_id": self.tenant_id,
                "subscriber_id": subscriber_id,
                "name": f"u{number}",
                "plan_version_id": plan_version_id,
                "started_on": date(2026, 1, 1),
            }
            for number in range(1, count + 1)
        ]
        async with self.command.transaction(self.tenant_id) as transaction:
            statement = insert(service).returning(
                service.c.service_id, sort_by_parameter_order=True
            )
            made = list((await transaction.scalars(statement, rows)).all())
            await entitlement.rewrite(transaction, made, self.clock.now())
        return made

    async def log_in(self, nas_id: int, service_ids: Sequence[int], third_octet: int = 0) -> None:
        """Live sessions as accounting writes them, with 10.N.x.y, N the third octet."""
        now = self.clock.now()
        rows = [
            {
                "session_key": uuid4(),
                "tenant_id": self.tenant_id,
                "subscriber_id": 1,
                "service_id": service_id,
                "nas_id": nas_id,
                "acct_session_id": f"81{at:06x}",
                "login": f"u{at + 1}",
                "framed_ip": f"10.{third_octet}.{at // 250}.{at % 250 + 1}",
                "started_at": now,
                "last_seen_at": now,
            }
            for at, service_id in enumerate(service_ids)
        ]
        async with self.radiusd.transaction() as transaction:
            await transaction.execute(insert(session_live), rows)

    async def end(self, service_ids: Sequence[int], closed_by: str = "stop") -> None:
        """Their sessions are closed, as the roller does it."""
        async with self.radiusd.transaction() as transaction:
            query = select(session_live).where(session_live.c.service_id.in_(service_ids))
            rows = [dict(row._mapping) for row in await transaction.execute(query)]
            now = self.clock.now()
            kept = [
                {name: row[name] for name in row if name in session.c}
                | {"closed_on": now.date(), "ended_at": now, "closed_by": closed_by}
                for row in rows
            ]
            await transaction.execute(
                session_live.delete().where(session_live.c.service_id.in_(service_ids))
            )
            await transaction.execute(insert(session), kept)

    async def release(self, service_id: int) -> None:
        now = self.clock.now()
        async with self.command.transaction(self.tenant_id) as transaction:
            await transaction.execute(
                update(hold).where(hold.c.service_id == service_id).values(released_at=now)
            )
            await entitlement.rewrite(transaction, [service_id], now)

    async def add_lease(self, service_id: int, address: str, kind: str = "ipv4") -> None:
        await self._add(
            lease,
            subscriber_id=1,
            service_id=service_id,
            kind=kind,
            address=address,
            leased_at=self.clock.now(),
        )

    async def status(self) -> Any:
        async with self.command.transaction(self.tenant_id) as transaction:
            return (await transaction.execute(select(shaper_status))).one_or_none()

    async def states(self) -> dict[str, Any]:
        """Queue states by login."""
        async with self.command.transaction(self.tenant_id) as transaction:
            rows = await transaction.execute(select(queue_state))
            return {row.login or row.subject: row for row in rows}

    async def runs(self) -> list[Any]:
        async with self.command.transaction(self.tenant_id) as transaction:
            query = select(shaper_run).order_by(shaper_run.c.shaper_run_id)
            return list((await transaction.execute(query)).all())

    async def ask(self, kind: str, confirmed_removals: int | None = None) -> dict[str, Any]:
        """What comes of a request, as the command waits for it."""
        async with self.command.transaction(self.tenant_id) as transaction:
            request = await shaping.ask(
                transaction,
                name="r1",
                kind=kind,
                confirmed_removals=confirmed_removals,
                actor="ann",
                now=self.clock.now(),
            )

        async def answered() -> Any:
            async with self.command.transaction(self.tenant_id) as transaction:
                return await shaping.outcome_of(transaction, request)

        return await eventually(answered)


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
async def router() -> AsyncIterator[RouterOs]:
    async with RouterOs(user=USER, password=PASSWORD) as device:
        yield device


@pytest.fixture
async def running(
    database_config: DatabaseConfig,
) -> AsyncIterator[Callable[..., Awaitable[Shaper]]]:
    """`await running()` starts a shaper on the test's database; stopped after the test."""
    async with daemons("shaper", Shaper) as start:

        def started(**keys: Any) -> Awaitable[Shaper]:
            config = ShaperConfig(**{"reread_seconds": 600} | keys)
            return start(ShaperSettings(database=database_config, shaper=config))

        yield started


def limits(router: RouterOs) -> dict[str, str]:
    """What each queue of ours allows, by the login in its name."""
    return {
        row.values["name"].partition("-")[2]: row.values["max-limit"]
        for row in router.tables[SIMPLE].rows.values()
        if row.values.get("comment", "").startswith("isp:")
    }


def written(router: RouterOs) -> int:
    """How many rows were written, ever."""
    return sum(router.writes.values())
