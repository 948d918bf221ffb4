"""SNMP as a source: which driver reads a device, and what it is read with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

import pytest

from collectors.driver import Part
from collectors.drivers import candidates, distinguishing, drivers
from collectors.sources import SourceLost
from devices.snmp import SnmpTimeout, Value, Walk
from isp.access_network import OnuReading, OnuState
from lab.olt import Agent, Plant, personalities, play, tell, wire
from lab.olt.recording import columns
from lab.olt.view import View
from lab.olt.wire import Oid
from tests.support.snmp_session import StandingClock, snmp_source

ENTERPRISES = (1, 3, 6, 1, 4, 1)
SYS_DESCR = (1, 3, 6, 1, 2, 1, 1, 1, 0)
SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
EVERYTHING = frozenset(Part)


def cells_of(family: str) -> dict[Oid, bytes]:
    who = personalities()[family]
    plant = Plant.build(StandingClock(), ports=2, onus=6, vendor_id=who.vendor_id)
    return dict(tell(plant, who).cells())


def view(cells: dict[Oid, bytes]) -> View:
    return View(columns(cells, lambda recorded: recorded))


async def no_answer(*_asked: object, **_options: object) -> NoReturn:
    raise SnmpTimeout("no answer")


async def test_an_olt_without_onus_is_known_by_its_tables_once_it_has_some():
    whole = cells_of("vsol_gpon") | {SYS_DESCR: wire.octets("olt")}
    empty = {oid: cell for oid, cell in whole.items() if oid[:6] != ENTERPRISES}
    views = [view(empty)]
    async with Agent(lambda: views[-1]) as agent, snmp_source(agent.port) as source:
        first = await source.probe()
        before = await source.read(EVERYTHING)
        views.append(view(whole))
        after = await source.read(EVERYTHING)
        told = await source.probe()

    assert ("vsol_epon", "vsol_gpon") == (first.driver, told.driver)
    assert (0, 6) == (len(before.onus), len(after.onus))


async def test_firmware_with_other_tables_is_read_with_them_after_it_was_restarted():
    views = [view(cells_of("zte"))]
    async with Agent(lambda: views[-1]) as agent, snmp_source(agent.port) as source:
        before = await source.read(EVERYTHING)
        views.append(view(cells_of("zte_titan")))
        with pytest.MonkeyPatch.context() as silent:
            silent.setattr(source.session, "get", no_answer)
            silent.setattr(source.session, "walk", no_answer)
            with pytest.raises(SourceLost):
                await source.read(EVERYTHING)
        told = await source.probe()
        after = await source.read(EVERYTHING)

    assert "zte_titan" == told.driver
    assert [onu.serial for onu in before.onus] == [onu.serial for onu in after.onus]


async def test_a_device_that_is_known_is_not_chosen_for_again_while_it_answers():
    async with play(cells_of("zte")) as agent, snmp_source(agent.port) as source:
        await source.probe()
        chosen = agent.counts["get_bulk"]
        await source.probe()

    assert 0 < chosen == agent.counts["get_bulk"]


async def test_a_walk_that_was_cut_off_chooses_for_now_only():
    only_zte = distinguishing(drivers()[name] for name in ("zte", "zte_titan"))["zte"]
    a_few = frozenset(sorted(only_zte)[:2])

    async def cut_off(asked: Sequence[str], **_options: object) -> Walk:
        had = {column: {(1,): 1} for column in a_few}
        unknown = frozenset(asked) - only_zte
        return Walk(columns=had, complete=False, fault="no answer", unknown=unknown)

    async with play(cells_of("zte_titan")) as agent, snmp_source(agent.port) as source:
        with pytest.MonkeyPatch.context() as cut:
            cut.setattr(source.session, "walk", cut_off)
            first = await source.probe()
        await source.read(EVERYTHING)

    assert ("zte", "zte_titan") == (first.driver, source.identity.driver)


async def test_a_column_that_an_agent_never_tells_decides_nothing_where_it_could_not():
    """Another's column is a fault of the agent each time: the device is known all the same."""
    looks = []

    async with play(cells_of("zte_titan")) as agent, snmp_source(agent.port) as source:
        walk = source.session.walk

        async def faulty(asked: Sequence[str], **options: object) -> Walk:
            told = await walk(asked, **options)
            if options.get("rows_max") != 0:
                return told
            looks.append(told)
            never = frozenset(column for column in asked if not told.columns[column])
            unknown = frozenset(sorted(never)[:3])
            return replace(told, complete=False, fault="genErr", unknown=unknown)

        with pytest.MonkeyPatch.context() as agents_fault:
            agents_fault.setattr(source.session, "walk", faulty)
            told = await source.probe()
            await source.read(EVERYTHING)

    assert ("zte_titan", 1) == (told.driver, len(looks))


