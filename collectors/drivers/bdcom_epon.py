"""BDCOM P3310, P3608 and other EPON models: NMS-EPON-ONU and NMS-EPON-OLT-PON MIBs. An ONU's row is
its ifIndex, its place is in the name of that interface, and its MAC is who it is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.bdcom import (
    BOARDS,
    ENTERPRISE,
    FARES,
    MODULE,
    MODULES,
    ONU_INTERFACE,
    PON_INTERFACE,
    device,
)
from collectors.mib.cells import Cells, Gate, choice, counter, serial, text, unit
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
from devices.snmp.values import Index, Value
from isp.access_network import DownCause, OnuReading, OnuState, Poll

__all__ = ["DRIVER"]

EPON: Final = f"{ENTERPRISE}.101"
MODEL, MAC, FIRMWARE, STATUS, DISTANCE = (f"{EPON}.10.1.1.{n}" for n in (2, 3, 6, 26, 27))
TEMPERATURE, RX, TX = (f"{EPON}.10.5.1.{n}" for n in (2, 5, 6))
OLT_RX: Final = f"{EPON}.108.1.3"
DESCRIPTION, DEREGISTRATION = f"{EPON}.11.1.1.4", f"{EPON}.11.1.1.11"
PORT_TX: Final = f"{EPON}.107.1.3"

STATES: Final = {
    0: OnuState.ONLINE,
    1: OnuState.ONLINE,
    2: OnuState.OFFLINE,
    3: OnuState.ONLINE,
    4: OnuState.OFFLINE,
    5: OnuState.OFFLINE,
}
"""authenticated, registered, deregistered, auto_config, lost, standby."""

CAUSES: Final = {
    3: DownCause.RANGING,
    4: DownCause.OMCI,
    5: DownCause.RESET,
    6: DownCause.AUTH_FAILED,
    7: DownCause.DEACTIVATED,
    8: DownCause.LOS,
    9: DownCause.DYING_GASP,
}
"""normal(2), mpcp-down, oam-down, firmware-download, illegal-mac, llid-admin-down, wire-down: an
EPON's word for a lost signal; power-off."""

DARK: Final = (0, -1, 65535)
tenths = unit(0.1, none=DARK)

ONU: Final = (
    Field("serial", MAC, serial),
    Field("state", STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("state", IF_OPER_STATUS, access.interface_state),
    Field("description", IF_ALIAS, text, access.own_row),
    Field("model", MODEL, text),
    Field("firmware", FIRMWARE, text),
    Field("distance_m", DISTANCE, unit(1)),
    Field("temperature_celsius", TEMPERATURE, unit(1 / 256, none=DARK)),
    Field("rx_dbm", RX, tenths),
    Field("tx_dbm", TX, tenths),
    Field("olt_rx_dbm", OLT_RX, tenths, access.own_row),
    Field("octets_up", IF_HC_IN_OCTETS, counter),
    Field("octets_down", IF_HC_OUT_OCTETS, counter),
)
PORT: Final = (*MODULE, Field("tx_dbm", PORT_TX, tenths))

T = TypeVar("T")

deregistration = choice(CAUSES, DownCause.OTHER, none=(2, 255))


def bound(column: Mapping[Index, Value], read: Callable[[Value], T | None]) -> Mapping[str, T]:
    """What a column of the binding table says of each ONU, by its MAC: the table's rows are the
    port and the six octets of it.
    """
    return {
        mac: told
        for index, cell in column.items()
        if len(index) > 6
        and all(octet < 256 for octet in index[-6:])
        and (mac := serial(bytes(index[-6:])))
        and (told := read(cell)) is not None
    }


def with_binding(
    onu: OnuReading, descriptions: Mapping[str, str], causes: Mapping[str, DownCause]
) -> OnuReading:
    """The ONU with what its port's binding of it tells: its description, its last down cause."""
    mac = onu.serial or ""
    onu = replace(onu, description=descriptions.get(mac, onu.description))
    cause = causes.get(mac)
    if cause is None:
        return onu
    return replace(onu, last_down_cause=cause, state=access.down_state(onu.state, cause))


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    descriptions = bound(cells.column(DESCRIPTION), text)
    causes = bound(cells.column(DEREGISTRATION), deregistration)
    found = access.interface_onus(cells, gate, ONU, ONU_INTERFACE)
    onus = tuple(with_binding(onu, descriptions, causes) for onu in found)
    ports = access.interface_ports(cells, gate, PON_INTERFACE, PORT)
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports, onus),
        interfaces=interfaces(cells, lambda _, name: not ONU_INTERFACE.fullmatch(name)),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="bdcom_epon",
    sys_object_ids=(ENTERPRISE,),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            BOARDS,
            Table(name="onus", columns=(MODEL, MAC, FIRMWARE, DISTANCE)),
            Table(name="onu_names", columns=(DESCRIPTION,)),
        ),
        Part.STATE: (
            OPER_STATES,
            Table(name="onu_states", columns=(MAC, STATUS)),
            Table(name="onu_causes", columns=(DEREGISTRATION,)),
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(IF_DESCR, MAC)),
            Table(name="onu_optics", columns=(TEMPERATURE, RX, TX, OLT_RX, DISTANCE)),
        ),
        Part.TRAFFIC: (COUNTERS, Table(name="onu_serials_counted", columns=(MAC,))),
        Part.HEALTH: (
            BOARDS,
            MODULES,
            Table(name="port_optics", columns=(IF_DESCR, PORT_TX)),
            OPER_STATES,
        ),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: FARES},
    parse=parse,
    sys_descr=re.compile(r"\bP3[36]\d\d"),
)
