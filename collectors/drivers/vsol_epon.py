"""V-SOL V1600D and other EPON models: the V1600D MIB. Rows are PON and ONU, light comes as text.

ONUs are interfaces too (`EPON0/1:16`), which tells their state where the ONU table does not.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, choice, counter, number_in, serial, text, unit
from collectors.mib.interfaces import (
    COUNTERS,
    IF_HC_IN_OCTETS,
    IF_HC_OUT_OCTETS,
    IF_OPER_STATUS,
    INTERFACES,
    OPER_STATES,
    interface_names,
    interfaces,
)
from collectors.mib.vsol import DEVICE, ENTERPRISE, device
from devices.snmp.values import Index
from isp.access_network import DownCause, OnuState, Poll

__all__ = ["DRIVER"]

AUTHORISED: Final = f"{ENTERPRISE}.5.12.1.25.1"
STATUS, MAC, NAME, DEREGISTRATION, DISTANCE = (f"{AUTHORISED}.{n}" for n in (4, 5, 9, 15, 17))
MODEL: Final = f"{ENTERPRISE}.5.12.2.1.2.1.4"
TEMPERATURE, VOLTAGE, BIAS, TX, RX = (f"{ENTERPRISE}.5.12.2.1.8.1.{n}" for n in range(3, 8))
PORT_TEMPERATURE, PORT_VOLTAGE, PORT_BIAS, PORT_TX = (
    f"{ENTERPRISE}.5.10.13.1.1.{n}" for n in range(2, 6)
)

STATES: Final = {0: OnuState.OFFLINE, 1: OnuState.ONLINE}
CAUSES: Final = {0: DownCause.WIRE_DOWN, 1: DownCause.DYING_GASP}
"""wire-down, power-off."""

PON_INTERFACE: Final = re.compile(r"EPON(\d+/\d+)", re.IGNORECASE)
ONU_INTERFACE: Final = re.compile(r"EPON\d+/(\d+):(\d+)", re.IGNORECASE)

ONU: Final = (
    Field("serial", MAC, serial),
    Field("state", STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("last_down_cause", DEREGISTRATION, choice(CAUSES, DownCause.OTHER)),
    Field("description", NAME, text),
    Field("model", MODEL, text),
    Field("distance_m", DISTANCE, unit(1)),
    Field("temperature_celsius", TEMPERATURE, number_in),
    Field("voltage_volts", VOLTAGE, number_in),
    Field("bias_milliamperes", BIAS, number_in),
    Field("tx_dbm", TX, number_in),
    Field("rx_dbm", RX, number_in),
)
PORT: Final = (
    Field("temperature_celsius", PORT_TEMPERATURE, number_in),
    Field("voltage_volts", PORT_VOLTAGE, number_in),
    Field("bias_milliamperes", PORT_BIAS, number_in),
    Field("tx_dbm", PORT_TX, number_in),
)


def port_name(pon: int) -> str:
    """`0/1` is PON 1."""
    return f"0/{pon}"


def onu_interfaces(cells: Cells) -> Mapping[Index, Index]:
    """The interface of each ONU's row."""
    return {
        (int(found[1]), int(found[2])): index
        for index, name in interface_names(cells).items()
        if (found := ONU_INTERFACE.fullmatch(name))
    }


def interface_fields(interface: Callable[[Index], Index]) -> tuple[Field, ...]:
    """What an ONU's interface tells of it: what comes in there goes up."""
    return (
        Field("state", IF_OPER_STATUS, access.interface_state, interface),
        Field("octets_up", IF_HC_IN_OCTETS, counter, interface),
        Field("octets_down", IF_HC_OUT_OCTETS, counter, interface),
    )


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    known = onu_interfaces(cells)
    fields = (*ONU, *interface_fields(lambda index: known.get(index, ())))
    rows = sorted({*cells.rows(*(field.column for field in ONU)), *known})
    onus = access.onus(cells, gate, fields, access.port_and_number(port_name), rows)
    lit = access.ports(cells, gate, PORT, lambda index: port_name(index[0]))
    ports = access.interface_ports(cells, gate, PON_INTERFACE)
    return Poll(
        device=health.completed(device(cells), cells, gate),
        ports=access.with_onus(access.joined(ports, lit), onus),
        interfaces=interfaces(cells, lambda _, name: not ONU_INTERFACE.fullmatch(name)),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="vsol_epon",
    sys_object_ids=("1.3.6.1.4.1.37950",),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(MAC, NAME, DISTANCE)),
            Table(name="onu_models", columns=(MODEL,)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(STATUS, MAC, DEREGISTRATION)),
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(MAC, DISTANCE)),
            Table(name="onu_optics", columns=(TEMPERATURE, VOLTAGE, BIAS, TX, RX)),
        ),
        Part.TRAFFIC: (COUNTERS, Table(name="onu_macs", columns=(MAC,))),
        Part.HEALTH: (
            Table(
                name="port_optics",
                columns=(PORT_TEMPERATURE, PORT_VOLTAGE, PORT_BIAS, PORT_TX),
            ),
        ),
    },
    scalars={Part.INVENTORY: DEVICE, Part.HEALTH: DEVICE},
    parse=parse,
)
