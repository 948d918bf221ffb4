"""Calix AXOS (E7-2, E9-2, E3-2): Axos-Ont-MIB and Axos-Card-MIB. Light is in 0.0001 mW.

The ONT table tells neither the port nor the serial of an ONT, only the id that it was given.
axosOntDyingGasp says yes of every ONT in recordings of working networks, and is not believed.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.calix import ENTERPRISE, PORT_STATE, device, light
from collectors.mib.cells import Cells, Gate, choice, counter, number, serial, text, unit
from collectors.mib.interfaces import (
    COUNTERS,
    IF_HC_IN_OCTETS,
    IF_HC_OUT_OCTETS,
    INTERFACES,
    OPER_STATES,
    interfaces,
)
from devices.snmp.values import Index
from isp.access_network import DownCause, OnuState, Poll

__all__ = ["DRIVER"]

AXOS: Final = f"{ENTERPRISE}.1.2.4.2"
CARD_SOFTWARE, CARD_SERIAL = f"{AXOS}.4.1.1.6", f"{AXOS}.4.1.1.7"
CHASSIS_SERIAL: Final = f"{AXOS}.5.10"
PORT_NAME, PORT_STATUS, PORT_TEMPERATURE, PORT_BIAS, PORT_TX, PORT_RX, PORT_VOLTAGE = (
    f"{AXOS}.4.2.1.{n}" for n in range(2, 9)
)
ONT_ID, ADMIN_STATUS, OPER_STATUS = (f"{AXOS}.6.1.1.{n}" for n in (2, 3, 4))
RX, TX, OLT_RX, SOFTWARE = (f"{AXOS}.6.1.1.{n}" for n in range(6, 10))

STATES: Final = {0: OnuState.OFFLINE, 1: OnuState.ONLINE, 2: OnuState.ONLINE}
"""invalid, enabled, degraded."""

DISABLED: Final = 2

ONU: Final = (
    Field("serial", ONT_ID, serial),
    Field("state", OPER_STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("last_down_cause", ADMIN_STATUS, choice({DISABLED: DownCause.DEACTIVATED})),
    Field("description", ONT_ID, text),
    Field("firmware", SOFTWARE, text),
    Field("rx_dbm", RX, light),
    Field("tx_dbm", TX, light),
    Field("olt_rx_dbm", OLT_RX, light),
)
PORT: Final = (
    Field("state", PORT_STATUS, PORT_STATE),
    Field("temperature_celsius", PORT_TEMPERATURE, unit(0.001, none=(0,))),
    Field("bias_milliamperes", PORT_BIAS, unit(0.001, none=(0,))),
    Field("tx_dbm", PORT_TX, light),
    Field("rx_dbm", PORT_RX, light),
    Field("voltage_volts", PORT_VOLTAGE, unit(0.001, none=(0,))),
    Field("octets_up", IF_HC_IN_OCTETS, counter),
    Field("octets_down", IF_HC_OUT_OCTETS, counter),
)
"""A port's row is its ifIndex."""


def place(cells: Cells, index: Index) -> Place:
    """The ONT's id, where it is a number; its port is not told."""
    return Place(None, number(cells.column(ONT_ID).get(index)))


def port_name(cells: Cells, index: Index) -> str | None:
    """The port as the command line has it: `1/1/xp1`."""
    return text(cells.column(PORT_NAME).get(index))


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    return Poll(
        device=health.completed(
            device(cells, CARD_SOFTWARE, CHASSIS_SERIAL, CARD_SERIAL), cells, gate
        ),
        ports=access.ports(
            cells, gate, PORT, lambda index: port_name(cells, index), by_if_index=True
        ),
        interfaces=interfaces(cells),
        onus=access.onus(cells, gate, ONU, lambda index: place(cells, index)),
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="calix_axos",
    sys_object_ids=(f"{ENTERPRISE}.1.2.4", ENTERPRISE),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="cards", columns=(CARD_SOFTWARE, CARD_SERIAL)),
            Table(name="chassis", columns=(CHASSIS_SERIAL,)),
            Table(name="onus", columns=(ONT_ID, SOFTWARE)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(ONT_ID, ADMIN_STATUS, OPER_STATUS)),
            Table(name="port_states", columns=(PORT_NAME, PORT_STATUS)),
            OPER_STATES,
        ),
        Part.OPTICS: (Table(name="onu_optics", columns=(ONT_ID, RX, TX, OLT_RX)),),
        Part.TRAFFIC: (COUNTERS, Table(name="port_names", columns=(PORT_NAME,))),
        Part.HEALTH: (
            Table(
                name="port_optics",
                columns=(PORT_NAME, PORT_TEMPERATURE, PORT_BIAS, PORT_TX, PORT_RX, PORT_VOLTAGE),
            ),
            *health.HOST,
        ),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: health.UPTIME},
    parse=parse,
    sys_descr=re.compile(r"\bCalix\b|\bAXOS\b"),
    optics_one_by_one=False,
)
