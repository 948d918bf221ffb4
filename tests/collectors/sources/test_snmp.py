"""SNMP as a source: which driver reads a device, and what it is read with."""

from collectors.driver import Part
from collectors.drivers import drivers
from isp.access_network import OnuReading, OnuState
from lab.olt import Agent, Plant, personalities, play, tell, wire
from lab.olt.recording import columns
from lab.olt.view import View
from lab.olt.wire import Oid
from tests.support.snmp_session import StandingClock, snmp_source

ENTERPRISES = (1, 3, 6, 1, 4, 1)
SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
EVERYTHING = frozenset(Part)


def cells_of(family: str) -> dict[Oid, bytes]:
    who = personalities()[family]
    plant = Plant.build(StandingClock(), ports=2, onus=6, vendor_id=who.vendor_id)
    return dict(tell(plant, who).cells())


def view(cells: dict[Oid, bytes]) -> View:
    return View(columns(cells, lambda recorded: recorded))


async def test_an_olt_without_onus_is_known_by_its_tables_once_it_has_some():
    whole = cells_of("vsol_gpon")
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
        told = await source.probe()
        after = await source.read(EVERYTHING)

    assert "zte_titan" == told.driver
    assert [onu.serial for onu in before.onus] == [onu.serial for onu in after.onus]


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
