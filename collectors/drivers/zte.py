"""ZTE C300 and C320 of version 1 and 2.1 (tree A): ZXGPON-SERVICE-MIB, ZXGPON-ONTMGMT-MIB.

ONU tables are indexed by an OLT port id, `1 << 28 | shelf << 24 | slot << 16 | port << 8` counted
from 1, and the ONU's number. IF-MIB counts the same ports from 0, so the two are joined by name.
"""

from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, choice, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from collectors.mib.zte import CARDS, PON_INTERFACE, device, light, olt_light, transceiver
from isp.access_network import OnuState, Poll

__all__ = ["DRIVER"]

GPON: Final = "1.3.6.1.4.1.3902.1012.3"
TYPE_NAME, NAME, DESCRIPTION, SERIAL = (f"{GPON}.28.1.1.{column}" for column in (1, 2, 3, 5))
PHASE: Final = f"{GPON}.28.2.1.4"
DISTANCE: Final = f"{GPON}.11.4.1.2"
PORT_NAME: Final = f"{GPON}.13.1.1.1"
FOUND_SERIAL, FOUND_TIME = f"{GPON}.13.3.1.2", f"{GPON}.13.3.1.7"
RX, TX = f"{GPON}.50.12.1.1.10", f"{GPON}.50.12.1.1.14"
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


ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("state", PHASE, choice(PHASES, OnuState.UNKNOWN)),
    Field("description", DESCRIPTION, text),
    Field("description", NAME, text),
    Field("model", TYPE_NAME, text),
    Field("distance_m", DISTANCE, unit(1, none=(-1, 65535))),
    Field("rx_dbm", RX, light, transceiver),
    Field("tx_dbm", TX, light, transceiver),
    Field("olt_rx_dbm", OLT_RX, olt_light, access.own_row),
)


def port_name(port_id: int) -> str:
    """Shelf, slot and port as the command line has them: 268501248 is `1/1/1`."""
    return f"{(port_id >> 24 & 0xF) + 1}/{port_id >> 16 & 0xFF}/{port_id >> 8 & 0xFF}"


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.onus(cells, gate, ONU, access.port_and_number(port_name))
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(access.interface_ports(cells, gate, PON_INTERFACE), onus),
        interfaces=interfaces(cells),
        onus=onus,
        unprovisioned=access.unprovisioned(
            cells, FOUND_SERIAL, lambda index: port_name(index[0]), times=FOUND_TIME
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
            Table(name="unconfigured", columns=(FOUND_SERIAL, FOUND_TIME)),
        ),
        Part.STATE: (Table(name="onu_states", columns=(SERIAL, PHASE)), OPER_STATES),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(SERIAL, DISTANCE, OLT_RX)),
            Table(name="onu_optics", columns=(RX, TX), of_onu=transceiver),
        ),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (CARDS,),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: health.UPTIME},
    parse=parse,
)
