"""Tables that no public recording holds, written from the MIBs: what each driver reads of them. A
recording is called after its driver, and after a dot, after what is particular of it.

`make golden` rewrites the expected readings; the difference is to be reviewed.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.driver import Driver, Part
from collectors.drivers import drivers
from isp.access_network import Poll
from lab.olt import play, read_recording
from lab.olt.wire import Oid
from tests.support.snmp_reading import readings_of
from tests.support.snmp_session import snmp_source

RECORDINGS = Path(__file__).resolve().parent.parent / "recordings"
NAMES = sorted(file.stem for file in RECORDINGS.glob("*.snmprec"))


def told(reading: Any) -> dict[str, Any]:
    """The fields that say something, as JSON has them."""
    values = {field.name: getattr(reading, field.name) for field in fields(reading)}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value not in (None, ())
    }


def as_text(poll: Poll) -> str:
    parts = {
        "device": told(poll.device),
        "ports": [told(each) for each in poll.ports],
        "onus": [told(each) for each in poll.onus],
        "unprovisioned": [told(each) for each in poll.unprovisioned],
        "doubts": dict(poll.doubts),
    }
    return json.dumps(parts, indent=1, ensure_ascii=False) + "\n"


def driver_of(name: str) -> Driver:
    return drivers()[name.partition(".")[0]]


@pytest.mark.parametrize("name", NAMES)
async def test_a_device_that_has_these_tables_is_read_by_that_driver(name):
    cells = read_recording(RECORDINGS / f"{name}.snmprec")
    async with play(cells) as agent, snmp_source(agent.port) as source:
        assert driver_of(name).name == (await source.probe()).driver


@pytest.mark.parametrize("name", NAMES)
def test_a_walk_written_from_the_mib_reads_as_expected(name, rewrite_golden):
    driver = driver_of(name)
    cells = read_recording(RECORDINGS / f"{name}.snmprec")
    text = as_text(driver.parse(readings_of(driver, cells)))
    golden = RECORDINGS / f"{name}.json"
    if rewrite_golden:
        golden.write_text(text)

    assert golden.read_text() == text


@pytest.mark.parametrize("name", NAMES)
def test_counters_that_are_read_alone_are_those_of_a_whole_reading(name):
    cells = read_recording(RECORDINGS / f"{name}.snmprec")

    assert counted(name, cells, tuple(Part)) == counted(name, cells, (Part.TRAFFIC,))


def counted(name: str, cells: Mapping[Oid, bytes], parts: tuple[Part, ...]) -> set[Any]:
    """The ports, the ONUs and the interfaces that counters were read of, with these."""
    driver = driver_of(name)
    poll = driver.parse(readings_of(driver, cells, parts))
    octets = {(each.port, each.octets_up, each.octets_down) for each in poll.ports}
    octets |= {(each.index, each.octets_up, each.octets_down) for each in poll.onus}
    octets |= {(each.if_index, each.octets_in, each.octets_out) for each in poll.interfaces}
    return {each for each in octets if each[1:] != (None, None)}


def test_the_lines_of_an_xdsl_card_are_interfaces_and_those_of_onts_are_not():
    driver = driver_of("nokia.lines")
    cells = read_recording(RECORDINGS / "nokia.lines.snmprec")
    for parts in (tuple(Part), (Part.STATE,)):
        told = {
            each.if_index: each.oper_up
            for each in driver.parse(readings_of(driver, cells, parts)).interfaces
        }

        assert {167772160: True, 167772224: False, 94380032: True, 1079377920: True} == told
