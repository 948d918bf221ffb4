"""What C-Data's devices (and others of the NSCRTV MIBs) have in common: rows, names, the device."""

import re
from typing import Final

from collectors.driver import Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.cells import Cells, Gate, number, text, unit
from devices.snmp.values import Index
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
    "ports",
]

NSCRTV: Final = "1.3.6.1.4.1.17409"
EPON_EOC: Final = "1.3.6.1.4.1.34592"

BOARD_NAME, BOARD_SOFTWARE = f"{NSCRTV}.2.3.1.3.1.1.7.1.0", f"{NSCRTV}.2.3.1.3.1.1.9.1.0"
SERIAL_NUMBER: Final = f"{NSCRTV}.2.3.1.1.13.0"
HARDWARE, FIRMWARE = f"{EPON_EOC}.1.3.1.5.2.1.1.4.0", f"{EPON_EOC}.1.3.1.5.2.1.1.5.0"
CPU, MEMORY_SIZE, MEMORY_FREE, TEMPERATURE = (f"{EPON_EOC}.1.3.100.1.8.{n}.0" for n in (1, 2, 3, 6))
FARES: Final = (*health.UPTIME, CPU, MEMORY_SIZE, MEMORY_FREE, TEMPERATURE)
"""NSCRTV-PON-TREE-EXT-MIB: how the device itself fares."""

DEVICE: Final = (
    *health.IDENTITY,
    BOARD_NAME,
    BOARD_SOFTWARE,
    SERIAL_NUMBER,
    HARDWARE,
    FIRMWARE,
)

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
tenths = unit(0.1, none=(0, -1))


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


def place(index: Index) -> Place | None:
    """An ONU's number packs its place, in one of two ways that cannot be confused.

    `device << 24 | slot << 16 | port << 8 | onu`, or, under the tag 0x48 that no slot has,
    `0x480000 + ((port - 1) << 12) + onu`.
    """
    if len(index) != 1:
        return None
    rest = index[0] & 0xFFFFFF
    if rest >> 18 == 0x48 >> 2:
        return Place(f"0/0/{((rest - 0x480000) >> 12) + 1}", rest & 0xFFF)
    return Place(f"0/{rest >> 16}/{rest >> 8 & 0xFF}", rest & 0xFF)


def ports(cells: Cells, gate: Gate) -> tuple[PortReading, ...]:
    """The PON ports among the interfaces, with their transceivers."""
    return access.interface_ports(cells, gate, PON_INTERFACE, PORT)


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """The board's name where the device tells it, else the version of its hardware."""
    name = text(cells.scalar(BOARD_NAME)) or text(cells.scalar(HARDWARE))
    size, free = number(cells.scalar(MEMORY_SIZE)), number(cells.scalar(MEMORY_FREE))
    used = None if not size or free is None else round(100 * (size - free) / size, 1)
    return DeviceReading(
        model=name,
        firmware=text(cells.scalar(BOARD_SOFTWARE)) or text(cells.scalar(FIRMWARE)),
        serial=text(cells.scalar(SERIAL_NUMBER)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=gate.celsius(tenths(cells.scalar(TEMPERATURE))),
        cpu_percent=gate.percent(number(cells.scalar(CPU), (-1,))),
        memory_percent=gate.percent(used),
    )
