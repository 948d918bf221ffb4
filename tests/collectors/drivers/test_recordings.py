"""Walks of real devices, served by an agent and read as the collectors read a device.

The expected values were taken out of the recordings by hand, not by the drivers.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from chassis.secrets import Secret
from collectors.driver import Part
from devices.credentials import SnmpAccess
from isp.access_network import OnuState, Poll
from lab.olt import Limits, play
from tests.support import snmprec_pass
from tests.support.snmp_reading import RECORDINGS, recording
from tests.support.snmp_session import PUBLIC, snmp_source
from tests.support.snmpd import needs_snmpd, snmpd

HERE = sorted(file.stem for file in RECORDINGS.glob("*.snmprec"))
"""Whatever lies on this machine; none of it is ours to ship."""

DEVICES: Mapping[str, tuple[Any, ...]] = {
    # driver, model, firmware, uptime, ports, interfaces, ONUs
    "smartax": ("huawei", "MA5603T", "V800R018C10B085", 1114047.77, 32, 42, 0),
    "zxa10_c320": ("zte", "C320", "V2.1.0", 6510800.0, 8, 11, 125),
    "fiberhome": ("fiberhome", "AN5516-01", "RP0700", 724206.17, 0, 0, 0),
    "vsolution_v1600d": ("vsol_epon", "V1600D2", "V2.03.74R", 5668439.39, 2, 7, 16),
    "bdcom": ("bdcom_gpon", "GP3600-16B", "10.3.0D Build 74104", 12600868.95, 16, 32, 64),
    "cdata": ("cdata_epon", "V4.0", "4.2.7.58", 604.68, 8, 20, 0),
    "nokia-isam": ("nokia", "NFXS-E", "R6.5.02r", 22288561.58, 16, 20, 30),
    "edgeosolt": (
        *("ubiquiti", "UFiber OLT", "UF-OLT.ER-e600.v4.4.2.4598.220304.1412", 2944002.16),
        *(8, 6, 29),
    ),
}

FARES: Mapping[str, tuple[float, float, float]] = {
    # temperature in degrees, processor and memory in per cent
    "smartax": (35, 17, 75),
    "zxa10_c320": (43, 11, 26),
    "fiberhome": (45, 4.58, 59.45),
    "vsolution_v1600d": (40, 26, 18),
    "bdcom": (33, 4, 26),
    "cdata": (30.5, 19, 64.5),
    "nokia-isam": (53, 7, 75.4),
    "edgeosolt": (50.25, 5.0, 49.7),
    "routeros": (33, 5.2, 41.5),
}

PRIVATE = SnmpAccess(
    version="3",
    user="turnpike",
    auth_protocol="sha",
    auth_secret=Secret("authentic-words"),
    priv_protocol="aes",
    priv_secret=Secret("private-words"),
)


async def read(name: str, limits: Limits | None = None) -> tuple[str, Poll]:
    cells = recording(name)
    assert cells is not None
    async with play(cells, **({"limits": limits} if limits else {})) as agent:
        told = await read_from(agent.port)
    assert agent.outstanding_max == 1
    return told


async def read_from(port: int, access: SnmpAccess = PUBLIC) -> tuple[str, Poll]:
    async with snmp_source(port, access=access) as source:
        identity = await source.probe()
        poll = await source.read(frozenset(Part))
        if source.one_by_one and poll.onus:
            first = await source.read_onu(poll.onus[0])
            poll = replace(poll, onus=(*first.onus, *poll.onus))
    return identity.driver, poll


def at_rest(poll: Poll) -> Poll:
    """Without what runs on between one reading and the next."""
    return replace(poll, uptime_ticks=0, device=replace(poll.device, uptime_seconds=0.0))


@pytest.mark.parametrize("name", [name for name in DEVICES if name in HERE])
async def test_a_recorded_device_says_what_it_is_and_has(name):
    driver, poll = await read(name)
    onus = {(onu.port, onu.onu_id, onu.index) for onu in poll.onus}
    device = poll.device
    actual = (driver, device.model, device.firmware, device.uptime_seconds)
    actual += (len(poll.ports), len(poll.interfaces), len(onus))

    assert DEVICES[name][:3] == actual[:3]
    assert DEVICES[name][3] == pytest.approx(actual[3], abs=60)
    assert DEVICES[name][4:] == actual[4:]
    assert () == poll.partial
    assert {} == poll.doubts


@pytest.mark.parametrize("name", [name for name in DEVICES if name in HERE])
async def test_small_answers_give_the_same_as_large_ones(name):
    _, large = await read(name)
    _, small = await read(name, Limits(octets_max=260, repetitions_max=3))
    assert at_rest(large) == at_rest(small)


@pytest.mark.foreign
@needs_snmpd
@pytest.mark.parametrize("access", [PUBLIC, PRIVATE], ids=["v2c", "v3"])
@pytest.mark.parametrize("name", [name for name in DEVICES if name in HERE])
async def test_net_snmps_agent_gives_the_same_as_ours(name, access, tmp_path):
    ours, poll = await read(name)
    program = (sys.executable, snmprec_pass.__file__, str(RECORDINGS / f"{name}.snmprec"))
    with snmpd(tmp_path, [PRIVATE], program=program) as port:
        theirs, foreign = await read_from(port, access)

    assert ours == theirs
    assert at_rest(poll) == at_rest(foreign)


def needs(name: str) -> pytest.MarkDecorator:
    """Parametrised by the recording, which makes a test of it only where it lies."""
    return pytest.mark.parametrize("name", [name] if name in HERE else [])


@needs("smartax")
async def test_huaweis_ports_have_light_and_no_sentinels(name):
    _, poll = await read(name)

    assert 22772 == round(100 * sum(port.tx_dbm or 0 for port in poll.ports))
    assert [None] * 32 == [port.rx_dbm for port in poll.ports]
    assert {"0/0/15": 11} == {port.port: port.onus for port in poll.ports if port.onus}
    assert ["0/0/15"] == [port.port for port in poll.ports if port.state == "up"]
    assert (28.0, 3.22, 32.0) == (
        poll.ports[0].temperature_celsius,
        poll.ports[0].voltage_volts,
        poll.ports[0].bias_milliamperes,
    )


@needs("zxa10_c320")
async def test_ztes_distances_are_joined_to_ports_by_name(name):
    _, poll = await read(name)
    onus = {(onu.port, onu.onu_id): onu for onu in poll.onus}

    assert 1235 == onus["1/1/1", 1].distance_m
    assert 318179 == sum(onu.distance_m or 0 for onu in onus.values())
    assert {
        **{"1/1/1": 5, "1/1/3": 18, "1/1/4": 39, "1/1/5": 19},
        **{"1/1/6": 9, "1/1/7": 25, "1/1/8": 10},
    } == Counter(port for port, _ in onus)
    assert ("1/1/1", 268435456, "up", 67478041869) == (
        poll.ports[0].port,
        poll.ports[0].if_index,
        poll.ports[0].state,
        poll.ports[0].octets_up,
    )


@needs("vsolution_v1600d")
async def test_vsols_light_is_read_out_of_words(name):
    _, poll = await read(name)
    first = poll.onus[0]

    assert ("0/1", 1, -14.61, 3.77) == (first.port, first.onu_id, first.rx_dbm, first.tx_dbm)
    assert (30.67, 3.27, 11.65) == (
        first.temperature_celsius,
        first.voltage_volts,
        first.bias_milliamperes,
    )
    assert {OnuState.ONLINE} == {onu.state for onu in poll.onus[1:]}
    assert [6.56, 6.66] == [port.tx_dbm for port in poll.ports]


@pytest.mark.parametrize("name", [name for name in FARES if name in HERE])
async def test_a_device_says_how_it_fares(name):
    _, poll = await read(name)
    device = poll.device

    assert FARES[name] == (device.temperature_celsius, device.cpu_percent, device.memory_percent)


@needs("bdcom")
async def test_bdcoms_onus_are_up_as_its_own_count_says(name):
    _, poll = await read(name)
    states = Counter((onu.port, onu.state) for onu in poll.onus[1:])
    told = {port.port: (port.onus, port.onus_online) for port in poll.ports if port.onus}

    assert {"0/2": (51, 43), "0/4": (13, 11)} == told
    assert 43 == states["0/2", OnuState.ONLINE]
    assert 2 == states["0/4", OnuState.OFFLINE]


@needs("nokia-isam")
async def test_nokias_onts_are_placed_by_their_interfaces(name):
    _, poll = await read(name)
    told = {port.port: (port.onus, port.onus_online) for port in poll.ports if port.onus}
    light = {port.port: port.tx_dbm for port in poll.ports if port.tx_dbm is not None}

    assert {"1/1/1/1": (8, 4), "1/1/1/4": (18, 12), "1/1/1/5": (4, 4)} == told
    assert {"1/1/1/1": 4.94, "1/1/1/4": 4.0, "1/1/1/5": 5.72} == light


@needs("edgeosolt")
async def test_ubiquitis_onus_that_are_away_have_no_light_and_no_port(name):
    _, poll = await read(name)
    onus = {onu.serial: onu for onu in poll.onus}
    first = onus["UBNT20731888"]

    assert (-24.81, 2.28, "pon2", "NanoG") == (
        first.rx_dbm,
        first.tx_dbm,
        first.port,
        first.model,
    )
    assert (21372976157, 374022085508) == (first.octets_up, first.octets_down)
    assert -35343 == round(100 * sum(onu.rx_dbm or 0 for onu in onus.values()))
    assert {OnuState.ONLINE: 16, OnuState.OFFLINE: 13} == Counter(
        onu.state for onu in onus.values()
    )
    assert {None} == {
        value
        for onu in onus.values()
        if onu.state is OnuState.OFFLINE
        for value in (onu.rx_dbm, onu.tx_dbm, onu.port)
    }
