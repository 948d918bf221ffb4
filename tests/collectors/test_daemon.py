"""The daemon beside lab OLTs: polls, shares, leaves silent ones alone, answers persons."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select, update

from chassis.clock import SystemClock
from collectors.store import leases
from database.connect import Database, Role
from database.tables.access_network import (
    device,
    device_lease,
    device_request,
    device_status,
    onu,
)
from devices.credentials import seal_credentials
from lab.olt import Faults, Olt, Plant, personalities
from tests.support.collecting import PUBLIC, Collecting
from tests.support.eventually import eventually

Open = Callable[[Role], Database]
QUICK = {"requests_per_second": 500, "onus_per_second": 50}


@pytest.fixture
def site(database_config, database: Open) -> Collecting:
    return Collecting(database_config, database)


@pytest.fixture
async def olts():
    """`await olts(2)`: so many OLTs of Huawei's with eight ONUs each; stopped after the test."""
    async with AsyncExitStack() as stack:

        async def start(count: int, **options) -> list[Olt]:
            huawei = personalities()["huawei"]
            return [
                await stack.enter_async_context(
                    Olt(Plant.build(SystemClock(), ports=2, onus=8, seed=seed), huawei, **options)
                )
                for seed in range(count)
            ]

        yield start


def ports(found: list[Olt]) -> list[int]:
    return [olt.agent.port for olt in found]


async def states(site: Collecting) -> list[str]:
    return [state for (state,) in await site.rows(onu, onu.c.state)]


async def test_an_olt_that_was_entered_is_recognised_read_and_its_light_too(site, olts):
    found = await olts(1)
    await site.enter(ports(found))
    async with site.daemon(**QUICK):

        async def lit() -> bool:
            light = await site.rows(onu, onu.c.serial, onu.c.rx_dbm)
            return len(light) == 8 and all(rx_dbm is not None for _, rx_dbm in light)

        await eventually(lit, seconds=30)

    plant = {each.serial: each.rx_dbm for each in found[0].plant.onus}
    assert plant == dict(await site.rows(onu, onu.c.serial, onu.c.rx_dbm))
    assert {"online"} == set(await states(site))
    said = (device_status.c.state, device_status.c.driver, device_status.c.partial)
    assert [("reachable", "huawei", [])] == await site.rows(device_status, *said)


async def test_a_hint_makes_a_change_seen_at_once(site, olts, monkeypatch):
    monkeypatch.setattr("collectors.schedule.HINT_SECONDS", 0)
    [found] = await olts(1)
    [device_id] = await site.enter(ports([found]))
    async with site.daemon(**QUICK) as daemon:
        await eventually(site.polled)
        found.plant.cut(0)
        daemon.lanes.lane(device_id).hint()

        async def cut() -> bool:
            return (await states(site)).count("los") == 4

        await eventually(cut)


async def test_a_device_that_is_entered_later_is_polled_and_one_that_is_removed_is_not(site, olts):
    found = await olts(2)
    async with site.daemon(**QUICK) as daemon:
        one, other = await site.enter(ports(found))

        async def both() -> bool:
            return daemon.lanes.device_ids == {one, other}

        await eventually(both)
        async with site.owner.transaction() as transaction:
            gone = update(device).where(device.c.device_id == one)
            await transaction.execute(gone.values(removed_at=datetime.now(UTC)))

        async def only_the_other() -> bool:
            return daemon.lanes.device_ids == {other}

        await eventually(only_the_other)


async def test_two_processes_share_the_devices_and_one_takes_over_what_the_other_left(site, olts):
    entered = await site.enter(ports(await olts(12)))

    async def holders() -> dict[str, int]:
        held = await site.rows(device_lease, device_lease.c.collector, device_lease.c.device_id)
        return {name: sum(n == name for n, _ in held) for name, _ in held}

    async with site.daemon(**QUICK, name="one") as one:
        async with site.daemon(**QUICK, name="two") as two:

            async def shared_out() -> bool:
                for each in (one, two):
                    await each.lanes.refresh()
                return one.lanes.device_ids | two.lanes.device_ids == set(entered)

            await eventually(shared_out)
            shared = await holders()
            assert not one.lanes.device_ids & two.lanes.device_ids

        async def taken_over() -> bool:
            await one.lanes.refresh()
            return one.lanes.device_ids == set(entered)

        await eventually(taken_over)

        assert {"one", "two"} == set(shared)
        assert {"one": 12} == await holders()


