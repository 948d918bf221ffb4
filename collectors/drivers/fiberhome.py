"""FiberHome AN5516 and AN6000: GEPON-OLT-COMMON-MIB, for EPON and GPON alike.

An ONU's row is `slot << 25 | pon << 19 | onu << 8`; the AN5116 packs its rows otherwise, so that
the columns of slot, PON and ONU, which are read with the rest, have the last word.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.cells import Cells, Gate, choice, date_and_time, number, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from devices.snmp.values import Index, Value
from isp.access_network import DeviceReading, OnuState, Poll
from isp.onu_serial import canonical_serial

__all__ = ["DRIVER"]

COMMON: Final = "1.3.6.1.4.1.5875.800.3"
SLOT, PON, ONU_ID, KIND = (f"{COMMON}.10.1.1.{column}" for column in (2, 3, 4, 5))
NAME, LOGICAL, SERIAL, STATUS, SOFTWARE = (
    f"{COMMON}.10.1.1.{column}" for column in (7, 8, 10, 11, 12)
)
LAST_DOWN: Final = f"{COMMON}.10.1.1.31"
RX, TX, VOLTAGE, BIAS, TEMPERATURE = (f"{COMMON}.9.3.3.1.{column}" for column in range(6, 11))
OLT_RX: Final = f"{COMMON}.9.3.7.1.2"
FOUND_SLOT, FOUND_PON, FOUND_SERIAL = (f"{COMMON}.11.1.1.{column}" for column in (2, 3, 7))

PORT_NAME, PORT_STATUS = f"{COMMON}.9.3.4.1.2", f"{COMMON}.9.3.4.1.5"
PORT_TX, PORT_VOLTAGE, PORT_BIAS, PORT_TEMPERATURE, PORT_ONUS = (
    f"{COMMON}.9.3.4.1.{column}" for column in range(8, 13)
)

SOFTWARE_VERSION, SYSTEM_TEMPERATURE = f"{COMMON}.9.4.3.0", f"{COMMON}.9.4.5.0"
CARD_CPU, CARD_MEMORY = f"{COMMON}.9.8.1.1.5", f"{COMMON}.9.8.1.1.6"

STATES: Final = {
    0: OnuState.LOS,
    1: OnuState.ONLINE,
    2: OnuState.DYING_GASP,
    3: OnuState.OFFLINE,
}
"""The MIB names 0 and 1; the vendor's guide to it: fibre cut, online, power cut, offline."""

DARK: Final = (0, -1)
"""No light is told as 0."""

hundredths = unit(0.01, none=DARK)


def registered(value: Value) -> str | None:
    """A serial in words; a name of eight letters is none, as eight octets of one are."""
    words = text(value)
    return words and canonical_serial(words)


def serials_are_absent(readings: Readings) -> bool:
    """Whether the firmware has no column of serials at all: it was read to its end, and is empty.

    An ONU that lacks its own after a fault must not be taken for another.
    """
    return all(
        not walk.columns[SERIAL] and SERIAL not in walk.unknown
        for walk in readings.walks.values()
        if SERIAL in walk.columns
    )


def olt_row(index: Index) -> Index:
    """The row of an ONU in its PON port's table: the port's own number, then the ONU's."""
    return (index[0] & ~0x7FFFF, index[0] >> 8 & 0x7FF)


ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("state", STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("description", NAME, text),
    Field("firmware", SOFTWARE, text),
    Field("last_down_at", LAST_DOWN, date_and_time),
    Field("rx_dbm", RX, hundredths, access.own_row),
    Field("tx_dbm", TX, hundredths, access.own_row),
    Field("voltage_volts", VOLTAGE, hundredths, access.own_row),
    Field("bias_milliamperes", BIAS, hundredths, access.own_row),
    Field("temperature_celsius", TEMPERATURE, hundredths, access.own_row),
    Field("olt_rx_dbm", OLT_RX, hundredths, olt_row),
)
REGISTERED: Final = Field("serial", LOGICAL, registered)
PORT: Final = (
    Field("state", PORT_STATUS, choice({0: "down", 1: "up"})),
    Field("onus", PORT_ONUS, number),
    Field("tx_dbm", PORT_TX, hundredths),
    Field("voltage_volts", PORT_VOLTAGE, hundredths),
    Field("bias_milliamperes", PORT_BIAS, hundredths),
    Field("temperature_celsius", PORT_TEMPERATURE, hundredths),
)


