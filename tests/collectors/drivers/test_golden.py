"""Tables that no public recording holds, written from the MIBs: what each driver reads of them.

`make golden` rewrites the expected readings; the difference is to be reviewed.
"""

import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.drivers import drivers
from isp.access_network import Poll
from lab.olt import read_recording
from tests.support.snmp_reading import readings_of

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


@pytest.mark.parametrize("name", NAMES)
def test_a_walk_written_from_the_mib_reads_as_expected(name, rewrite_golden):
    driver = drivers()[name]
    cells = read_recording(RECORDINGS / f"{name}.snmprec")
    text = as_text(driver.parse(readings_of(driver, cells)))
    golden = RECORDINGS / f"{name}.json"
    if rewrite_golden:
        golden.write_text(text)

    assert golden.read_text() == text
