"""What polls leave for the history, and what it comes to by hour, by day and beside RADIUS."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from chassis.clock import ManualClock
from collectors.consequences import PollChange
from collectors.driver import Part
from collectors.history import History, hours_between
from collectors.sampling import Sampling
from database.connect import Database, Role
from database.partitions import ensure_partitions
from database.tables.access_history import access_daily, access_hourly
from database.tables.access_network import access_sample
from database.tables.sessions import usage_hourly
from isp.access_network import InterfaceReading, OnuReading, Poll
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLL = timedelta(minutes=5)
MEGABYTE = 1_000_000


@pytest.fixture
async def site(database: Open) -> OltSite:
    owner = database(Role.OWNER)
    async with owner.transaction() as transaction:
        await ensure_partitions(transaction, NOON.date())
    site = OltSite(owner, [Sampling()], onus_per_port=2)
    await site.build(NOON - timedelta(days=1))
    site.owner = database(Role.COLLECTORS)
    return site


def traffic(site: OltSite, at: datetime, octets: dict[int, int], **fields: Any) -> PollChange:
    """A reading of the ONUs' counters; up is a tenth of down."""
    onus = tuple(
        OnuReading(
            serial=site.onus[number].serial,
            port="0/1/0",
            octets_up=value // 10,
            octets_down=value,
            **fields,
        )
        for number, value in octets.items()
    )
    ticks = int((at - NOON).total_seconds() * 100) + 1_000_000
    return PollChange(
        device=site.device,
        parts=frozenset({Part.TRAFFIC}),
        poll=Poll(onus=onus, uptime_ticks=ticks),
        onus={known.serial: known for known in site.onus.values()},
        ports=site.ports,
        interfaces={"eth1": 1},
        now=at,
    )


async def test_octets_are_what_was_counted_since_the_reading_before(site):
    for turn, octets in enumerate([10 * MEGABYTE, 13 * MEGABYTE, 1 * MEGABYTE, 2 * MEGABYTE]):
        await site.record(traffic(site, NOON + turn * POLL, {0: octets}))
    rows = await site.table(access_sample)

    assert [(3 * MEGABYTE, 300_000, 300.0), (MEGABYTE, 100_000, 300.0)] == [
        (row.octets_down, row.octets_up, row.seconds) for row in rows
    ]
    assert {site.subscribers[0]} == {row.subscriber_id for row in rows}


async def test_a_reading_that_was_undone_is_not_counted_from(site):
    await site.record(traffic(site, NOON, {0: 10 * MEGABYTE}))
    with pytest.raises(RuntimeError):
        async with site.owner.transaction() as transaction:
            undone = traffic(site, NOON + POLL, {0: 12 * MEGABYTE})
            await site.consequences[0].polled(transaction, undone)
            raise RuntimeError("the reading is undone")
    await site.record(traffic(site, NOON + 2 * POLL, {0: 15 * MEGABYTE}))

    assert [5 * MEGABYTE] == [row.octets_down for row in await site.table(access_sample)]


async def test_light_is_kept_and_an_interface_has_its_errors(site):
    await site.record(traffic(site, NOON, {0: 0}, rx_dbm=-21.5))
    for turn in range(2):
        link = InterfaceReading(name="eth1", octets_in=turn * 900, errors_in=turn, errors_out=turn)
        change = PollChange(
            device=site.device, parts=frozenset({Part.TRAFFIC}), poll=Poll(interfaces=(link,)),
            onus={}, ports={}, interfaces={"eth1": 1}, now=NOON + turn * POLL,
        )  # fmt: skip
        await site.record(change)
    rows = {row.kind: row for row in await site.table(access_sample)}

    assert (-21.5, 900, 2) == (
        rows["onu"].rx_dbm,
        rows["interface"].octets_down,
        rows["interface"].errors,
    )


async def test_an_interface_that_counts_in_32_bits_loses_nothing_by_a_wrap(site):
    for turn, octets in enumerate([2**32 - 400, 500]):
        link = InterfaceReading(
            name="eth1", octets_in=octets, octets_out=turn, octets_bits=32, errors_in=turn,
            speed_bits_per_second=100_000_000,
        )  # fmt: skip
        change = PollChange(
            device=site.device, parts=frozenset({Part.TRAFFIC}), poll=Poll(interfaces=(link,)),
            onus={}, ports={}, interfaces={"eth1": 1}, now=NOON + turn * POLL,
        )  # fmt: skip
        await site.record(change)
    [row] = await site.table(access_sample)

    assert (900, 1, 1) == (row.octets_down, row.octets_up, row.errors)


async def test_hours_and_days_are_rolled_up_the_same_however_often(database: Open, site):
    for turn in range(25):
        octets = {0: turn * MEGABYTE, 1: 2 * turn * MEGABYTE}
        await site.record(traffic(site, NOON + turn * POLL, octets, rx_dbm=-20.0 - turn))
    history = History(database(Role.COLLECTORS), ManualClock(NOON + timedelta(hours=2, minutes=10)))
    for _ in range(2):
        await history.roll()
    hours = [row for row in await site.table(access_hourly) if row.subject_id == onu(site, 0)]
    days = await site.table(access_daily)

    assert [11 * MEGABYTE, 12 * MEGABYTE, MEGABYTE] == [row.octets_down for row in hours]
    assert [-31.0, -43.0, -44.0] == [row.rx_dbm_min for row in hours]
    assert {(24 * MEGABYTE, 7200.0), (48 * MEGABYTE, 7200.0)} == {
        (row.octets_down, row.counted_seconds) for row in days
    }


async def test_usage_of_devices_stands_beside_that_of_radius(database: Open, site):
    for turn in range(13):
        await site.record(traffic(site, NOON + turn * POLL, {0: turn * 11 * MEGABYTE}))
    async with database(Role.RADIUSD).transaction() as transaction:
        await transaction.execute(
            insert(usage_hourly).values(
                tenant_id=1, subscriber_id=site.subscribers[0],
                service_id=await transaction.scalar(text("SELECT min(service_id) FROM service")),
                hour=NOON, octets_up=12 * MEGABYTE, octets_down=120 * MEGABYTE,
            )
        )  # fmt: skip
    await History(database(Role.COLLECTORS), ManualClock(NOON + timedelta(hours=1))).roll()
    async with database(Role.READER).transaction() as reader:
        view = text("SELECT service, day, difference_percent FROM report.usage_crosscheck")
        [found] = (await reader.execute(view)).all()

    assert ("olt1-0", date(2026, 3, 1), 10) == tuple(found)


def test_after_a_long_absence_only_the_last_days_are_rolled_up():
    now = NOON + timedelta(minutes=20)

    assert 48 == len(list(hours_between(None, now)))
    assert 48 == len(list(hours_between(NOON - timedelta(days=30), now)))
    assert [NOON - timedelta(hours=1), NOON] == list(hours_between(NOON - timedelta(hours=1), now))


def onu(site: OltSite, number: int) -> int:
    return site.onus[number].onu_id