@pytest.mark.parametrize(
    ("words", "driver"),
    [
        ("AN5516-06", "fiberhome"),
        ("BDCOM(tm) P3310D Software, Version 10.1.0E", "bdcom_epon"),
        ("C320 Version V2.1.0 Software", "zte"),
        ("Huawei Integrated Access Software", "huawei"),
        ("Linux olt 5.10", "standard"),
    ],
)
async def test_a_device_that_only_says_its_name_is_read_by_its_familys_driver(words, driver):
    async with play({SYS_DESCR: wire.octets(words)}) as agent, snmp_source(agent.port) as source:
        told = await source.probe()
        poll = await source.read(EVERYTHING)

    assert (driver, words, ()) == (told.driver, told.description, poll.partial)


@pytest.mark.parametrize(
    ("object_id", "words", "driver"),
    [
        ("1.3.6.1.4.1.3902.1082.1001.620.1.1", "ZXA10 C620, ZTE ZXA10 Software", "zte_titan"),
        ("1.3.6.1.4.1.3902.1082.1001.300.2.1", "C300 Version V2.1.0 Software", "zte"),
        ("1.3.6.1.4.1.37950.1.1.5.10.14.1", "V1600G1B", "vsol_gpon"),
        ("1.3.6.1.4.1.37950.1.1.5.10.14.1", "V1600D4", "vsol_epon"),
        ("1.3.6.1.4.1.3320.1.190.0", "BDCOM(tm) P3616-2TE Software", "bdcom_epon"),
        ("1.3.6.1.4.1.17409", "FD1616S-B1", "cdata_gpon"),
        ("1.3.6.1.4.1.17409", "FD1104SN", "cdata_fd"),
    ],
)
def test_while_no_table_tells_a_device_is_taken_for_what_it_is_called(object_id, words, driver):
    assert driver == candidates(object_id, words)[0].name


async def test_a_reading_is_not_lost_with_the_look_at_who_is_there():
    whole = cells_of("vsol_gpon")
    empty = {oid: cell for oid, cell in whole.items() if oid[:6] != ENTERPRISES}
    deadlines = []
    async with play(empty) as agent, snmp_source(agent.port) as source:
        await source.probe()
        get = source.session.get

        async def who_is_lost(oids: Sequence[str], **options: object) -> Mapping[str, Value]:
            if options.get("tries") == 1:
                deadlines.append(options["deadline"])
                await no_answer()
            return await get(oids, **options)

        with pytest.MonkeyPatch.context() as losing:
            losing.setattr(source.session, "get", who_is_lost)
            poll = await source.read(EVERYTHING)

    assert () == poll.onus
    assert [True] == [deadline is not None for deadline in deadlines]


async def test_counters_come_with_the_uptime_that_was_read_beside_them():
    """Whatever is read before and after them."""
    cells, asked = cells_of("huawei"), []

    def ticks(_recorded: int) -> int:
        asked.append(len(asked))
        return 1_000 * len(asked)

    told = View(columns(cells | {SYS_UP_TIME: wire.ticks(0)}, ticks))
    async with Agent(lambda: told) as agent, snmp_source(agent.port) as source:
        poll = await source.read(frozenset({Part.STATE, Part.TRAFFIC, Part.HEALTH}))

    assert poll.uptime_ticks is not None
    assert poll.uptime_ticks < 1_000 * len(asked)


async def test_an_onu_is_asked_for_the_cells_of_its_own_kind_alone():
    cells = cells_of("huawei")
    gpon = OnuReading(serial="HWTC00000001", port="0/0/0", index=(4194304000, 0))
    async with play(cells) as agent, snmp_source(agent.port, driver="huawei") as source:
        poll = await source.read(frozenset({Part.STATE}))
        [lit] = (
            await source.read_onu(next(o for o in poll.onus if o.state is OnuState.ONLINE))
        ).onus

    tables = drivers()["huawei"].tables[Part.OPTICS]
    assert [True, False] == [table.has(gpon) for table in tables]
    assert lit.rx_dbm is not None


async def test_the_light_of_an_onu_that_does_not_tell_its_serial_is_nobodys():
    """Where one cell cannot be had, what an ONU registered with is no second identity of it."""
    serial, registered = ((1, 3, 6, 1, 4, 1, 5875, 800, 3, 10, 1, 1, n) for n in (10, 8))
    cells = cells_of("fiberhome")
    views = [view(cells)]
    async with Agent(lambda: views[-1]) as agent, snmp_source(agent.port) as source:
        onu = next(
            each
            for each in (await source.read(frozenset({Part.STATE}))).onus
            if each.state is OnuState.ONLINE
        )
        lit = await source.read_onu(onu)
        cells[*registered, *onu.index] = wire.octets("FHTT55550001")
        del cells[*serial, *onu.index]
        views.append(view(cells))
        unlit = await source.read_onu(onu)

    assert [onu.serial] == [each.serial for each in lit.onus]
    assert () == unlit.onus
