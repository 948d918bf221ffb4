"""What Calix's two families have in common: how they say who they are."""

import re
from typing import Final

from collectors.mib import health
from collectors.mib.cells import Cells, choice, milliwatts, text
from isp.access_network import DeviceReading

__all__ = ["ENTERPRISE", "PORT_STATE", "device", "light"]

ENTERPRISE: Final = "1.3.6.1.4.1.6321"
PORT_STATE: Final = choice({1: "up", 2: "down"})
light = milliwatts(0.0001)
"""Told in 0.0001 mW."""

PRODUCT: Final = re.compile(r"\b(E\d{1,2}(?:-\d+\w*)?)\b")
RELEASE: Final = re.compile(r"\bAXOS-(R[\d.]+\w*)")


def device(cells: Cells, software: str, *serial_numbers: str) -> DeviceReading:
    """`Calix, Inc E5-16F AXOS-R2.2.0`; else the first card knows its software. The first of the
    `serial_numbers` that is told is the device's.
    """
    descr = text(cells.scalar(health.SYS_DESCR))
    told, release = PRODUCT.search(descr or ""), RELEASE.search(descr or "")
    versions = cells.column(software)
    serials = (
        text(column.get(min(column, default=()))) for column in map(cells.column, serial_numbers)
    )
    return DeviceReading(
        model=told[1] if told else descr,
        firmware=text(versions.get(min(versions, default=()))) or (release[1] if release else None),
        serial=next(filter(None, serials), None),
        uptime_seconds=health.uptime_seconds(cells),
    )
