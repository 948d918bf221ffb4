"""What a cell may hold, and what is read of it."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.driver import Readings
from collectors.mib import cells as read
from collectors.mib import health, zte
from collectors.mib.access import Field, Place, down_state, onus, with_onus
from collectors.mib.words import cause_in_words
from devices.snmp.values import Walk
from isp.access_network import DownCause, OnuReading, OnuState, PortReading

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NO_VALUES = (2147483647, -2147483648, 4294967295)
VALUES = st.none() | st.integers(-(2**31), 2**64 - 1) | st.binary(max_size=40) | st.text()
NUMBERS = {
    "number": read.number,
    "number_in": read.number_in,
    "tenths": read.unit(0.1),
    "huawei_olt_rx": read.unit(0.01, offset=-100.0),
    "microwatts": read.milliwatts(0.001),
    "zte": zte.light,
}


def readings(scalars=(), **tables):
    walks = {name: Walk(columns=columns, complete=True) for name, columns in tables.items()}
    return Readings(scalars=dict(scalars), walks=walks, now=NOW)


@pytest.mark.parametrize("name", NUMBERS)
@given(value=VALUES)
def test_whatever_an_agent_sends_is_a_finite_number_or_none(name, value):
    found = NUMBERS[name](value)
    assert found is None or math.isfinite(found)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", NO_VALUES)
def test_no_value_is_none_in_any_unit(name, value):
    assert NUMBERS[name](value) is None


@given(value=VALUES)
def test_words_are_words_or_none(value):
    assert read.text(value) != ""
    assert isinstance(read.date_and_time(value), datetime | None)
    assert isinstance(cause_in_words(value), DownCause | None)
    assert isinstance(read.serial(value), str | None)


@given(value=st.none() | st.floats(allow_nan=False))
def test_only_possible_light_passes_the_gate(value):
    gate = read.Gate()
    found = gate.dbm(value)
    assert found is None or -45 <= found <= 10
    assert gate.doubts["dbm"] == (value not in (None, -40.0) and found is None)


def test_the_dark_is_no_light_and_no_doubt():
    gate = read.Gate()

    assert [None, None, 0.0] == [gate.dbm(-40.0), gate.received(0.0), gate.dbm(0.0)]
    assert not gate.doubts


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(-1963, -19.63), (b"-1963", -19.63), (b"-19.63", -19.63), (b"-19.63 dBm", -19.63)]
    + [(cell, None) for cell in (b"", b"--", b"N/A", b"-inf", b"2147483647", None)],
)
def test_hundredths_come_as_a_number_in_digits_or_in_the_unit_itself(cell, expected):
    assert read.unit(0.01)(cell) == pytest.approx(expected)


def test_of_an_onu_that_is_away_no_light_is_told():
    columns = {
        "1.1": {(1,): 1, (2,): 2},
        "1.2": {(1,): -2100, (2,): -2100},
        "1.3": {(1,): 700, (2,): 700},
    }
    states = {1: OnuState.ONLINE, 2: OnuState.LOS}
    fields = (
        Field("state", "1.1", read.choice(states)),
        Field("rx_dbm", "1.2", read.unit(0.01)),
        Field("distance_m", "1.3", read.unit(1)),
    )
    found = onus(
        read.Cells(readings(onus=columns)), read.Gate(), fields, lambda _: Place("0/1", None)
    )

    assert [(-21.0, 700), (None, 700)] == [(each.rx_dbm, each.distance_m) for each in found]


def test_a_counter_may_be_what_is_no_value_elsewhere():
    assert [read.counter(value) for value in (2147483647, 0, -1, None, b"7")] == [
        *(2147483647, 0, None, None, None),
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (b"30.67 C", 30.67),
        (b"3.27 V", 3.27),
        (b"0.03 mW (-14.61 dBm)", -14.61),
        (b"-inf dBm", None),
        (b"0.00 mW (-inf dBm)", None),
        (b"-14.61(dBm)", -14.61),
        (b"6.56 dbm", 6.56),
        (b"27.84 .C\0\0", 27.84),
        (b"N/A", None),
        (b"--", None),
        (b"", None),
        (17, 17.0),
    ],
)
def test_a_number_in_words(words, expected):
    assert read.number_in(words) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (bytes.fromhex("07e60b1e0c2f0500"), datetime(2022, 11, 30, 12, 47, 5, tzinfo=UTC)),
        (
            bytes.fromhex("07e60b1e0c2f05002b0300"),
            datetime(2022, 11, 30, 12, 47, 5, tzinfo=timezone(timedelta(hours=3))),
        ),
        (
            bytes.fromhex("07e60b1e0c2f05002d051e"),
            datetime(2022, 11, 30, 12, 47, 5, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
        ),
        (bytes(8), None),
        (bytes(11), None),
        (bytes.fromhex("07e60d1e0c2f0500"), None),
        (b"2021/07/18 20:11:04", datetime(2021, 7, 18, 20, 11, 4, tzinfo=UTC)),
        (b"2021-07-18 20:11:04", datetime(2021, 7, 18, 20, 11, 4, tzinfo=UTC)),
        (b"0000-00-00 00:00:00", None),
        (b"never", None),
    ],
)
def test_dates(value, expected):
    assert read.date_and_time(value) == expected


@pytest.mark.parametrize(
    ("steps", "dbm"), [(4635, -20.73), (60536, -40.0), (0, -30.0), (65535, None), (-1, None)]
)
def test_the_light_of_zte(steps, dbm):
    assert zte.light(steps) == (None if dbm is None else pytest.approx(dbm))


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (b"Dying-Gasp", DownCause.DYING_GASP),
        (b"power off", DownCause.DYING_GASP),
        (b"LOSi", DownCause.LOS),
        (b"wire down", DownCause.WIRE_DOWN),
        (b"deactive", DownCause.DEACTIVATED),
        (b"Reboot", DownCause.RESET),
        (b"martians", DownCause.OTHER),
        (b"unknown", None),
        (b"--", None),
        (b"", None),
        (3, None),
    ],
)
def test_a_cause_in_words(words, cause):
    assert cause_in_words(words) is cause


@pytest.mark.parametrize(
    ("ticks", "engine", "seconds"),
    [
        (86_400, 860, 864.0),
        (86_400, round(864 + 2 * 2**32 / 100), round(864 + 2 * 2**32 / 100, 2)),
        (86_400, 5_000_000, 864.0),
        (566_843_939, 478_114_843, 5_668_439.39),
        (None, 77, 77.0),
        (None, None, None),
    ],
)
def test_uptime_beyond_497_days(ticks, engine, seconds):
    scalars = {health.SYS_UP_TIME: ticks, health.SNMP_ENGINE_TIME: engine}
    assert health.uptime_seconds(read.Cells(readings(scalars))) == seconds


@given(*(st.integers(-(2**31), 2**31 - 1) for _ in range(3)))
def test_a_thermometer_of_any_scale_is_a_temperature_or_none(scale, precision, value):
    columns = {
        health.SENSOR_TYPE: {(1,): health.SENSOR_CELSIUS},
        health.SENSOR_SCALE: {(1,): scale},
        health.SENSOR_PRECISION: {(1,): precision},
        health.SENSOR_VALUE: {(1,): value},
        health.SENSOR_STATUS: {(1,): health.SENSOR_OK},
    }
    found = health.sensors_celsius(read.Cells(readings(sensors=columns)), read.Gate())
    assert found is None or -50 <= found <= 130


def test_a_column_of_two_tables_is_one():
    cells = read.Cells(readings(a={"1.2": {(1,): 1}}, b={"1.2": {(2,): 2}, "1.3": {(3,): 3}}))
    assert cells.column("1.2") == {(1,): 1, (2,): 2}
    assert cells.rows("1.2", "1.3", "1.4") == [(1,), (2,), (3,)]
    assert cells.column("1.4") == {}


@pytest.mark.parametrize(
    ("state", "cause", "expected"),
    [
        (OnuState.OFFLINE, DownCause.DYING_GASP, OnuState.DYING_GASP),
        (OnuState.OFFLINE, DownCause.LOS, OnuState.LOS),
        (OnuState.OFFLINE, DownCause.OMCI, OnuState.OFFLINE),
        (OnuState.OFFLINE, None, OnuState.OFFLINE),
        (OnuState.ONLINE, DownCause.DYING_GASP, OnuState.ONLINE),
        (OnuState.DISABLED, DownCause.LOS, OnuState.DISABLED),
    ],
)
def test_how_an_onu_is_down(state, cause, expected):
    assert down_state(state, cause) is expected


def onu(number, state, port="0/1"):
    return OnuReading(serial=None, port=port, onu_id=number, state=state)


def test_ports_count_their_onus():
    found = [onu(1, OnuState.ONLINE), onu(2, OnuState.LOS), onu(1, OnuState.ONLINE, "0/2")]
    known = [PortReading(port="0/1"), PortReading(port="0/3"), PortReading(port="0/2", onus=9)]
    assert [(port.port, port.onus, port.onus_online) for port in with_onus(known, found)] == [
        *(("0/1", 2, 1), ("0/3", None, None), ("0/2", 9, 1)),
    ]


def test_light_of_one_onu_counts_nobody():
    known = (PortReading(port="0/1"),)
    assert with_onus(known, [onu(1, OnuState.UNKNOWN)]) == known
    assert with_onus(known, []) == known


def test_the_first_field_that_has_a_value_tells_it_and_a_row_without_a_place_is_no_onu():
    cells = read.Cells(
        readings(onus={"1.1": {(1,): b"--", (2,): b"A", (3,): b"B"}, "1.2": {(1,): b"C"}})
    )
    fields = (Field("description", "1.1", read.text), Field("description", "1.2", read.text))
    places = {(1,): Place("0/1", 1), (2,): Place(None, None)}
    found = onus(cells, read.Gate(), fields, places.get)
    assert [(each.description, each.port, each.onu_id) for each in found] == [
        *(("C", "0/1", 1), ("A", None, None)),
    ]
