"""What BDCOM's EPON and GPON devices have in common: names, boards, tenths of a dBm."""

import re
from typing import Final

from collectors.driver import Table
from collectors.mib import health
from collectors.mib.cells import Cells, Gate, text
from isp.access_network import DeviceReading

__all__ = ["BOARDS", "ENTERPRISE", "ONU_INTERFACE", "PON_INTERFACE", "device"]

ENTERPRISE: Final = "1.3.6.1.4.1.3320"
BOARD: Final = f"{ENTERPRISE}.3.6.10.1"
BOARD_SERIAL, BOARD_SOFTWARE = f"{BOARD}.4", f"{BOARD}.6"
BOARD_CPU, BOARD_MEMORY, BOARD_TEMPERATURE = f"{BOARD}.11", f"{BOARD}.12", f"{BOARD}.13"
BOARDS: Final = Table(
    name="boards",
    columns=(BOARD_SERIAL, BOARD_SOFTWARE, BOARD_CPU, BOARD_MEMORY, BOARD_TEMPERATURE),
)
PRODUCT: Final = re.compile(r"BDCOM\(tm\)\s+(\S+)\s+Software,\s*Version\s+(\S+(?:\s+Build\s+\d+)?)")

PON_INTERFACE: Final = re.compile(r"[EG]PON(\d+/\d+)", re.IGNORECASE)
ONU_INTERFACE: Final = re.compile(r"[EG]PON(\d+/\d+):(\d+)", re.IGNORECASE)
"""`GPON0/2:17`: port 0/2, ONU 17."""


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """`BDCOM(tm) GP3600-16B Software, Version 74104 …`; the main board knows the full version."""
    told = PRODUCT.search(text(cells.scalar(health.SYS_DESCR)) or "")
    software, serials = cells.column(BOARD_SOFTWARE), cells.column(BOARD_SERIAL)
    main = min(software, default=())
    return DeviceReading(
        model=told[1] if told else None,
        firmware=text(software.get(main)) or (told[2] if told else None),
        serial=text(serials.get(main)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=health.worst(cells, BOARD_TEMPERATURE, gate.celsius),
        cpu_percent=health.worst(cells, BOARD_CPU, gate.percent),
        memory_percent=health.worst(cells, BOARD_MEMORY, gate.percent),
    )
