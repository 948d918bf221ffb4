"""Readings of an OLT in a real database: which alarms stand afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from collectors.alarm_watch import AlarmWatch
from collectors.consequences import PollChange
from collectors.driver import Part
from collectors.outage_watch import OutageWatch
from collectors.symptoms import Limits
from database.connect import Database, Role
from database.tables.outages import alarm, alarm_state, maintenance_window, outage
from isp.access_network import DeviceReading, InterfaceReading, OnuState, Poll, PortReading
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLL = timedelta(minutes=5)
ONLINE, LOS, GASP = OnuState.ONLINE, OnuState.LOS, OnuState.DYING_GASP


@pytest.fixture
async def site(database: Open) -> OltSite:
    watches = [OutageWatch(look_soon=lambda _: None), AlarmWatch(Limits())]
    site = OltSite(database(Role.OWNER), watches, onus_per_port=12)
    await site.build(NOON - timedelta(days=1))
    site.owner = database(Role.COLLECTORS)
    return site


async def read_all(site: OltSite, polls, **columns) -> None:
    """Polls five minutes apart, from noon; each is the ONUs that change."""
    for turn, changes in enumerate(polls):
        now = NOON + turn * POLL
        here = {name: steps[turn] for name, steps in columns.items()}
        await site.read(changes, now, parts=frozenset({Part.STATE, Part.OPTICS}), **here)


def whole(site: OltSite, poll: Poll, at: datetime) -> PollChange:
    return PollChange(
        device=site.device, parts=frozenset({Part.HEALTH}), poll=poll, ports=site.ports,
        onus={known.serial: known for known in site.onus.values()}, interfaces={}, now=at,
    )  # fmt: skip


async def standing(site: OltSite) -> list[tuple[str, str]]:
    return [(row.kind, row.place) for row in await site.table(alarm) if row.cleared_at is None]


async def test_weak_light_is_an_alarm_of_its_subscriber_and_clears_with_hysteresis(site):
    light = [{5: value} for value in (-27.5, -27.4, -26.5, -25.9, -25.8, -25.7, -25.6)]
    await read_all(site, [{}, {}], rx_dbm=light)
    [raised] = await site.table(alarm)

    assert ("onu_rx_low", "warning", -27.4, -27.0, site.subscribers[5], site.onus[5].serial) == (
        raised.kind, raised.severity, raised.value, raised.threshold, raised.subscriber_id,
        raised.place,
    )  # fmt: skip
    await read_all(site, [{}] * 7, rx_dbm=light)
    [cleared] = await site.table(alarm)

    assert cleared.cleared_at is not None


async def test_what_an_onu_complains_of_itself_is_an_alarm_until_it_says_nothing(site):
    named = [{5: ("ONU_LOW_RX_OPTICAL",)}] * 2
    await read_all(site, [{}, {}], alarms=named)
    raised = await standing(site)
    await read_all(site, [{}] * 6, alarms=[*named, *[{5: ()}] * 4])

    assert [("onu_alarm", f"{site.onus[5].serial} ONU_LOW_RX_OPTICAL")] == raised
    assert [] == await standing(site)


async def test_one_dark_onu_is_an_alarm_but_not_a_power_cut_in_a_home(site):
    await read_all(site, [{1: LOS, 2: GASP}, {}, {}])

    assert [("onu_los", site.onus[1].serial)] == await standing(site)


async def test_an_onu_that_was_dark_when_first_seen_raises_nothing(site):
    site.onus[1] = replace(site.onus[1], state=LOS)
    await read_all(site, [{}, {}, {}])

    assert [] == await standing(site)


async def test_an_outage_excuses_its_onus_from_alarms(site):
    await read_all(site, [dict.fromkeys(range(12), LOS), {}, {}, {}])

    assert ["open"] == [row.state for row in await site.table(outage)]
    assert [] == await site.table(alarm)


async def test_an_alarm_that_comes_and_goes_is_one_alarm_with_its_flaps(site):
    await read_all(site, [{1: LOS}, {}, {1: ONLINE}, {1: LOS}, {1: ONLINE}, {1: LOS}])
    [found] = await site.table(alarm)

    assert (None, 2) == (found.cleared_at, found.flaps)


async def test_nothing_is_remembered_of_what_is_well(site):
    await read_all(site, [{1: LOS}, {1: ONLINE}, {}, {}, {}] + [{}] * 16)

    assert [] == await site.table(alarm_state)


async def test_planned_work_raises_nothing(database: Open, site):
    await _plan_work(database(Role.OWNER))
    await read_all(site, [{1: LOS}, {}, {}])

    assert [] == await site.table(alarm)


async def test_a_hot_device_a_port_with_onus_and_a_described_link_are_alarms(site):
    poll = Poll(
        device=DeviceReading(temperature_celsius=80.0),
        ports=(
            PortReading(port="0/1/0", state="down"),
            PortReading(port="0/1/9", state="down"),
        ),
        interfaces=(
            InterfaceReading(name="eth1", admin_up=True, oper_up=False, alias="to the core"),
            InterfaceReading(name="eth2", admin_up=True, oper_up=False),
            InterfaceReading(name="eth3", admin_up=False, oper_up=False, alias="spare"),
        ),
    )
    for turn in range(2):
        await site.record(whole(site, poll, NOON + turn * POLL))

    assert [
        ("device_temperature", ""),
        ("interface_down", "eth1"),
        ("port_down", "0/1/0"),
    ] == sorted(await standing(site))


async def _plan_work(owner: Database) -> None:
    async with owner.transaction() as transaction:
        await transaction.execute(
            insert(maintenance_window).values(
                tenant_id=1,
                scope="area",
                area="north",
                reason="splicing",
                starts_at=NOON - POLL,
                ends_at=NOON + timedelta(hours=1),
                created_by="ann",
                created_at=NOON,
            )
        )
