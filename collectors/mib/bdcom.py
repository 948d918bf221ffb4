"""What BDCOM's EPON and GPON devices have in common: names, boards, modules."""

import re
from typing import Final

from collectors.driver import Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, number, text, unit
from isp.access_network import DeviceReading

__all__ = [
    "BOARDS",
    "ENTERPRISE",
    "FARES",
    "MODULE",
    "MODULES",
    "NO_MODULE",
    "ONU_INTERFACE",
    "PON_INTERFACE",
    "device",
]

ENTERPRISE: Final = "1.3.6.1.4.1.3320"
BOARD: Final = f"{ENTERPRISE}.3.6.10.1"
BOARD_SERIAL, BOARD_SOFTWARE = f"{BOARD}.4", f"{BOARD}.6"
BOARD_CPU, BOARD_MEMORY, BOARD_TEMPERATURE = f"{BOARD}.11", f"{BOARD}.12", f"{BOARD}.13"
BOARDS: Final = Table(
    name="boards",
    columns=(BOARD_SERIAL, BOARD_SOFTWARE, BOARD_CPU, BOARD_MEMORY, BOARD_TEMPERATURE),
)
CPU, TEMPERATURE = f"{ENTERPRISE}.9.109.1.1.1.1.3.1", f"{ENTERPRISE}.9.181.1.1.7.1"
MEMORY: Final = f"{ENTERPRISE}.9.48.1.0"
FARES: Final = (*health.UPTIME, CPU, TEMPERATURE, MEMORY)
"""Models without that table of boards have one processor, one thermometer and one memory pool."""

SFP: Final = f"{ENTERPRISE}.9.63.1.7.1"
SFP_TX, SFP_RX, SFP_CELSIUS, SFP_VOLTAGE, SFP_BIAS = (f"{SFP}.{n}" for n in range(2, 7))
MODULES: Final = Table(name="modules", columns=(SFP_TX, SFP_RX, SFP_CELSIUS, SFP_VOLTAGE, SFP_BIAS))
NO_MODULE: Final = (-65535, 65535)

MODULE: Final = (
    Field("tx_dbm", SFP_TX, unit(0.01, none=NO_MODULE), access.own_row),
    Field("rx_dbm", SFP_RX, unit(0.01, none=NO_MODULE), access.own_row),
    Field("temperature_celsius", SFP_CELSIUS, unit(1 / 256, none=NO_MODULE), access.own_row),
    Field("voltage_volts", SFP_VOLTAGE, unit(0.0001, none=NO_MODULE), access.own_row),
    Field("bias_milliamperes", SFP_BIAS, unit(0.002, none=NO_MODULE), access.own_row),
)
"""NMS-IF-MIB's ifSfpParameterTable, by ifIndex: hundredths of a dBm, and the steps of SFF-8472."""

PRODUCT: Final = re.compile(r"BDCOM\(tm\)\s+(\S+)\s+Software,\s*Version\s+(\S+(?:\s+Build\s+\d+)?)")

SERIAL_IN_TEXT: Final = re.compile(r"Serial num:\s*(\w+)", re.IGNORECASE)

PON_INTERFACE: Final = re.compile(r"[EG]PON(\d+/\d+)", re.IGNORECASE)
ONU_INTERFACE: Final = re.compile(r"[EG]PON(\d+/\d+):(\d+)", re.IGNORECASE)
"""`GPON0/2:17`: port 0/2, ONU 17."""


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """`BDCOM(tm) P3310D Software, Version 10.1.0E Build 37193 … Serial num:00023123`; the main of
    the boards knows both in full, where there is a table of them.
    """
    descr = text(cells.scalar(health.SYS_DESCR)) or ""
    told, known = PRODUCT.search(descr), SERIAL_IN_TEXT.search(descr)
    software, serials = cells.column(BOARD_SOFTWARE), cells.column(BOARD_SERIAL)
    main = min(software, default=())
    return DeviceReading(
        model=told[1] if told else None,
        firmware=text(software.get(main)) or (told[2] if told else None),
        serial=text(serials.get(main)) or (known[1] if known else None),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=_either(
            health.worst(cells, BOARD_TEMPERATURE, gate.celsius),
            gate.celsius(number(cells.scalar(TEMPERATURE), (0, -1))),
        ),
        cpu_percent=_either(
            health.worst(cells, BOARD_CPU, gate.percent),
            gate.percent(number(cells.scalar(CPU), (-1,))),
        ),
        memory_percent=_either(
            health.worst(cells, BOARD_MEMORY, gate.percent),
            gate.percent(number(cells.scalar(MEMORY), (0, -1))),
        ),
    )


def _either(first: float | None, second: float | None) -> float | None:
    return second if first is None else first
