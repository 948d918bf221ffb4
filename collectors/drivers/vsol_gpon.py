"""V-SOL V1600G and other GPON models: the V1600G MIB. Rows are PON and ONU, light comes as text.

Some firmware has none of its tables: the ONUs are told by their interfaces then.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health, vsol
from collectors.mib.access import Field
from collectors.mib.cells import (
    Cells,
    Gate,
    choice,
    counter,
    date_and_time,
    number_in,
    serial,
    text,
)
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from collectors.mib.vsol import DEVICE, ENTERPRISE, PORT_OPTICS, measured
from collectors.mib.words import cause_in_words
from isp.access_network import OnuState, Poll

__all__ = ["DRIVER"]

GPON: Final = f"{ENTERPRISE}.6.1.1"
PHASE, NAME, LAST_DOWN, DOWN_REASON = (f"{GPON}.1.1.{n}" for n in (5, 7, 9, 10))
SERIAL, MODEL = f"{GPON}.2.1.5", f"{GPON}.2.1.6"
TEMPERATURE, VOLTAGE, BIAS, TX, RX, OLT_RX = (f"{GPON}.3.1.{n}" for n in range(3, 9))
DESCRIPTION, SOFTWARE = f"{GPON}.4.1.24", f"{GPON}.4.1.25"
DISTANCE: Final = f"{GPON}.12.1.3"
IN_OCTETS, OUT_OCTETS = f"{GPON}.17.1.13", f"{GPON}.17.1.15"

PHASES: Final = {
    0: OnuState.LOGGING,
    1: OnuState.LOS,
    2: OnuState.LOGGING,
    3: OnuState.ONLINE,
    4: OnuState.DYING_GASP,
    5: OnuState.AUTH_FAILED,
    6: OnuState.OFFLINE,
}
"""logging, los, syncMib, working, dyingGasp, authFailed, offLine."""

PON_INTERFACE: Final = re.compile(r"GPON(\d+/\d+)(?: .*)?", re.IGNORECASE)
ONU_INTERFACE: Final = re.compile(r"GPON(?:\d+/)?(\d+)(?::|ONU)(\d+)", re.IGNORECASE)
"""`GPON0/1 uplink side`, the port's description behind its name; `GPON01ONU7`, `GPON0/1:7`."""

ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("state", PHASE, choice(PHASES, OnuState.UNKNOWN)),
    Field("last_down_cause", DOWN_REASON, cause_in_words),
    Field("last_down_at", LAST_DOWN, date_and_time),
    Field("description", DESCRIPTION, text),
    Field("description", NAME, text),
    Field("model", MODEL, text),
    Field("firmware", SOFTWARE, text),
    Field("distance_m", DISTANCE, number_in),
    Field("temperature_celsius", TEMPERATURE, measured),
    Field("voltage_volts", VOLTAGE, measured),
    Field("bias_milliamperes", BIAS, measured),
    Field("tx_dbm", TX, measured),
    Field("rx_dbm", RX, measured),
    Field("olt_rx_dbm", OLT_RX, measured),
    Field("octets_up", IN_OCTETS, counter),
    Field("octets_down", OUT_OCTETS, counter),
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
    name="vsol_gpon",
    sys_object_ids=("1.3.6.1.4.1.37950",),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(SERIAL, MODEL)),
            Table(name="onu_names", columns=(NAME, LAST_DOWN)),
            Table(name="onu_details", columns=(DESCRIPTION, SOFTWARE)),
            Table(name="onu_distances", columns=(DISTANCE,)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(SERIAL, PHASE, DOWN_REASON)),
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(
                name="onu_optics",
                columns=(SERIAL, TEMPERATURE, VOLTAGE, BIAS, TX, RX, OLT_RX, DISTANCE),
            ),
        ),
        Part.TRAFFIC: (
            COUNTERS,
            Table(name="onu_counters", columns=(SERIAL, IN_OCTETS, OUT_OCTETS)),
        ),
        Part.HEALTH: (PORT_OPTICS,),
    },
    scalars={Part.INVENTORY: DEVICE, Part.HEALTH: DEVICE},
    parse=parse,
    sys_descr=re.compile(r"\bV\d{4}G"),
)
