"""Calix EXA (E7, E7-2, E5-400): E7-Calix-MIB. PON ports are shelf, slot and port; an ONT's row is
its unit's id, and its port and serial are not told.
"""

import re
from dataclasses import replace
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.calix import ENTERPRISE, PORT_STATE, device, light
from collectors.mib.cells import Cells, Gate, choice, steps, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from devices.snmp.values import Index
from isp.access_network import DownCause, OnuState, Poll

__all__ = ["DRIVER"]

EXA: Final = f"{ENTERPRISE}.1.2.2.2.1"
CARD_SOFTWARE, CARD_SERIAL = f"{EXA}.6.1.1.7", f"{EXA}.6.1.1.8"
PORT_STATUS, PORT_TEMPERATURE, PORT_BIAS, PORT_TX, PORT_RX, PORT_VOLTAGE = (
    f"{EXA}.6.2.1.{n}" for n in range(4, 10)
)
OPER_STATUS, DYING_GASP, RX, TX, OLT_RX, SOFTWARE = (f"{EXA}.10.1.1.{n}" for n in range(4, 10))

STATES: Final = {
    1: OnuState.ONLINE,
    2: OnuState.ONLINE,
    3: OnuState.OFFLINE,
    4: OnuState.DISABLED,
    5: OnuState.LOGGING,
}
"""enabled, degraded, systemDisabled, userDisabled, waitRegistration; invalid(0) is not known."""

steps_of_onu = steps(0.002, none=(0, -1, 0x8000, 0xFFFF))
"""In steps of 0.002 dBm, unlike a port's."""

ONU: Final = (
    Field("state", OPER_STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("last_down_cause", DYING_GASP, choice({1: DownCause.DYING_GASP})),
    Field("firmware", SOFTWARE, text),
    Field("rx_dbm", RX, steps_of_onu),
    Field("tx_dbm", TX, steps_of_onu),
    Field("olt_rx_dbm", OLT_RX, steps_of_onu),
)
PORT: Final = (
    Field("state", PORT_STATUS, PORT_STATE),
    Field("temperature_celsius", PORT_TEMPERATURE, unit(1, none=(0,))),
    Field("bias_milliamperes", PORT_BIAS, unit(0.001, none=(0,))),
    Field("tx_dbm", PORT_TX, light),
    Field("rx_dbm", PORT_RX, light),
    Field("voltage_volts", PORT_VOLTAGE, unit(0.001, none=(0,))),
)


def place(index: Index) -> Place | None:
    """The unit's id; its port is not told."""
    return Place(None, index[0]) if len(index) == 1 else None


PON_INTERFACE: Final = re.compile(r"Gponport (\d+/\d+)", re.IGNORECASE)
"""`Gponport 2/1`: slot and port of the first shelf."""

FIRST_SHELF: Final = "1/"


def port_name(index: Index) -> str | None:
    """Shelf, slot and port: `1/1/3`."""
    return "/".join(map(str, index)) if len(index) == 3 else None


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    counted = (
        replace(port, port=FIRST_SHELF + port.port)
        for port in access.interface_ports(cells, gate, PON_INTERFACE)
    )
    return Poll(
        device=health.completed(device(cells, CARD_SOFTWARE, CARD_SERIAL), cells, gate),
        ports=access.joined(counted, access.ports(cells, gate, PORT, port_name)),
        interfaces=interfaces(cells),
        onus=access.onus(cells, gate, ONU, place),
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="calix_exa",
    sys_object_ids=(f"{ENTERPRISE}.1.2.2", ENTERPRISE),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="cards", columns=(CARD_SOFTWARE, CARD_SERIAL)),
            Table(name="onus", columns=(SOFTWARE,)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(OPER_STATUS, DYING_GASP)),
            Table(name="port_states", columns=(PORT_STATUS,)),
            OPER_STATES,
        ),
        Part.OPTICS: (Table(name="onu_optics", columns=(RX, TX, OLT_RX)),),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (
            Table(
                name="port_optics",
                columns=(PORT_TEMPERATURE, PORT_BIAS, PORT_TX, PORT_RX, PORT_VOLTAGE),
            ),
            *health.HOST,
        ),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: health.UPTIME},
    parse=parse,
    optics_one_by_one=False,
)
