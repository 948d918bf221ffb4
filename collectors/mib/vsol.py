"""What V-SOL's EPON and GPON devices have in common: who they are, how they fare, their PON ports,
and that an ONU is an interface too (`EPON0/1:16`, `GPON01ONU16`).
"""

import re
from collections.abc import Sequence
from typing import Final

from collectors.driver import Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, counter, number, number_in, text
from collectors.mib.interfaces import (
    IF_HC_IN_OCTETS,
    IF_HC_OUT_OCTETS,
    IF_OPER_STATUS,
    interface_names,
)
from devices.snmp.values import Index, Value
from isp.access_network import DeviceReading, OnuReading, PortReading

__all__ = [
    "DEVICE",
    "ENTERPRISE",
    "PORT_OPTICS",
    "device",
    "measured",
    "onus",
    "ports",
]

ENTERPRISE: Final = "1.3.6.1.4.1.37950.1.1"
SYSTEM: Final = f"{ENTERPRISE}.5.10.12"
CPU, MEMORY = f"{SYSTEM}.3.0", f"{SYSTEM}.4.0"
FIRMWARE, TEMPERATURE, SERIAL_NUMBER = (f"{SYSTEM}.5.{n}.0" for n in (4, 9, 11))
MODEL: Final = f"{ENTERPRISE}.5.10.14.5.0"
DEVICE: Final = (*health.IDENTITY, FIRMWARE, SERIAL_NUMBER, MODEL, CPU, MEMORY, TEMPERATURE)

PORT_CELSIUS, PORT_VOLTAGE, PORT_BIAS, PORT_TX = (
    f"{ENTERPRISE}.5.10.13.1.1.{n}" for n in range(2, 6)
)
PORT_OPTICS: Final = Table(
    name="port_optics", columns=(PORT_CELSIUS, PORT_VOLTAGE, PORT_BIAS, PORT_TX)
)


def measured(value: Value) -> float | None:
    """A number in text: `0.000` is what stands there of a module that is not there."""
    return number_in(value) or None


PORT: Final = (
    Field("temperature_celsius", PORT_CELSIUS, measured),
    Field("voltage_volts", PORT_VOLTAGE, measured),
    Field("bias_milliamperes", PORT_BIAS, measured),
    Field("tx_dbm", PORT_TX, measured),
)


def port_name(pon: int) -> str:
    """`0/1` is PON 1."""
    return f"0/{pon}"


def ports(cells: Cells, gate: Gate, pattern: re.Pattern[str]) -> tuple[PortReading, ...]:
    """The interfaces whose names fit, with their modules."""
    lit = access.ports(cells, gate, PORT, lambda index: port_name(index[0]))
    return access.joined(access.interface_ports(cells, gate, pattern), lit)


def onus(
    cells: Cells, gate: Gate, fields: Sequence[Field], pattern: re.Pattern[str]
) -> tuple[OnuReading, ...]:
    """The ONUs of the tables and those of the interfaces whose names fit, by the PON and the ONU
    that are the pattern's groups. What comes in at an ONU's interface goes up.
    """
    known = {
        (int(found[1]), int(found[2])): index
        for index, name in interface_names(cells).items()
        if (found := pattern.fullmatch(name))
    }

    def interface(index: Index) -> Index:
        return known.get(index, ())

    told = (
        *fields,
        Field("state", IF_OPER_STATUS, access.interface_state, interface),
        Field("octets_up", IF_HC_IN_OCTETS, counter, interface),
        Field("octets_down", IF_HC_OUT_OCTETS, counter, interface),
    )
    rows = sorted({*cells.rows(*(field.column for field in fields)), *known})
    return access.onus(cells, gate, told, access.port_and_number(port_name), rows)


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """The exact model where it is told, else the family in sysDescr."""
    return DeviceReading(
        model=text(cells.scalar(MODEL)) or text(cells.scalar(health.SYS_DESCR)),
        firmware=text(cells.scalar(FIRMWARE)),
        serial=text(cells.scalar(SERIAL_NUMBER)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=gate.celsius(number(cells.scalar(TEMPERATURE), (0, -1))),
        cpu_percent=gate.percent(number(cells.scalar(CPU), (-1,))),
        memory_percent=gate.percent(number(cells.scalar(MEMORY), (0, -1))),
    )
