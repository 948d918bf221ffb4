"""MikroTik by SNMP: a recorded router, and what the recording has not."""

import pytest

from collectors.driver import Part, Readings
from collectors.drivers import candidates
from collectors.drivers.mikrotik import DRIVER
from devices.snmp.values import Value, Walk
from isp.access_network import InterfaceReading, Poll, PortReading
from tests.support.snmp_reading import NOW, readings_of, recording

MTXR = "1.3.6.1.4.1.14988.1.1"


@pytest.fixture(scope="module")
def recorded() -> Poll:
    cells = recording("routeros")
    if cells is None:
        pytest.skip("the recordings are not on this machine")
    return DRIVER.parse(readings_of(DRIVER, cells))


def parsed(
    columns: dict[str, dict[tuple[int, ...], Value]], scalars: dict[str, Value] | None = None
) -> Poll:
    walks = {"told": Walk(columns=columns, complete=True)}
    return DRIVER.parse(Readings(walks=walks, scalars=scalars or {}, now=NOW))


def test_a_router_is_recognised():
    assert [DRIVER] == list(candidates("1.3.6.1.4.1.14988.1"))


def test_the_recorded_router_tells_itself(recorded):
    device = recorded.device

    assert ("RB952Ui-5ac2nD", "6.40.5", "71B1060EE89D", 20204.0) == (
        device.model,
        device.firmware,
        device.serial,
        device.uptime_seconds,
    )
    assert (33.0, 5.2, 41.5) == (
        device.temperature_celsius,
        device.cpu_percent,
        device.memory_percent,
    )


def test_the_recorded_router_tells_its_light(recorded):
    light = PortReading(
        port="sfp1",
        state="up",
        tx_dbm=-4.879,
        rx_dbm=-5.673,
        temperature_celsius=40.0,
        voltage_volts=3.302,
        bias_milliamperes=7.0,
    )

    assert (light,) == recorded.ports


def test_the_recorded_router_tells_its_interfaces(recorded):
    by_name = {interface.name: interface for interface in recorded.interfaces}

    assert 12 == len(by_name)
    assert (100_000_000, 6422347895, 358657426) == (
        by_name["WAN"].speed_bits_per_second,
        by_name["WAN"].octets_in,
        by_name["WAN"].octets_out,
    )
    assert (False, False) == (by_name["ether5"].admin_up, by_name["ether5"].oper_up)


def test_queues_count_like_interfaces_and_those_of_sessions_do_not():
    # The MIB says that an index may appear negative, that is beyond 2^31.
    far = (4294967290,)
    simple, tree = f"{MTXR}.2.1.1", f"{MTXR}.2.2.1"
    poll = parsed(
        {
            f"{simple}.2": {(1,): b"site", far: b"<pppoe-ann>"},
            f"{simple}.8": {(1,): 2**40, far: 1},
            f"{simple}.9": {(1,): 7, far: 2},
            f"{tree}.2": {far: b"down"},
            f"{tree}.7": {far: 2**33},
        }
    )

    assert (
        InterfaceReading(name="queue site", octets_in=2**40, octets_out=7),
        InterfaceReading(name="queue down", octets_out=2**33),
    ) == poll.interfaces


def test_a_module_without_diagnostics_has_no_light_rather_than_zero():
    optical = f"{MTXR}.19.1.1"
    zeros = {f"{optical}.{column}": {(9,): 0} for column in (6, 7, 8, 9, 10)}
    poll = parsed({f"{optical}.2": {(9,): b"sfp2"}, f"{optical}.3": {(9,): 1}, **zeros})

    assert ((PortReading(port="sfp2", state="down"),), {}) == (poll.ports, poll.doubts)


def test_the_hottest_thermometer_of_either_table_is_told():
    gauges = f"{MTXR}.3.100.1"
    poll = parsed(
        {
            f"{gauges}.3": {(1,): 61, (2,): 4300, (3,): 0},
            f"{gauges}.4": {(1,): 1, (2,): 2, (3,): 1},
        },
        {f"{MTXR}.3.10.0": 405, f"{MTXR}.3.11.0": 0},
    )

    assert 61.0 == poll.device.temperature_celsius


def test_what_belongs_to_a_session_is_no_interface_of_the_router():
    poll = parsed({"1.3.6.1.2.1.31.1.1.1.1": {(1,): b"ether1", (15728641,): b"<pppoe-ann>"}})

    assert ["ether1"] == [interface.name for interface in poll.interfaces]


def test_optics_of_a_router_are_read_by_table():
    assert (False, True) == (DRIVER.optics_one_by_one, Part.OPTICS in DRIVER.tables)
