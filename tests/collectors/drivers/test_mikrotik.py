"""MikroTik by SNMP: a walk beside this file, and a real router's recording where it lies here."""

from pathlib import Path

import pytest

from collectors.driver import Part, Readings
from collectors.drivers import candidates
from collectors.drivers.mikrotik import DRIVER
from devices.snmp.values import Value, Walk
from isp.access_network import DeviceReading, InterfaceReading, Poll, PortReading
from lab.olt.recording import read_recording
from tests.support.snmp_reading import NOW, readings_of, recording

MTXR = "1.3.6.1.4.1.14988.1.1"
WALK = Path(__file__).parent / "walks/mikrotik.snmprec"


@pytest.fixture(scope="module")
def poll() -> Poll:
    return DRIVER.parse(readings_of(DRIVER, read_recording(WALK)))


def parsed(columns: dict[str, dict[tuple[int, ...], Value]]) -> Poll:
    walks = {"told": Walk(columns=columns, complete=True)}
    return DRIVER.parse(Readings(walks=walks, now=NOW))


def test_a_router_is_recognised():
    assert [DRIVER] == list(candidates("1.3.6.1.4.1.14988.1"))


def test_a_router_tells_itself_and_of_its_thermometers_the_hottest(poll):
    expected = DeviceReading(
        model="CCR2004-1G-12S+2XS",
        firmware="7.16.2",
        serial="HGB09LAB0001",
        uptime_seconds=20204.0,
        temperature_celsius=55.0,
        cpu_percent=6.0,
        memory_percent=9.2,
    )
    assert expected == poll.device


def test_an_optical_module_tells_its_light_and_one_without_diagnostics_none(poll):
    light = PortReading(
        port="sfp-sfpplus1",
        state="up",
        tx_dbm=-4.879,
        rx_dbm=-5.673,
        temperature_celsius=40.0,
        voltage_volts=3.302,
        bias_milliamperes=7.0,
    )

    assert (light, PortReading(port="sfp-sfpplus2", state="down")) == poll.ports
    assert {} == poll.doubts


def test_interfaces_and_queues_are_told_and_those_of_sessions_are_not(poll):
    names = [interface.name for interface in poll.interfaces]

    assert [
        *("ether1", "sfp-sfpplus1", "ether3"),
        *("queue site", "queue by hand", "queue pcq-down"),
    ] == names
    uplink = InterfaceReading(
        name="sfp-sfpplus1",
        if_index=2,
        alias="uplink",
        admin_up=True,
        oper_up=True,
        speed_bits_per_second=10_000_000_000,
        octets_in=12844695790,
        octets_out=717314852,
        errors_in=2,
        errors_out=2,
        discards_in=2,
        discards_out=2,
    )
    assert uplink == poll.interfaces[1]
    assert (2**40, 2**43) == (poll.interfaces[3].octets_in, poll.interfaces[3].octets_out)
    assert (None, 2**33) == (poll.interfaces[5].octets_in, poll.interfaces[5].octets_out)


def test_a_board_that_only_its_description_names():
    entity = "1.3.6.1.2.1.47.1.1.1.1.2"
    told = parsed({entity: {(65536,): b"RouterOS 6.40.5 (stable) on RB952Ui-5ac2nD"}})

    assert "RB952Ui-5ac2nD" == told.device.model


def test_a_queue_for_each_subscriber_is_too_much_to_keep_as_interfaces():
    names = {(number,): b"q%d" % number for number in range(300)}

    assert () == parsed({f"{MTXR}.2.1.1.2": names}).interfaces


def test_optics_of_a_router_are_read_by_table():
    assert (False, True) == (DRIVER.optics_one_by_one, Part.OPTICS in DRIVER.tables)


def test_a_real_router():
    cells = recording("routeros")
    if cells is None:
        pytest.skip("the recordings of real devices are not on this machine")
    poll = DRIVER.parse(readings_of(DRIVER, cells))
    wan = next(interface for interface in poll.interfaces if interface.name == "WAN")

    assert (
        DeviceReading(
            model="RB952Ui-5ac2nD",
            firmware="6.40.5",
            serial="71B1060EE89D",
            uptime_seconds=20204.0,
            temperature_celsius=33.0,
            cpu_percent=5.2,
            memory_percent=41.5,
        )
        == poll.device
    )
    assert (12, 6422347895, 358657426) == (len(poll.interfaces), wan.octets_in, wan.octets_out)
    assert ("sfp1", "up", -4.879, -5.673) == (
        poll.ports[0].port,
        poll.ports[0].state,
        poll.ports[0].tx_dbm,
        poll.ports[0].rx_dbm,
    )
