"""V-SOL V1600D and other EPON models: the V1600D MIB. Rows are PON and ONU, light comes as text.

ONUs are interfaces too (`EPON0/1:16`), which tells their state where the ONU table does not.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health, vsol
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, choice, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from collectors.mib.vsol import DEVICE, ENTERPRISE, PORT_OPTICS, measured
from isp.access_network import DownCause, OnuState, Poll

__all__ = ["DRIVER"]

AUTHORISED: Final = f"{ENTERPRISE}.5.12.1.25.1"
STATUS, MAC, NAME, DEREGISTRATION, DISTANCE = (f"{AUTHORISED}.{n}" for n in (4, 5, 9, 15, 17))
MODEL: Final = f"{ENTERPRISE}.5.12.2.1.2.1.4"
TEMPERATURE, VOLTAGE, BIAS, TX, RX = (f"{ENTERPRISE}.5.12.2.1.8.1.{n}" for n in range(3, 8))

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
    Field("temperature_celsius", TEMPERATURE, measured),
    Field("voltage_volts", VOLTAGE, measured),
    Field("bias_milliamperes", BIAS, measured),
    Field("tx_dbm", TX, measured),
    Field("rx_dbm", RX, measured),
)


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = vsol.onus(cells, gate, ONU, ONU_INTERFACE)
    return Poll(
        device=health.completed(vsol.device(cells, gate), cells, gate),
        ports=access.with_onus(vsol.ports(cells, gate, PON_INTERFACE), onus),
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
        Part.HEALTH: (PORT_OPTICS,),
    },
    scalars={Part.INVENTORY: DEVICE, Part.HEALTH: DEVICE},
    parse=parse,
    sys_descr=re.compile(r"\bV\d{4}D"),
)
