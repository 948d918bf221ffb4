"""BDCOM GP3600 and other GPON models: NMS-GPON-MIB. An ONU's row is its ifIndex, and its place is
in the name of that interface.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.bdcom import (
    BOARDS,
    ENTERPRISE,
    FARES,
    MODULE,
    MODULES,
    NO_MODULE,
    ONU_INTERFACE,
    PON_INTERFACE,
    device,
)
from collectors.mib.cells import Cells, Gate, choice, counter, number, serial, text, unit
from collectors.mib.interfaces import (
    COUNTERS,
    IF_ALIAS,
    IF_DESCR,
    IF_HC_IN_OCTETS,
    IF_HC_OUT_OCTETS,
    IF_OPER_STATUS,
    INTERFACES,
    OPER_STATES,
    interfaces,
)
from devices.snmp.values import Value
from isp.access_network import DownCause, OnuState, Poll

__all__ = ["DRIVER"]

GPON: Final = f"{ENTERPRISE}.10"
VENDOR_SERIAL, EQUIPMENT_ID, SOFTWARE, DISTANCE, DEACTIVATION = (
    f"{GPON}.3.1.1.{n}" for n in (4, 9, 20, 33, 35)
)
SERIAL, STATUS = f"{GPON}.3.3.1.2", f"{GPON}.3.3.1.4"
RX, TX = f"{GPON}.3.4.1.2", f"{GPON}.3.4.1.3"
OLT_RX: Final = f"{GPON}.2.3.1.3"
PORT_ACTIVE, PORT_TX = f"{GPON}.2.1.1.4", f"{GPON}.2.2.1.5"

STATES: Final = {
    0: OnuState.OFFLINE,
    1: OnuState.OFFLINE,
    2: OnuState.DISABLED,
    3: OnuState.ONLINE,
}
"""off-line, inactive, disable, active."""

CAUSES: Final = {
    1: DownCause.DYING_GASP,
    2: DownCause.OPTICS_OFF,
    3: DownCause.DEACTIVATED,
    4: DownCause.OMCI,
    6: DownCause.LOS,
    7: DownCause.LOS,
    8: DownCause.WIRE_DOWN,
    9: DownCause.OMCI,
    10: DownCause.AUTH_FAILED,
    11: DownCause.RESET,
    12: DownCause.RANGING,
}
"""dying-gasp, laser-always-on, admin-down, omcc-down, unknown(5), pon-los, lcdg, wire-down,
omci-mismatch, password-mismatch, reboot, ranging-failed."""

TENTHS_MAX: Final = 450
DARK: Final = (0, -1, 65535)


def lights(cells: Cells) -> Iterator[Value]:
    """Every cell of ONU light."""
    return chain(cells.column(RX).values(), cells.column(TX).values())


def in_steps(value: Value) -> bool:
    """Whether a cell of light can only be in the MIB's steps."""
    told = number(value, DARK)
    return told is not None and abs(told) > TENTHS_MAX


def power(value: Value) -> float | None:
    """Tenths of a dBm as the devices send, steps of 0.002 as the MIB has it: no optical power is
    both, because what is beyond -45 dBm in tenths is a strong signal in steps.
    """
    told = number(value, DARK)
    if told is None:
        return None
    return told * (0.002 if in_steps(told) else 0.1)


ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("serial", VENDOR_SERIAL, serial),
    Field("state", STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("state", IF_OPER_STATUS, access.interface_state),
    Field("last_down_cause", DEACTIVATION, choice(CAUSES, DownCause.OTHER, none=(0, 5))),
    Field("description", IF_ALIAS, text, access.own_row),
    Field("model", EQUIPMENT_ID, text),
    Field("firmware", SOFTWARE, text),
    Field("distance_m", DISTANCE, unit(0.1)),
    Field("rx_dbm", RX, power),
    Field("tx_dbm", TX, power),
    Field("olt_rx_dbm", OLT_RX, unit(0.1, none=DARK), access.own_row),
    Field("octets_up", IF_HC_IN_OCTETS, counter),
    Field("octets_down", IF_HC_OUT_OCTETS, counter),
)
"""What comes in at an ONU's interface of the OLT goes up."""

PORT: Final = (
    Field("onus_online", PORT_ACTIVE, number),
    *MODULE,
    Field("tx_dbm", PORT_TX, unit(0.1, none=(*DARK, *NO_MODULE))),
)


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.interface_onus(cells, gate, ONU, ONU_INTERFACE)
    ports = access.interface_ports(cells, gate, PON_INTERFACE, PORT)
    gate.doubts += Counter(scale_suspect=sum(map(in_steps, lights(cells))))
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports, onus),
        interfaces=interfaces(cells, lambda _, name: not ONU_INTERFACE.fullmatch(name)),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="bdcom_gpon",
    sys_object_ids=(ENTERPRISE,),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            BOARDS,
            Table(name="onus", columns=(VENDOR_SERIAL, EQUIPMENT_ID, SOFTWARE, DISTANCE)),
        ),
        Part.STATE: (
            OPER_STATES,
            Table(name="onu_states", columns=(SERIAL, STATUS)),
            Table(name="onu_causes", columns=(VENDOR_SERIAL, DEACTIVATION)),
            Table(name="port_onus", columns=(PORT_ACTIVE,)),
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(IF_DESCR, SERIAL, VENDOR_SERIAL)),
            Table(name="onu_optics", columns=(RX, TX, OLT_RX, DISTANCE)),
        ),
        Part.TRAFFIC: (
            COUNTERS,
            Table(name="onu_serials_counted", columns=(SERIAL, VENDOR_SERIAL)),
        ),
        Part.HEALTH: (
            BOARDS,
            MODULES,
            Table(name="port_optics", columns=(IF_DESCR, PORT_TX)),
            OPER_STATES,
        ),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: FARES},
    parse=parse,
    sys_descr=re.compile(r"\bGP3\d\d\d"),
)