def packed_port(number_of_port: int) -> str:
    """Slot and PON of a port's row, or of an ONU's."""
    return f"{number_of_port >> 25 & 0x7F}/{number_of_port >> 19 & 0x3F}"


def onu_place(cells: Cells, index: Index) -> Place | None:
    """By the columns that say it; 606089733 without them is `18/4`, ONU 50."""
    if len(index) != 1:
        return None
    slot, pon, onu = (number(cells.column(column).get(index)) for column in (SLOT, PON, ONU_ID))
    if slot is None or pon is None or onu is None:
        return Place(packed_port(index[0]), index[0] >> 8 & 0x7FF)
    return Place(f"{slot}/{pon}", onu)


def port_place(cells: Cells, index: Index) -> str | None:
    """The name's slot and PON (`PON 18/4`), else those of its row."""
    name = text(cells.column(PORT_NAME).get(index)) or ""
    parts = name.split()[-1:] if "/" in name else []
    return parts[0] if parts else packed_port(index[0])


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """sysDescr is the model's name alone."""
    hundredth = unit(0.01)
    return DeviceReading(
        model=text(cells.scalar(health.SYS_DESCR)),
        firmware=text(cells.scalar(SOFTWARE_VERSION)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=gate.celsius(number(cells.scalar(SYSTEM_TEMPERATURE))),
        cpu_percent=health.worst(cells, CARD_CPU, gate.percent, hundredth),
        memory_percent=health.worst(cells, CARD_MEMORY, gate.percent, hundredth),
    )


def found_port(cells: Cells, index: Index) -> str:
    """Where an unauthorised ONU was seen."""
    slot, pon = (number(cells.column(column).get(index)) for column in (FOUND_SLOT, FOUND_PON))
    return f"{slot}/{pon}"


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    fields = (*ONU, REGISTERED) if serials_are_absent(readings) else ONU
    onus = access.onus(cells, gate, fields, lambda index: onu_place(cells, index))
    ports = access.ports(cells, gate, PORT, lambda index: port_place(cells, index))
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports, onus),
        interfaces=interfaces(cells),
        onus=onus,
        unprovisioned=access.unprovisioned(
            cells, FOUND_SERIAL, lambda index: found_port(cells, index)
        ),
        doubts=gate.doubts,
    )


IDENTITY: Final = (SLOT, PON, ONU_ID, LOGICAL, SERIAL)
"""Column 8 is what an ONU registered with: its serial, where firmware has no column 10 for it."""

DRIVER = Driver(
    name="fiberhome",
    sys_object_ids=("1.3.6.1.4.1.5875",),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(*IDENTITY, NAME, SOFTWARE, LAST_DOWN)),
            Table(name="unauthorised", columns=(FOUND_SLOT, FOUND_PON, FOUND_SERIAL)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(*IDENTITY, STATUS)),
            Table(name="port_states", columns=(PORT_NAME, PORT_STATUS, PORT_ONUS)),
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=IDENTITY),
            Table(name="onu_optics", columns=(RX, TX, VOLTAGE, BIAS, TEMPERATURE)),
            Table(name="onu_optics_at_olt", columns=(OLT_RX,), of_onu=olt_row),
        ),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (
            Table(name="cards", columns=(CARD_CPU, CARD_MEMORY)),
            Table(
                name="port_optics",
                columns=(PORT_NAME, PORT_TX, PORT_VOLTAGE, PORT_BIAS, PORT_TEMPERATURE),
            ),
        ),
    },
    scalars={
        Part.INVENTORY: (*health.IDENTITY, SOFTWARE_VERSION),
        Part.HEALTH: (*health.UPTIME, SYSTEM_TEMPERATURE),
    },
    parse=parse,
    sys_descr=re.compile(r"\bAN(?:5[15]16|6000)\b"),
)
