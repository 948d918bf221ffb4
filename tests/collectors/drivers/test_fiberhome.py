"""FiberHome: column 8 says who an ONU is only where the firmware has no column 10 at all."""

from dataclasses import replace

import pytest

from collectors.driver import Part
from collectors.drivers.fiberhome import DRIVER, LOGICAL, SERIAL
from devices.snmp.values import Value
from lab.olt import read_recording
from tests.support.snmp_reading import HOUSE, readings_of

RECORDINGS = HOUSE / "tests/collectors/recordings"
FIRST, SECOND = (606089728,), (606089984,)
TOLD = {FIRST: b"FHTT0012abcd", SECOND: b"FHTT00FFEE01"}
REGISTERED = {FIRST: b"FHTT55550001", SECOND: b"FHTT55550002"}


def serials(told: dict[tuple[int, ...], bytes], unknown: frozenset[str]) -> set[str | None]:
    """Of a reading of states in which column 10 had these cells."""
    whole = readings_of(DRIVER, read_recording(RECORDINGS / "fiberhome.snmprec"), (Part.STATE,))
    walk = whole.walks["onu_states"]
    columns: dict[str, dict[tuple[int, ...], Value]] = {SERIAL: {**told}, LOGICAL: {**REGISTERED}}
    cut = replace(walk, columns={**walk.columns, **columns}, complete=not unknown, unknown=unknown)
    poll = DRIVER.parse(replace(whole, walks={**whole.walks, "onu_states": cut}))
    return {onu.serial for onu in poll.onus}


@pytest.mark.parametrize(
    ("told", "unknown", "expected"),
    [
        (TOLD, frozenset(), {"FHTT0012ABCD", "FHTT00FFEE01"}),
        ({}, frozenset(), {"FHTT55550001", "FHTT55550002"}),
        ({FIRST: TOLD[FIRST]}, frozenset(), {"FHTT0012ABCD", None}),
        ({}, frozenset({SERIAL}), {None}),
    ],
    ids=["both columns", "no column 10", "cut short amid column 10", "column 10 could not be read"],
)
def test_an_onu_has_no_second_identity(told, unknown, expected):
    assert expected == serials(told, unknown)
