"""Every driver reads out of its family's tables what stands behind the OLT that told them."""

import pytest

from collectors.driver import Part
from collectors.drivers import candidates, drivers
from isp.access_network import DownCause, OnuReading, OnuState, Poll
from lab.olt import Onu, Plant, personalities, play, tell, wire
from lab.olt.device import Personality
from tests.support.snmp_reading import readings_of
from tests.support.snmp_session import StandingClock, snmp_source

TELLS = {
    "bdcom_epon": {OnuState.LOS, OnuState.DYING_GASP},
    "bdcom_gpon": {OnuState.LOS, OnuState.DYING_GASP},
    "calix_axos": set(),
    "calix_exa": {OnuState.DYING_GASP},
    "cdata_epon": {OnuState.LOS, OnuState.DYING_GASP},
    "cdata_fd": {OnuState.LOS, OnuState.DYING_GASP},
    "cdata_gpon": {OnuState.LOS, OnuState.DYING_GASP},
    "fiberhome": {OnuState.LOS, OnuState.DYING_GASP},
    "huawei": {OnuState.LOS, OnuState.DYING_GASP},
    "nokia": set(),
    "ubiquiti": set(),
    "vsol_epon": {OnuState.DYING_GASP},
    "vsol_gpon": {OnuState.LOS, OnuState.DYING_GASP},
    "zte": {OnuState.LOS, OnuState.DYING_GASP},
    "zte_titan": {OnuState.LOS, OnuState.DYING_GASP},
}
"""How a family can say that an ONU is away; any other way it only says that it is."""

SYS_OBJECT_ID = (1, 3, 6, 1, 2, 1, 1, 2, 0)
NET_SNMP = (1, 3, 6, 1, 4, 1, 8072, 3, 2, 10)
"""What net-snmp's agent says of whatever it runs on."""

NAMELESS = {"calix_axos", "calix_exa"}
"""Tell neither serial nor port."""

SMALLEST_DB = {"ubiquiti": 0.01, "nokia": 0.002, "zte": 0.002, "zte_titan": 0.002}
"""Steps of light where they are not tenths or hundredths."""


def plant_of(who: Personality) -> Plant:
    plant = Plant.build(StandingClock(), ports=3, onus=24, vendor_id=who.vendor_id, seed=7)
    plant.use(1_000, 30_000)
    plant.cut(1)
    plant.switch_off(plant.onus[0])
    plant.lose(plant.onus[3], OnuState.OFFLINE, DownCause.RESET)
    plant.restore(plant.onus[3])
    return plant


def read(who: Personality, plant: Plant, parts: tuple[Part, ...] = tuple(Part)) -> Poll:
    driver = drivers()[who.name]
    return driver.parse(readings_of(driver, tell(plant, who).cells(), parts))


def identity(who: Personality, onu: Onu) -> str | None:
    if who.name in NAMELESS:
        return None
    return onu.mac.hex(":") if who.name.endswith(("epon", "_fd")) else onu.serial


def truth_of(who: Personality, plant: Plant) -> dict[tuple[object, ...], Onu]:
    return {key(who, onu): onu for onu in plant.onus}


def key(who: Personality, onu: Onu) -> tuple[object, ...]:
    if who.name in NAMELESS:
        return (onu.port * 1000 + onu.onu_id,)
    return (identity(who, onu),)


def found_in(who: Personality, poll: Poll) -> dict[tuple[object, ...], OnuReading]:
    if who.name in NAMELESS:
        return {(onu.onu_id,): onu for onu in poll.onus}
    return {(onu.serial,): onu for onu in poll.onus}


@pytest.fixture(params=sorted(personalities()))
def who(request: pytest.FixtureRequest) -> Personality:
    return personalities()[request.param]


def test_every_olt_driver_has_an_olt_to_read():
    families = {driver.name for driver in drivers().values()} - {"standard"}

    assert families >= set(personalities())


def test_the_driver_is_among_those_that_fit_the_object_id(who):
    dotted = ".".join(map(str, who.object_id))

    assert who.name in {driver.name for driver in candidates(dotted)}


@pytest.mark.parametrize("object_id", [None, NET_SNMP])
async def test_a_device_is_read_by_its_familys_driver(who, object_id):
    """Told by its tables from its siblings, and from all where its sysObjectID is of none."""
    cells = dict(tell(plant_of(who), who).cells())
    if object_id is not None:
        cells[SYS_OBJECT_ID] = wire.object_identifier(object_id)
    async with play(cells) as agent, snmp_source(agent.port) as source:
        assert who.name == (await source.probe()).driver


