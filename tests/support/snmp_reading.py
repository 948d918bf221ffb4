"""Recordings as readings: what a driver is given when a device holds exactly these cells."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from collectors.driver import Driver, Part, Readings
from devices.snmp.values import Index, Value, Walk
from lab.olt.recording import read_recording
from lab.olt.wire import Oid

__all__ = ["NOW", "RECORDINGS", "readings_of", "recording"]

NOW: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUSE: Final = Path(__file__).resolve().parents[2]
RECORDINGS: Final = Path(
    os.environ.get("TURNPIKE_RECORDINGS", HOUSE.parent / "shared/data/snmprec")
)
"""Walks of real devices, which are not ours to ship."""


def recording(name: str) -> Mapping[Oid, bytes] | None:
    """A real device's walk, if it lies on this machine."""
    file = RECORDINGS / f"{name}.snmprec"
    return read_recording(file) if file.is_file() else None


def readings_of(
    driver: Driver, cells: Mapping[Oid, bytes], parts: Iterable[Part] = tuple(Part)
) -> Readings:
    """The driver's tables of these parts, as reading them from such a device gives them."""
    values = {oid: decoded(value) for oid, value in cells.items()}
    return Readings(
        walks={
            table.name: Walk(
                columns={column: column_of(values, column) for column in table.columns},
                complete=True,
            )
            for part in parts
            for table in driver.tables.get(part, ())
        },
        scalars={
            oid: values.get(dotted(oid)) for part in parts for oid in driver.scalars.get(part, ())
        },
        now=NOW,
    )


def dotted(oid: str) -> Oid:
    """`1.3.6` as arcs."""
    return tuple(int(arc) for arc in oid.split("."))


def column_of(values: Mapping[Oid, Value], column: str) -> dict[Index, Value]:
    """The cells under a column, by index."""
    prefix = dotted(column)
    return {
        oid[len(prefix) :]: value
        for oid, value in values.items()
        if oid[: len(prefix)] == prefix and len(oid) > len(prefix)
    }


def decoded(encoded: bytes) -> Value:
    """A cell's value as the SNMP client hands it over."""
    tag, size, start = encoded[0], encoded[1], 2
    if size & 0x80:
        start += size & 0x7F
    body = encoded[start:]
    match tag:
        case 0x02:
            return int.from_bytes(body, "big", signed=True)
        case 0x41 | 0x42 | 0x43 | 0x46:
            return int.from_bytes(body, "big")
        case 0x06:
            return arcs_text(body)
        case 0x05:
            return None
        case _:
            return body


def arcs_text(body: bytes) -> str:
    """An encoded OBJECT IDENTIFIER as dotted text."""
    arcs, arc = [body[0] // 40, body[0] % 40], 0
    for octet in body[1:]:
        arc = (arc << 7) | (octet & 0x7F)
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    return ".".join(map(str, arcs))
