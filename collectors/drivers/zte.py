"""ZTE C300 and C320 of version 1 and 2.1 (tree A): ZXGPON-SERVICE-MIB, ZXGPON-ONTMGMT-MIB.

ONU tables are indexed by an OLT port id, `1 << 28 | shelf << 24 | slot << 16 | port << 8` counted
from 1, and the ONU's number. IF-MIB counts the same ports from 0, so the two are joined by name.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health, zte, zte_epon
from collectors.mib.access import Field, Place
from collectors.mib.cells import Cells, Gate, choice, date_and_time, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from devices.snmp.values import Index
from isp.access_network import DownCause, OnuReading, OnuState, Poll

__all__ = ["DRIVER"]

GPON: Final = "1.3.6.1.4.1.3902.1012.3"
TYPE_NAME, NAME, DESCRIPTION, SERIAL = (f"{GPON}.28.1.1.{column}" for column in (1, 2, 3, 5))
PHASE, LAST_OFFLINE, OFFLINE_REASON = (f"{GPON}.28.2.1.{column}" for column in (4, 6, 7))
DISTANCE: Final = f"{GPON}.11.4.1.2"
FOUND_SERIAL, FOUND_TIME = f"{GPON}.13.3.1.2", f"{GPON}.13.3.1.7"
RX, TX, VOLTAGE, BIAS, TEMPERATURE = (f"{GPON}.50.12.1.1.{n}" for n in (10, 14, 17, 18, 19))
OLT_RX: Final = "1.3.6.1.4.1.3902.1015.1010.11.2.1.2"

PHASES: Final = {
    0: OnuState.LOGGING,
    1: OnuState.LOS,
    2: OnuState.LOGGING,
    3: OnuState.ONLINE,
    4: OnuState.DYING_GASP,
    5: OnuState.AUTH_FAILED,
    6: OnuState.OFFLINE,
}
"""logging, los, syncMib, working, dyingGasp, authFailed, offline; tree B counts them from 1."""


reason = choice(zte.OFFLINE_REASONS, DownCause.OTHER, none=(0, 1))

ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("state", PHASE, choice(PHASES, OnuState.UNKNOWN)),
    Field("last_down_cause", OFFLINE_REASON, reason),
    Field("last_down_at", LAST_OFFLINE, date_and_time),
    Field("description", DESCRIPTION, text),
    Field("description", NAME, text),
    Field("model", TYPE_NAME, text),
    Field("distance_m", DISTANCE, unit(1, none=(-1, 65535))),
    Field("rx_dbm", RX, zte.light, zte.transceiver),
    Field("tx_dbm", TX, zte.light, zte.transceiver),
    Field("voltage_volts", VOLTAGE, zte.volts, zte.transceiver),
    Field("bias_milliamperes", BIAS, zte.bias, zte.transceiver),
    Field("temperature_celsius", TEMPERATURE, zte.celsius, zte.transceiver),
    Field("olt_rx_dbm", OLT_RX, zte.olt_light, access.own_row),
)


def port_name(port_id: int) -> str:
    """Shelf, slot and port as the command line has them: 268501248 is `1/1/1`."""
    return f"{(port_id >> 24 & 0xF) + 1}/{port_id >> 16 & 0xFF}/{port_id >> 8 & 0xFF}"


def found_port(index: Index) -> str:
    """Where an ONU was seen that nobody configured."""
    return port_name(index[0])


def place(index: Index) -> Place | None:
    """The place of a GPON ONU: EPON's rows are one number."""
    return Place(port_name(index[0]), index[1]) if len(index) == 2 else None


def is_gpon(onu: OnuReading) -> bool:
    """Whether an ONU's row is one of GPON's tables."""
    return place(onu.index) is not None


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = (
        *access.onus(cells, gate, ONU, place),
        *access.onus(cells, gate, zte_epon.ONU, zte_epon.place),
    )
    return Poll(
        device=health.completed(zte.device(cells, gate), cells, gate),
        ports=access.with_onus(zte.ports(cells, gate), onus),
        interfaces=interfaces(cells),
        onus=onus,
        unprovisioned=(
            *access.unprovisioned(cells, FOUND_SERIAL, found_port, times=FOUND_TIME),
            *access.unprovisioned(cells, zte_epon.UNREGISTERED_MAC, found_port),
        ),
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="zte",
    sys_object_ids=("1.3.6.1.4.1.3902",),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            health.ENTITY,
            Table(name="onus", columns=(TYPE_NAME, NAME, DESCRIPTION, SERIAL)),
            Table(name="onu_distances", columns=(DISTANCE,)),
            Table(name="onu_outages", columns=(LAST_OFFLINE,)),
            Table(name="unconfigured", columns=(FOUND_SERIAL, FOUND_TIME)),
            *zte_epon.INVENTORY,
            zte_epon.UNREGISTERED,
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(SERIAL, PHASE, OFFLINE_REASON)),
            zte_epon.STATES,
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(SERIAL, DISTANCE, OLT_RX), has=is_gpon),
            Table(
                name="onu_optics",
                columns=(RX, TX, VOLTAGE, BIAS, TEMPERATURE),
                of_onu=zte.transceiver,
                has=is_gpon,
            ),
            zte_epon.OPTICS,
        ),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (*zte.HEALTH, OPER_STATES),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: health.UPTIME},
    parse=parse,
    sys_descr=re.compile(r"\bC[23]\d\d\b"),
)