async def test_one_half_of_the_columns_is_enough_to_know_a_family(who):
    cells = tell(plant_of(who), who).cells()
    own = sorted(drivers()[who.name].own_columns)
    lacking = [tuple(map(int, column.split("."))) for column in own[::2]]
    poorer = {
        oid: cell
        for oid, cell in cells.items()
        if not any(oid[: len(column)] == column for column in lacking)
    }
    async with play(poorer) as agent, snmp_source(agent.port) as source:
        assert who.name == (await source.probe()).driver


def test_every_onu_is_read_once_with_its_own_light(who):
    plant = plant_of(who)
    truth, found = truth_of(who, plant), found_in(who, read(who, plant))

    assert truth.keys() == found.keys()
    for name, onu in truth.items():
        reading = found[name]
        step = SMALLEST_DB.get(who.name, 0.1)
        if onu.online:
            assert reading.rx_dbm == pytest.approx(onu.rx_dbm, abs=step)
            assert reading.tx_dbm == pytest.approx(onu.tx_dbm, abs=step)
        else:
            assert [None] * 3 == [reading.rx_dbm, reading.tx_dbm, reading.olt_rx_dbm]


def test_states_are_as_exact_as_the_family_can_tell(who):
    plant = plant_of(who)
    found = found_in(who, read(who, plant))
    expected = {
        key(who, onu): onu.state if onu.online or onu.state in TELLS[who.name] else OnuState.OFFLINE
        for onu in plant.onus
    }

    assert expected == {name: onu.state for name, onu in found.items()}


def test_an_onu_has_the_same_place_and_serial_in_every_part(who):
    plant = plant_of(who)
    whole = found_in(who, read(who, plant))
    for part in (Part.INVENTORY, Part.STATE, Part.OPTICS, Part.TRAFFIC):
        for onu in read(who, plant, (part,)).onus:
            same = whole[(onu.onu_id,) if who.name in NAMELESS else (onu.serial,)]

            assert (same.port, same.onu_id, same.index) == (onu.port, onu.onu_id, onu.index)


def test_light_is_told_of_nobody_without_saying_whose(who):
    for onu in read(who, plant_of(who), (Part.OPTICS,)).onus:
        assert who.name in NAMELESS or onu.serial is not None


def test_states_alone_name_every_onu(who):
    plant = plant_of(who)

    assert truth_of(who, plant).keys() == found_in(who, read(who, plant, (Part.STATE,))).keys()


def test_swapped_onus_are_read_at_their_new_places(who):
    plant = plant_of(who)
    before = found_in(who, read(who, plant))
    one, other = plant.onus[2], plant.onus[5]
    plant.swap(one, other)
    after = found_in(who, read(who, plant))
    if who.name not in NAMELESS:
        places = [
            (found[key(who, onu)].port, found[key(who, onu)].onu_id)
            for found in (before, after)
            for onu in (one, other)
        ]

        assert places[:2] == places[:1:-1]


def test_ports_count_their_onus(who):
    plant = plant_of(who)
    ports = read(who, plant).ports

    assert len(plant.ports) == len(ports)
    if who.name not in NAMELESS and who.name != "ubiquiti":
        assert [8, 8, 8] == [port.onus for port in ports]
        assert [7, 0, 8] == [port.onus_online for port in ports]


def test_a_cut_port_is_down(who):
    states = [port.state for port in read(who, plant_of(who)).ports]

    assert ["up", "down", "up"] == states


def test_the_uplinks_are_interfaces_with_counters(who):
    plant = plant_of(who)
    counted = {
        (each.octets_in, each.octets_out) for each in read(who, plant).interfaces if each.name
    }

    assert (plant.uplinks[0].octets_in, plant.uplinks[0].octets_out) in counted


def test_no_onu_is_an_interface(who):
    assert 3 + 2 == len(read(who, plant_of(who)).interfaces)


def test_nothing_of_a_healthy_plant_is_doubted(who):
    plant = Plant.build(StandingClock(), ports=2, onus=16, vendor_id=who.vendor_id)

    assert {} == dict(read(who, plant).doubts)


def test_model_and_firmware_are_told(who):
    device = read(who, plant_of(who)).device

    assert device.model
    assert device.firmware


def test_a_table_has_the_same_columns_in_every_part(who):
    driver = drivers()[who.name]
    seen: dict[str, tuple[str, ...]] = {}
    for tables in driver.tables.values():
        for table in tables:
            assert seen.setdefault(table.name, table.columns) == table.columns
