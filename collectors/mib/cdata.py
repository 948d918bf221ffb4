"""What C-Data's devices (and others of the NSCRTV MIBs) have in common: rows, names, the device."""

import re
from typing import Final

from collectors.driver import Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.cells import Cells, Gate, number, text, unit
from devices.snmp.values import Index, Value
from isp.access_network import DeviceReading, PortReading

__all__ = [
    "DEVICE",
    "EPON_EOC",
    "FARES",
    "NSCRTV",
    "PON_INTERFACE",
    "PORT_OPTICS",
    "device",
    "first_port",
    "place",
    "port_row",
    "ports",
]

NSCRTV: Final = "1.3.6.1.4.1.17409"
EPON_EOC: Final = "1.3.6.1.4.1.34592"

TYPE: Final = f"{NSCRTV}.2.3.1.2.1.1.3.1"
BOARD_HARDWARE, BOARD_SOFTWARE, BOARD_SERIAL = (f"{NSCRTV}.2.3.1.3.1.1.{n}.1.0" for n in (7, 9, 12))
SERIAL_NUMBER: Final = f"{NSCRTV}.2.3.1.1.13.0"
HARDWARE, FIRMWARE = f"{EPON_EOC}.1.3.1.5.2.1.1.4.0", f"{EPON_EOC}.1.3.1.5.2.1.1.5.0"
CPU, MEMORY_SIZE, MEMORY_FREE, TEMPERATURE = (f"{EPON_EOC}.1.3.100.1.8.{n}.0" for n in (1, 2, 3, 6))
FARES: Final = (*health.UPTIME, CPU, MEMORY_SIZE, MEMORY_FREE, TEMPERATURE)
"""NSCRTV-PON-TREE-EXT-MIB: how the device itself fares."""

DEVICE: Final = (
    *health.IDENTITY,
    TYPE,
    BOARD_HARDWARE,
    BOARD_SOFTWARE,
    BOARD_SERIAL,
    SERIAL_NUMBER,
    HARDWARE,
    FIRMWARE,
)

TAG, PON_IF_INDEX = 0x480000, 0x140000
MODEL_IN_TEXT: Final = re.compile(r"\bFD\d{4}[\w-]*")
TENTHS_MIN: Final = 100

PON_INTERFACE: Final = re.compile(r"[gex]*p?on\s*(\d+/\d+/\d+)", re.IGNORECASE)
"""`pon0/0/1`, `gpon 0/0/1`, `epon0/0/1`."""

PORT_VOLTAGE, PORT_BIAS, PORT_TX, PORT_RX, PORT_TEMPERATURE = (
    f"{NSCRTV}.2.3.3.5.1.{n}" for n in (4, 5, 6, 7, 100)
)
PORT_OPTICS: Final = Table(
    name="port_optics",
    columns=(PORT_VOLTAGE, PORT_BIAS, PORT_TX, PORT_RX, PORT_TEMPERATURE),
)
hundredths = unit(0.01, none=(0,))


def of_interface(index: Index) -> Index:
    """The row of an interface in the table of PON transceivers: device 1, slot 0."""
    return (1, 0, *index)


PORT: Final = (
    Field("voltage_volts", PORT_VOLTAGE, hundredths, of_interface),
    Field("bias_milliamperes", PORT_BIAS, hundredths, of_interface),
    Field("tx_dbm", PORT_TX, hundredths, of_interface),
    Field("temperature_celsius", PORT_TEMPERATURE, hundredths, of_interface),
)


def first_port(index: Index) -> Index:
    """The row of an ONU's own PON port: card 0, port 0."""
    return (*index, 0, 0)


def tagged_port(number: int) -> int | None:
    """The port in an ONU's number under the tag 0x48; None for a number without it."""
    return (number - TAG >> 12) + 1 if number >> 18 == TAG >> 18 else None


def port_row(index: Index) -> Index:
    """The row of the same where firmware numbers that port as its interface is: `gpon 0/0/1` is
    0x140001.
    """
    return (*index, 0, PON_IF_INDEX + (tagged_port(index[0]) or 0))


def place(index: Index) -> Place | None:
    """An ONU's number packs its place, in one of two ways that cannot be confused.

    `device << 24 | slot << 16 | port << 8 | onu`, or, under the tag 0x48 that no slot has,
    `0x480000 + ((port - 1) << 12) + onu`.
    """
    if len(index) != 1:
        return None
    rest = index[0] & 0xFFFFFF
    if (port := tagged_port(rest)) is not None:
        return Place(f"0/0/{port}", rest & 0xFFF)
    return Place(f"0/{rest >> 16}/{rest >> 8 & 0xFF}", rest & 0xFF)


def ports(cells: Cells, gate: Gate) -> tuple[PortReading, ...]:
    """The PON ports among the interfaces, with their transceivers."""
    return access.interface_ports(cells, gate, PON_INTERFACE, PORT)


def degrees(value: Value) -> float | None:
    """The board's temperature: V3 of the firmware tells degrees, V4 tenths of them, and no board
    is as hot as 100 degrees or as cold as 10 of the tenths.
    """
    told = number(value, (0, -1))
    return None if told is None else told / 10 if abs(told) >= TENTHS_MIN else told


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """What it is called as a type, or in sysDescr; else the version of its hardware is all that it
    says.
    """
    named = MODEL_IN_TEXT.search(text(cells.scalar(health.SYS_DESCR)) or "")
    size, free = number(cells.scalar(MEMORY_SIZE)), number(cells.scalar(MEMORY_FREE))
    used = None if not size or free is None else round(100 * (size - free) / size, 1)
    return DeviceReading(
        model=text(cells.scalar(TYPE))
        or (named[0] if named else None)
        or text(cells.scalar(BOARD_HARDWARE))
        or text(cells.scalar(HARDWARE)),
        firmware=text(cells.scalar(BOARD_SOFTWARE)) or text(cells.scalar(FIRMWARE)),
        serial=text(cells.scalar(SERIAL_NUMBER)) or text(cells.scalar(BOARD_SERIAL)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=gate.celsius(degrees(cells.scalar(TEMPERATURE))),
        cpu_percent=gate.percent(number(cells.scalar(CPU), (-1,))),
        memory_percent=gate.percent(used),
    )
