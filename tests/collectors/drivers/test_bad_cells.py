"""Whatever stands in a device's cells, no sentinel and no nonsense comes out of a driver."""

from dataclasses import fields
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.drivers import drivers
from lab.olt import Plant, personalities, tell, wire
from tests.support.snmp_reading import readings_of
from tests.support.snmp_session import StandingClock

SENTINELS = [
    *(2147483647, -2147483648, -1, 65535, 65534, 32768, -32768, 65535000, -80000, 0, 4294967295),
]
BAD = [wire.integer(value) for value in SENTINELS]
BAD += [wire.octets(words) for words in ("", "--", "N/A", "-inf dBm", "not-available", b"\xff\0")]
BAD += [wire.NULL, wire.octets(bytes(8)), wire.object_identifier((0, 0))]

NO_STEPS = {"zte": -30.0, "zte_titan": -30.0}
"""What 0 means where light is told in steps from it."""

LIMITS = {
    "rx_dbm": (-45, 10),
    "tx_dbm": (-45, 10),
    "olt_rx_dbm": (-45, 10),
    "distance_m": (1, 62_000),
    "temperature_celsius": (-50, 130),
    "voltage_volts": (0.5, 15),
    "bias_milliamperes": (0, 250),
    "octets_up": (0, 2**64),
    "octets_down": (0, 2**64),
}
WORDS = {"", "--", "N/A", "not-available"}


@pytest.mark.parametrize("name", sorted(personalities()))
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_no_sentinel_ever_comes_out(name, seed):
    random = Random(seed)
    who = personalities()[name]
    plant = Plant.build(StandingClock(), ports=2, onus=6, vendor_id=who.vendor_id)
    cells = {
        oid: random.choice(BAD) if random.random() < 0.4 else value
        for oid, value in tell(plant, who).cells().items()
        if random.random() < 0.9
    }
    driver = drivers()[name]
    poll = driver.parse(readings_of(driver, cells))
    for reading in (poll.device, *poll.ports, *poll.interfaces, *poll.onus, *poll.unprovisioned):
        for field in fields(reading):
            value = getattr(reading, field.name)
            low, high = LIMITS.get(field.name, (None, None))
            if low is not None and value is not None:
                assert low <= value <= high, (field.name, value)
            assert value not in WORDS, (type(reading), field.name)


@pytest.mark.parametrize("name", sorted(personalities()))
@pytest.mark.parametrize("sentinel", SENTINELS)
def test_no_light_is_read_out_of_a_sentinel(name, sentinel):
    """0 is light in some units, and 32768 and 65535 are numbers of some columns: those of an ONU
    that is away are each family's own, and told by the round trip.
    """
    who = personalities()[name]
    plant = Plant.build(StandingClock(), ports=1, onus=2, vendor_id=who.vendor_id)
    told = tell(plant, who).cells()
    driver = drivers()[name]
    usual = driver.parse(readings_of(driver, told)).onus
    everywhere = {
        oid: wire.integer(sentinel) if value[0] == 0x02 and oid[:6] == (1, 3, 6, 1, 4, 1) else value
        for oid, value in told.items()
    }
    for onu in driver.parse(readings_of(driver, everywhere)).onus:
        for light in (onu.rx_dbm, onu.tx_dbm, onu.olt_rx_dbm):
            assert light is None or -45 <= light <= 10
            assert abs(sentinel) < 100_000 or light is None or name.startswith("vsol")
        if sentinel in (0, -1) and not name.startswith("vsol"):
            assert {onu.rx_dbm, onu.olt_rx_dbm} <= {None, NO_STEPS.get(name)}
    assert len(usual) == 2
