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


def device(cells: Cells, software: str, serial_number: str) -> DeviceReading:
    """`Calix, Inc E7-2 XG801 none`; the first card knows its software and serial."""
    told = PRODUCT.search(text(cells.scalar(health.SYS_DESCR)) or "")
    versions, serials = cells.column(software), cells.column(serial_number)
    return DeviceReading(
        model=told[1] if told else text(cells.scalar(health.SYS_DESCR)),
        firmware=text(versions.get(min(versions, default=()))),
        serial=text(serials.get(min(serials, default=()))),
        uptime_seconds=health.uptime_seconds(cells),
    )
