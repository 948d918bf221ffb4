"""Leases in the database: unique, sticky, reclaimed from whoever is offline longest."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from database.connect import Database, Role
from database.tables.network import lease
from database.tables.sessions import session, session_live
from radiusd.leases import Want
from radiusd.limits import Line
from radiusd.snapshot import LeaseKind
from radiusd.store.leases import LeaseStore, record_last_use
from radiusd.store.slots import take_slot
from tests.support.radiusd import Provider

pytestmark = pytest.mark.database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def provider(database_config, tenant_id):
    one = Provider(database_config, tenant_id)
    yield one
    await one.close()


@pytest.fixture
async def radiusd(database) -> Database:
    return database(Role.RADIUSD)


def want(service_id: int, kind: LeaseKind = LeaseKind.IPV4) -> Want:
    return Want(tenant_id=1, subscriber_id=1, service_id=service_id, kind=kind, pool_name="home")


async def granted(store, *wants, now=NOW) -> dict[int, str | None]:
    return {each.service_id: g.address for each, g in (await store.grant(wants, now)).items()}


async def live(radiusd, service_id, **columns):
    values = {
        "session_key": f"00000000-0000-0000-0000-{service_id:012d}",
        "tenant_id": 1,
        "service_id": service_id,
        "nas_id": 1,
        "acct_session_id": str(service_id),
        "started_at": NOW,
        "last_seen_at": NOW,
    }
    async with radiusd.transaction() as transaction:
        await transaction.execute(insert(session_live).values(values | columns))


async def test_workers_that_lease_at_once_never_share_an_address(provider, radiusd):
    await provider.pool("home", "10.0.0.0/24")
    stores = [LeaseStore(radiusd, share) for share in (0.0, 0.0, 0.5)]
    wants = [want(service_id) for service_id in range(1, 241)]
    results = await asyncio.gather(
        *(granted(stores[n % 3], *wants[n * 40 : n * 40 + 40]) for n in range(6)),
        *(granted(stores[n % 3], *wants[n * 40 : n * 40 + 40]) for n in range(6)),
    )
    leases = await provider.leases()

    assert 240 == len(leases) == len(set(leases.values()))
    assert all(leases[key] == value for each in results for key, value in each.items())


async def test_a_second_network_of_the_name_takes_over_where_the_first_is_full(provider, radiusd):
    await provider.pool("home", "10.0.0.0/30")
    await provider.pool("home", "10.1.0.0/30")
    found = await granted(LeaseStore(radiusd, 0.0), *(want(n) for n in range(1, 6)))

    assert {"10.0.0.1/32", "10.0.0.2/32", "10.1.0.1/32", "10.1.0.2/32", None} == set(found.values())


async def test_prefixes_are_leased_like_addresses(provider, radiusd):
    await provider.pool("home", "2001:db8::/46", kind="delegated_prefix", length=48)
    kind = LeaseKind.DELEGATED_PREFIX
    found = await granted(LeaseStore(radiusd, 0.0), want(1, kind), want(2, kind))

    assert {1: "2001:db8::/48", 2: "2001:db8:1::/48"} == found


async def test_a_static_address_is_not_leased_to_another(provider, radiusd):
    await provider.pool("home", "10.0.0.0/30")
    async with radiusd.transaction() as transaction:
        await transaction.execute(
            insert(lease).values(
                tenant_id=1,
                subscriber_id=1,
                service_id=99,
                kind="ipv4",
                address="10.0.0.1/32",
                leased_at=NOW,
            )
        )
    found = await granted(LeaseStore(radiusd, 0.0), want(1), want(2))

    assert {"10.0.0.2/32", None} == set(found.values())


async def test_a_full_pool_takes_from_whoever_is_offline_longest(provider, radiusd):
    await provider.pool("home", "10.0.0.0/29")
    store = LeaseStore(radiusd, 0.0)
    before = await granted(store, *(want(n) for n in range(1, 7)), now=NOW - timedelta(days=9))
    async with radiusd.transaction() as transaction:
        for service_id in (1, 2, 3, 4):
            await transaction.execute(
                update(lease)
                .where(lease.c.service_id == service_id)
                .values(last_used_at=NOW - timedelta(days=service_id))
            )
    await live(radiusd, 5)
    await live(radiusd, 6)
    found = await granted(store, want(11), want(12))
    after = await provider.leases()

    assert {before[4], before[3]} == set(found.values())
    assert {1, 2, 5, 6, 11, 12} == set(after)


async def test_nothing_is_taken_from_who_was_online_a_moment_ago(provider, radiusd):
    await provider.pool("home", "10.0.0.0/30")
    store = LeaseStore(radiusd, 0.0)
    await granted(store, want(1), want(2), now=NOW - timedelta(minutes=5))

    assert {3: None} == await granted(store, want(3))


async def test_the_end_of_a_session_is_noted_on_the_lease(provider, radiusd):
    await provider.pool("home", "10.0.0.0/30")
    store = LeaseStore(radiusd, 0.0)
    today = provider.clock.now()
    await granted(store, want(1), now=today)
    async with radiusd.transaction() as transaction:
        await transaction.execute(
            insert(session).values(
                closed_on=today.date(),
                session_key="00000000-0000-0000-0000-000000000001",
                tenant_id=1,
                service_id=1,
                nas_id=1,
                acct_session_id="1",
                started_at=today,
                last_seen_at=today,
                ended_at=today,
                closed_by="stop",
            )
        )
    await record_last_use(radiusd, today - timedelta(minutes=1), today)
    async with radiusd.transaction() as transaction:
        noted = await transaction.scalar(lease.select().with_only_columns(lease.c.last_used_at))

    assert today == noted


async def test_of_logins_at_once_only_as_many_as_the_limit_are_let_in(radiusd):
    async def take(number: int) -> bool:
        line = Line(nas_id=1, calling_station_id=f"aa:bb:cc:00:00:{number:02x}")
        return await take_slot(
            radiusd, tenant_id=1, service_id=7, sessions_max=2, line=line, now=NOW
        )

    taken = await asyncio.gather(*(take(number) for number in range(6)))

    assert 2 == sum(taken)


async def test_a_live_session_elsewhere_counts_and_ones_own_ghost_does_not(radiusd):
    await live(radiusd, 7, calling_station_id="aa:bb:cc:00:11:22")

    async def take(station: str) -> bool:
        line = Line(nas_id=2, calling_station_id=station)
        return await take_slot(
            radiusd, tenant_id=1, service_id=7, sessions_max=1, line=line, now=NOW
        )

    assert not await take("aa:bb:cc:00:11:33")
    assert await take("AA-BB-CC-00-11-22")


async def test_a_reservation_ends_after_a_minute(radiusd):
    async def take(number: int, now: datetime) -> bool:
        line = Line(nas_id=1, nas_port_id=str(number))
        return await take_slot(
            radiusd, tenant_id=1, service_id=7, sessions_max=1, line=line, now=now
        )

    assert await take(1, NOW)
    assert not await take(2, NOW + timedelta(seconds=59))
    assert await take(2, NOW + timedelta(seconds=61))
