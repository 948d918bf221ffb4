"""C-Data FD16xx and other GPON models: NSCRTV-FTTX-GPON-MIB with its later columns."""

import re
from dataclasses import replace
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cdata import (
    DEVICE,
    EPON_EOC,
    FARES,
    NSCRTV,
    PORT_OPTICS,
    device,
    first_port,
    place,
    port_row,
    ports,
)
from collectors.mib.cells import Cells, Gate, choice, date_and_time, number, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from collectors.mib.words import cause_in_words
from devices.snmp.values import Value
from isp.access_network import OnuReading, OnuState, Poll

__all__ = ["DRIVER"]

ONUS: Final = f"{NSCRTV}.2.8.4.1.1"
NAME, SERIAL, MODEL, STATUS, DISTANCE, DOWN_TIME, DOWN_CAUSE = (
    f"{ONUS}.{n}" for n in (2, 3, 6, 7, 9, 102, 103)
)
FIRST_IMAGE, SECOND_IMAGE, SECOND_ACTIVE = (f"{NSCRTV}.2.8.4.2.1.{n}" for n in (2, 6, 8))
RX, TX, BIAS, VOLTAGE, TEMPERATURE = (f"{NSCRTV}.2.8.4.4.1.{n}" for n in range(4, 9))
OLT_RX: Final = f"{NSCRTV}.2.3.3.6.1.2"

STATES: Final = {1: OnuState.ONLINE, 2: OnuState.OFFLINE}
NO_RX, NO_TX = (-1, 0, -4000), (-3000, 0)
"""An ONU that is away is told as -0.01 dBm received and -30.00 dBm sent."""

IN_MILLIVOLTS_MIN: Final = 10_000


def volts(value: Value) -> float | None:
    """The MIB's unit is 0.01 mV, later firmware sends 0.01 V: 3.3 V are 330000 or 330."""
    told = number(value, (0,))
    if told is None:
        return None
    return told * (0.00001 if told >= IN_MILLIVOLTS_MIN else 0.01)


NAME_WITHOUT_LABEL: Final = re.compile(r"gpon \d+/\d+/\d+ onu \d+ ?", re.IGNORECASE)


def label(value: Value) -> str | None:
    """What somebody wrote behind `gpon 0/0/1 onu 7 `, which some firmware begins a name with."""
    name = text(value)
    return text(NAME_WITHOUT_LABEL.sub("", name)) if name else None


def model(value: Value) -> str | None:
    """An ONU that does not name itself is padded with zeros."""
    name = text(value)
    return name if name and name.strip("0") else None


LIGHT: Final = (
    ("rx_dbm", RX, unit(0.01, none=NO_RX)),
    ("tx_dbm", TX, unit(0.01, none=NO_TX)),
    ("bias_milliamperes", BIAS, unit(0.01)),
    ("voltage_volts", VOLTAGE, volts),
    ("temperature_celsius", TEMPERATURE, unit(0.01, none=(0,))),
)
LIGHT_COLUMNS: Final = tuple(column for _, column, _ in LIGHT)

ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("state", STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("last_down_cause", DOWN_CAUSE, cause_in_words),
    Field("last_down_at", DOWN_TIME, date_and_time),
    Field("description", NAME, label),
    Field("model", MODEL, model),
    Field("distance_m", DISTANCE, unit(1, none=(0,))),
    *(
        Field(name, column, read, row)
        for row in (first_port, port_row)
        for name, column, read in LIGHT
    ),
    Field("olt_rx_dbm", OLT_RX, unit(0.01, none=NO_RX), access.own_row),
)


def with_firmware(onu: OnuReading, cells: Cells) -> OnuReading:
    """The ONU with the one of its two images that it runs."""
    second = cells.column(SECOND_ACTIVE).get(onu.index) == 1
    image = cells.column(SECOND_IMAGE if second else FIRST_IMAGE)
    return replace(onu, firmware=text(image.get(onu.index)))


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    found = access.onus(cells, gate, ONU, place)
    onus = tuple(with_firmware(onu, cells) for onu in found)
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports(cells, gate), onus),
        interfaces=interfaces(cells),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="cdata_gpon",
    sys_object_ids=(NSCRTV, EPON_EOC),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(NAME, SERIAL, MODEL, DISTANCE, DOWN_TIME)),
            Table(name="onu_images", columns=(FIRST_IMAGE, SECOND_IMAGE, SECOND_ACTIVE)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(SERIAL, STATUS, DOWN_CAUSE)),
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(SERIAL, DISTANCE, OLT_RX)),
            Table(name="onu_optics", columns=LIGHT_COLUMNS, of_onu=first_port),
            Table(name="onu_optics_of_port", columns=LIGHT_COLUMNS, of_onu=port_row),
        ),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (PORT_OPTICS, OPER_STATES),
    },
    scalars={Part.INVENTORY: DEVICE, Part.HEALTH: FARES},
    parse=parse,
    sys_descr=re.compile(r"\bFD16\d\d"),
)
