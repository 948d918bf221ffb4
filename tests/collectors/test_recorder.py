"""Readings in a real database: rows as they are to be, one transaction each, nobody else's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from chassis.clock import ManualClock
from collectors.consequences import PollChange
from collectors.driver import Part
from collectors.recorder import LeaseLost, Recorder
from collectors.sources import Identity
from collectors.store import leases
from collectors.store.devices import Device, device_of
from collectors.store.status import DeviceState
from database.connect import Database, Role
from database.tables.access_network import (
    device,
    device_interface,
    device_status,
    onu,
    onu_unprovisioned,
    pon_port,
)
from isp.access_network import (
    DeviceReading,
    InterfaceReading,
    OnuReading,
    OnuState,
    Poll,
    PortReading,
    UnprovisionedReading,
)

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATE, OPTICS = frozenset({Part.STATE}), frozenset({Part.OPTICS})
INVENTORY = frozenset({Part.INVENTORY, Part.STATE})
ONLINE, LOS = OnuState.ONLINE, OnuState.LOS


@dataclass
class Heard:
    """A consequence that remembers, or that refuses."""

    changes: list[PollChange] = field(default_factory=list)
    committed_changes: list[PollChange] = field(default_factory=list)
    refusal: Exception | None = None

    async def polled(self, transaction, change: PollChange) -> None:
        assert transaction.in_transaction()
        self.changes.append(change)
        if self.refusal is not None:
            raise self.refusal

    async def committed(self, change: PollChange) -> None:
        self.committed_changes.append(change)


class Site:
    """Devices that this process holds the leases of, with a recorder for each."""

    def __init__(self, open_as: Open, tenant_id: int) -> None:
        self.owner = open_as(Role.OWNER)
        self.database = open_as(Role.COLLECTORS)
        self.tenant_id = tenant_id
        self.clock = ManualClock(NOON)
        self.heard = Heard()

    async def recorder(self, name: str, me: str = "one") -> Recorder:
        found = await self.device(name)
        async with self.database.transaction() as transaction:
            assert await leases.hold(transaction, me, [found.device_id])
        made = Recorder(
            found,
            me=me,
            driver="huawei",
            database=self.database,
            clock=self.clock,
            consequences=[self.heard],
            writers=asyncio.Semaphore(1),
        )
        await made.load()
        return made

    async def device(self, name: str) -> Device:
        entered = {"kind": "olt", "host": name, "port": 161, "credentials_sealed": b"sealed"}
        async with self.owner.transaction() as transaction:
            query = select(device).where(device.c.name == name)
            row = (await transaction.execute(query)).one_or_none()
            if row is None:
                statement = insert(device).values(tenant_id=self.tenant_id, name=name, **entered)
                row = (await transaction.execute(statement.returning(*device.c))).one()
        return device_of(row)

    async def rows(self, table, *columns):
        async with self.owner.transaction() as transaction:
            found = await transaction.execute(
                select(*columns).select_from(table).order_by(*columns)
            )
            return [tuple(row) for row in found]


@pytest.fixture
def site(database: Open, tenant_id: int) -> Site:
    return Site(database, tenant_id)


def reading(serial: str, port: str = "0/1/0", onu_id: int = 1, **said) -> OnuReading:
    return OnuReading(serial=serial, port=port, onu_id=onu_id, **({"state": ONLINE} | said))


def polled(*onus: OnuReading, **said) -> Poll:
    return Poll(onus=onus, **said)


PLACES = (onu.c.serial, onu.c.onu_index, onu.c.state)


async def test_a_whole_reading_becomes_rows_and_loads_as_it_was(site: Site):
    recorder = await site.recorder("olt1")
    poll = Poll(
        device=DeviceReading(model="MA5800-X7", firmware="V100R019", uptime_seconds=12.5),
        ports=(PortReading(port="0/1/0", if_index=4194312192, state="up", tx_dbm=3.5),),
        interfaces=(InterfaceReading(name="ethernet0/9/0", if_index=7, oper_up=True),),
        onus=(
            reading("HWTC00000001", rx_dbm=-21.5, distance_m=1250, description="flat 3"),
            reading("HWTC00000002", onu_id=2, state=LOS),
        ),
        unprovisioned=(UnprovisionedReading(serial="HWTC00000009", port="0/1/0"),),
        uptime_ticks=1250,
    )
    await recorder.read(frozenset(Part), poll, {"varbinds": 37})
    known = recorder.known
    await recorder.load()

    assert known.onus == recorder.known.onus
    assert known.readings == recorder.known.readings
    assert known.ports == recorder.known.ports
    assert known.port_readings == recorder.known.port_readings
    assert known.interface_readings == recorder.known.interface_readings
    assert known.unprovisioned == recorder.known.unprovisioned
    status = (device_status.c.state, device_status.c.model, device_status.c.capabilities)
    assert [("reachable", "MA5800-X7", {"varbinds": 37})] == await site.rows(device_status, *status)
    assert 2 == len(site.heard.changes[0].appeared)


async def test_a_thousand_onus_are_added_and_changed_in_one_go(site: Site):
    recorder = await site.recorder("olt1")
    onus = [reading(f"HWTC{n:08X}", port=f"0/1/{n % 16}", onu_id=n // 16) for n in range(1000)]
    await recorder.read(INVENTORY, polled(*onus), {})
    down = [reading(o.serial, o.port, o.onu_id, state=LOS) for o in onus]
    await recorder.read(STATE, polled(*down), {})

    assert [(1000,)] == await site.rows(onu, func.count())
    assert {("los",)} == set(await site.rows(onu, onu.c.state))
    assert 1000 == len(site.heard.changes[1].state_changes)


async def test_two_onus_that_changed_places_keep_their_rows_and_links(site: Site):
    recorder = await site.recorder("olt1")
    await recorder.read(INVENTORY, polled(reading("A"), reading("B", onu_id=2)), {})
    async with site.owner.transaction() as transaction:
        linked = update(onu).where(onu.c.serial == "A").values(linked_by="serial")
        await transaction.execute(linked)
    before = await site.rows(onu, onu.c.onu_id, onu.c.serial, onu.c.linked_by)
    await recorder.read(STATE, polled(reading("A", onu_id=2), reading("B", onu_id=1)), {})

    assert before == await site.rows(onu, onu.c.onu_id, onu.c.serial, onu.c.linked_by)
    assert [("A", 2, "online"), ("B", 1, "online")] == await site.rows(onu, *PLACES)


async def test_an_onu_moves_to_the_device_where_it_is_alight_and_keeps_its_row(site: Site):
    one, two = await site.recorder("olt1"), await site.recorder("olt2")
    await one.read(INVENTORY, polled(reading("A"), reading("B", onu_id=2)), {})
    before = await site.rows(onu, onu.c.onu_id, onu.c.serial)
    await two.read(STATE, polled(reading("A", state=LOS)), {})
    stays = await site.rows(onu, onu.c.serial, onu.c.device_id)
    await one.read(STATE, polled(reading("A", state=LOS), reading("B", onu_id=2)), {})
    await two.read(STATE, polled(reading("A", onu_id=7)), {})
    await one.read(STATE, polled(reading("A", state=LOS, onu_id=3), reading("B", state=LOS)), {})

    assert {one.device.device_id} == {device_id for _, device_id in stays}
    assert before == await site.rows(onu, onu.c.onu_id, onu.c.serial)
    assert [
        ("A", two.device.device_id, 7, "online"),
        ("B", one.device.device_id, 1, "los"),
    ] == await site.rows(onu, onu.c.serial, onu.c.device_id, onu.c.onu_index, onu.c.state)


async def test_a_cut_reading_changes_what_it_read_and_deletes_nothing(site: Site):
    recorder = await site.recorder("olt1")
    both = (reading("A"), reading("B", onu_id=2))
    await recorder.read(INVENTORY, polled(*both), {})
    for _ in range(3):
        await recorder.read(INVENTORY, polled(reading("A", state=LOS), partial=("onus",)), {})

    assert [("A", 1, "los"), ("B", 2, "online")] == await site.rows(onu, *PLACES)
    assert {(None,)} == set(await site.rows(onu, onu.c.missing_since))
    assert [(["onus"],)] == await site.rows(device_status, device_status.c.partial)


async def test_an_onu_that_two_full_readings_leave_out_is_missing_and_comes_back(site: Site):
    recorder = await site.recorder("olt1")
    both = (reading("A"), reading("B", onu_id=2))
    missing = (onu.c.serial, onu.c.missing_since, onu.c.state)
    await recorder.read(INVENTORY, polled(*both), {})
    await recorder.read(STATE, polled(both[0]), {})
    site.clock.advance(300)
    await recorder.read(STATE, polled(both[0]), {})
    gone = await site.rows(onu, *missing)
    await recorder.load()
    await recorder.read(STATE, polled(*both), {})

    assert [("A", None, "online"), ("B", NOON, "online")] == gone
    assert [("A", None, "online"), ("B", None, "online")] == await site.rows(onu, *missing)
    assert ["B"] == [each.serial for each in site.heard.changes[2].vanished]
    assert ["B"] == [each.serial for each in site.heard.changes[3].appeared]


async def test_light_is_stamped_and_the_state_is_not_touched(site: Site):
    recorder = await site.recorder("olt1")
    await recorder.read(INVENTORY, polled(reading("A")), {})
    site.clock.advance(60)
    await recorder.read(OPTICS, polled(reading("A", state=OnuState.UNKNOWN, rx_dbm=-19.0)), {})

    seen = (onu.c.rx_dbm, onu.c.optics_read_at, onu.c.state, onu.c.state_changed_at)
    expected = [(-19.0, NOON + timedelta(seconds=60), "online", NOON)]
    assert expected == await site.rows(onu, *seen)


async def test_an_unprovisioned_onu_that_was_provisioned_is_no_longer_waiting(site: Site):
    recorder = await site.recorder("olt1")
    waiting = UnprovisionedReading(serial="N", port="0/1/0")
    await recorder.read(INVENTORY, polled(unprovisioned=(waiting,)), {})
    before = await site.rows(onu_unprovisioned, onu_unprovisioned.c.serial)
    await recorder.read(INVENTORY, polled(reading("N")), {})

    assert [("N",)] == before
    assert [] == await site.rows(onu_unprovisioned, onu_unprovisioned.c.serial)


async def test_a_consequence_that_fails_undoes_the_reading(site: Site):
    recorder = await site.recorder("olt1")
    site.heard.refusal = ZeroDivisionError("a judge")
    with pytest.raises(ZeroDivisionError):
        await recorder.read(INVENTORY, polled(reading("A")), {})

    assert [] == await site.rows(onu, onu.c.serial)
    assert {} == recorder.known.onus
    assert [] == site.heard.committed_changes


async def test_who_lost_the_lease_writes_nothing(site: Site):
    recorder = await site.recorder("olt1")
    async with site.database.transaction() as transaction:
        await leases.give_up(transaction, "one", [recorder.device.device_id])
        await leases.hold(transaction, "two", [recorder.device.device_id])
    with pytest.raises(LeaseLost):
        await recorder.read(INVENTORY, polled(reading("A")), {})

    assert [] == await site.rows(onu, onu.c.serial)
    assert [] == await site.rows(pon_port, pon_port.c.name)


async def test_a_device_is_what_it_says_and_unreachable_when_it_is_given_up(site: Site):
    recorder = await site.recorder("olt1")
    state = (device_status.c.state, device_status.c.problem, device_status.c.driver)
    await recorder.lost("no answer", None)
    new = await site.rows(device_status, *state)
    await recorder.identified(Identity(driver="zte", sys_name="olt1"))
    seen = await site.rows(device_status, *state)
    await recorder.lost("no answer", None)
    await recorder.lost("no answer", DeviceState.UNREACHABLE)

    assert [("new", "no answer", None)] == new
    assert [("reachable", "no answer", "zte")] == seen
    assert [("unreachable", "no answer", "zte")] == await site.rows(device_status, *state)


async def test_interfaces_that_are_renumbered_stay_the_same_rows(site: Site):
    recorder = await site.recorder("olt1")
    key = (device_interface.c.device_interface_id, device_interface.c.name)
    await recorder.read(INVENTORY, Poll(interfaces=(InterfaceReading(name="ge0", if_index=1),)), {})
    before = await site.rows(device_interface, *key)
    await recorder.read(INVENTORY, Poll(interfaces=(InterfaceReading(name="ge0", if_index=5),)), {})

    assert before == await site.rows(device_interface, *key)
    assert [(5,)] == await site.rows(device_interface, device_interface.c.if_index)


async def test_states_are_as_of_when_their_whole_reading_began(site: Site):
    recorder = await site.recorder("olt1")
    began_at = NOON - timedelta(seconds=40)
    await recorder.read(INVENTORY, polled(reading("A")), {}, began_at)
    await recorder.read(OPTICS, polled(reading("A", rx_dbm=-19.0)), {})
    await recorder.read(STATE, polled(reading("A"), partial=("onus",)), {})

    assert [(began_at,)] == await site.rows(device_status, device_status.c.last_state_at)
