"""ZTE C6xx (TITAN), and C300 and C320 from version 2.2 (tree B): ZTE-AN-PON, ZTE-AN-GPON MIBs.

ONU tables are indexed by an interface, `0x11 << 24 | rack << 16 | slot << 8 | port`, and the ONU's
number; phases are counted from 1 here, from 0 in tree A.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health, zte
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, choice, date_and_time, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from isp.access_network import DownCause, OnuState, Poll

__all__ = ["DRIVER"]

PON: Final = "1.3.6.1.4.1.3902.1082.500"
NAME, DESCRIPTION, SERIAL, SERIAL_TEXT = (f"{PON}.10.2.3.3.1.{column}" for column in (2, 3, 6, 18))
PHASE, LAST_OFFLINE, OFFLINE_REASON = (f"{PON}.10.2.3.8.1.{column}" for column in (4, 6, 7))
DISTANCE: Final = f"{PON}.10.2.3.10.1.2"
MODEL: Final = f"{PON}.20.2.1.2.1.8"
RX, TX, VOLTAGE, BIAS, TEMPERATURE = (f"{PON}.20.2.2.2.1.{n}" for n in (10, 14, 17, 18, 19))
OLT_RX: Final = f"{PON}.1.2.4.2.1.2"
FOUND_SERIAL, FOUND_MODEL = f"{PON}.10.2.2.5.1.2", f"{PON}.10.2.2.5.1.7"

PHASES: Final = {
    1: OnuState.LOGGING,
    2: OnuState.LOS,
    3: OnuState.LOGGING,
    4: OnuState.ONLINE,
    5: OnuState.DYING_GASP,
    6: OnuState.AUTH_FAILED,
    7: OnuState.OFFLINE,
}
reason = choice(zte.OFFLINE_REASONS, DownCause.OTHER, none=(0, 1))

ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("serial", SERIAL_TEXT, serial),
    Field("state", PHASE, choice(PHASES, OnuState.UNKNOWN)),
    Field("last_down_cause", OFFLINE_REASON, reason),
    Field("last_down_at", LAST_OFFLINE, date_and_time),
    Field("description", DESCRIPTION, text),
    Field("description", NAME, text),
    Field("model", MODEL, text, access.own_row),
    Field("distance_m", DISTANCE, unit(1, none=(-1, 65535))),
    Field("rx_dbm", RX, zte.light, zte.transceiver),
    Field("tx_dbm", TX, zte.light, zte.transceiver),
    Field("voltage_volts", VOLTAGE, zte.volts, zte.transceiver),
    Field("bias_milliamperes", BIAS, zte.bias, zte.transceiver),
    Field("temperature_celsius", TEMPERATURE, zte.celsius, zte.transceiver),
    Field("olt_rx_dbm", OLT_RX, zte.olt_light, access.own_row),
)


def port_name(interface: int) -> str:
    """Rack, slot and port: 285280513 is `1/9/1`."""
    return f"{interface >> 16 & 0xFF}/{interface >> 8 & 0xFF}/{interface & 0xFF}"


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.onus(cells, gate, ONU, access.port_and_number(port_name))
    return Poll(
        device=health.completed(zte.device(cells, gate), cells, gate),
        ports=access.with_onus(zte.ports(cells, gate), onus),
        interfaces=interfaces(cells),
        onus=onus,
        unprovisioned=access.unprovisioned(
            cells, FOUND_SERIAL, lambda index: port_name(index[0]), models=FOUND_MODEL
        ),
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="zte_titan",
    sys_object_ids=("1.3.6.1.4.1.3902",),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            health.ENTITY,
            Table(name="onus", columns=(NAME, DESCRIPTION, SERIAL, SERIAL_TEXT)),
            Table(name="onu_models", columns=(MODEL,)),
            Table(name="onu_distances", columns=(DISTANCE,)),
            Table(name="onu_outages", columns=(LAST_OFFLINE,)),
            Table(name="unconfigured", columns=(FOUND_SERIAL, FOUND_MODEL)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(SERIAL, SERIAL_TEXT, PHASE, OFFLINE_REASON)),
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(SERIAL, SERIAL_TEXT, DISTANCE, OLT_RX)),
            Table(
                name="onu_optics",
                columns=(RX, TX, VOLTAGE, BIAS, TEMPERATURE),
                of_onu=zte.transceiver,
            ),
        ),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (*zte.HEALTH, OPER_STATES),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: health.UPTIME},
    parse=parse,
    sys_descr=re.compile(r"\bC6\d\d\b"),
)
