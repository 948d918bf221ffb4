"""The pages over a provider that is filled once; each test has its own application and client."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from chassis.clock import ManualClock, SystemClock
from database.connect import Database, Role
from operations import tenants
from tests.support.web_provider import OPERATOR, Provider, fill
from webui.app import Application
from webui.config import WebuiConfig
from webui.pages import NAVIGATION
from webui.rendering import Site, environment
from webui.sign_in import COOKIE, new_token, token_hash
from webui.store import operators

BASE_URL = "http://127.0.0.1:8080"


@pytest.fixture(scope="session")
def provider(server, tenant_id, tmp_path_factory) -> Iterator[Provider]:
    """Filled once: what the tests of pages change is only who is signed in."""
    with server.database() as name, ThreadPoolExecutor(1) as executor:
        config = server.config(name, tmp_path_factory.mktemp("webui"))
        filling = fill(config, tenant_id, SystemClock().now())
        yield executor.submit(asyncio.run, filling).result()


@pytest.fixture
def clock(provider) -> ManualClock:
    return ManualClock(provider.now)


@pytest.fixture
async def site(provider, clock) -> AsyncIterator[Site]:
    database = Database(provider.config, Role.WEB)
    async with database.transaction() as transaction:
        tenant = await tenants.named(transaction, "default")
    yield Site(
        config=WebuiConfig(),
        database=database,
        tenant=tenant,
        clock=clock,
        templates=environment(tenant.zone),
        navigation=NAVIGATION,
    )
    await database.close()


@pytest.fixture
async def visitor(site) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    transport = httpx.ASGITransport(Application(site), client=("192.0.2.77", 5000))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


@pytest.fixture
async def ann(visitor, site, clock) -> httpx.AsyncClient:
    """An operator who has signed in, without the slow part of it."""
    token = new_token()
    async with site.writing() as transaction:
        who, _ = await operators.known(transaction, OPERATOR)
        await operators.open_session(
            transaction,
            who,
            token_hash=token_hash(token),
            now=clock.now(),
            expires_at=clock.now() + timedelta(hours=1),
        )
    visitor.cookies.set(COOKIE, token)
    return visitor