async def test_what_a_killed_process_held_is_taken_when_its_lease_is_over(site, olts):
    [device_id] = await site.enter(ports(await olts(1)))
    async with site.owner.transaction() as transaction:
        await leases.hold(transaction, "killed", [device_id])
    async with site.daemon(**QUICK) as daemon:
        before = daemon.lanes.device_ids
        async with site.owner.transaction() as transaction:
            await transaction.execute(update(device_lease).values(until=func.now()))
        await daemon.lanes.refresh()

        assert (frozenset(), {device_id}) == (before, daemon.lanes.device_ids)


async def test_a_silent_device_is_given_up_and_delays_nobody(site, olts):
    good = await olts(2)
    [silent] = await olts(1, faults=Faults(black_hole=True))
    await site.enter(ports([*good, silent]))
    async with site.daemon(**QUICK):

        async def others_read() -> bool:
            return await site.polled() == 2

        await eventually(others_read)

        async def tried() -> bool:
            tries = await site.rows(device_status, device_status.c.last_try_at)
            return len(tries) == 3 and all(at is not None for (at,) in tries)

        await eventually(tried)

    assert silent.agent.counts["requests"] >= 3
    problem = (device_status.c.state, device_status.c.problem)
    assert ("new", "no answer to 3 requests") in await site.rows(device_status, *problem)


async def test_credentials_that_do_not_open_are_told(site, olts):
    [device_id] = await site.enter(ports(await olts(1)))
    async with site.owner.transaction() as transaction:
        await transaction.execute(update(device).values(credentials_sealed=b"something else"))
    async with site.daemon(**QUICK):

        async def told() -> list:
            problem = (device_status.c.device_id, device_status.c.state)
            return await site.rows(device_status, *problem)

        assert [(device_id, "refused")] == await eventually(told)


async def ask(site: Collecting, **columns) -> dict:
    """Put a request into its row, and wait for the outcome."""
    async with site.owner.transaction() as transaction:
        row = {"tenant_id": 1, "requested_by": "ann", "requested_at": datetime.now(UTC)} | columns
        asked = insert(device_request).values(row).returning(device_request.c.device_request_id)
        number = await transaction.scalar(asked)

    async def outcome():
        async with site.owner.transaction() as transaction:
            own = device_request.c.device_request_id == number
            return await transaction.scalar(select(device_request.c.outcome).where(own))

    return await eventually(outcome)


async def test_persons_are_answered_readings_tests_and_what_is_there(site, olts):
    [entered, stranger] = ports(await olts(2))
    [device_id] = await site.enter([entered])
    sealed = seal_credentials(PUBLIC, site.keys)
    target = {"kind": "olt", "driver": "auto", "host": "127.0.0.1", "port": stranger}
    networks = {"networks": ["127.0.0.1"], "port": stranger}
    async with site.daemon(**QUICK):
        poll, test, there, found = await asyncio.gather(
            ask(site, kind="poll", device_id=device_id),
            ask(site, kind="test", device_id=device_id),
            ask(site, kind="test", target=target, credentials_sealed=sealed),
            ask(site, kind="discover", target=networks, credentials_sealed=sealed),
        )

    assert 8 == len(poll["onus"])
    assert all(each["rx_dbm"] is not None for each in poll["onus"])
    assert ["huawei"] * 3 == [test["driver"], there["driver"], found["found"][0]["driver"]]
    kept = await site.rows(device_request, device_request.c.credentials_sealed)
    assert {(None,)} == set(kept)
