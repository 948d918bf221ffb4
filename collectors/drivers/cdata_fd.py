"""C-Data's older EPON models: FD-ONU-MIB. Rows are card, PON and ONU; light is in tenths of a
microwatt.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.cdata import DEVICE, EPON_EOC, FARES, NSCRTV, device, ports
from collectors.mib.cells import Cells, Gate, choice, milliwatts, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from collectors.mib.words import cause_in_words
from devices.snmp.values import Index
from isp.access_network import OnuState, Poll

__all__ = ["DRIVER"]

ONUS: Final = f"{EPON_EOC}.1.3.4.1.1"
USER_INFO, FIRMWARE, MAC, STATUS, RANGE, RX, TX, OFFLINE_REASON = (
    f"{ONUS}.{n}" for n in (4, 6, 7, 11, 13, 36, 37, 45)
)
STATES: Final = {
    1: OnuState.OFFLINE,
    2: OnuState.OFFLINE,
    3: OnuState.ONLINE,
    4: OnuState.ONLINE,
    5: OnuState.ONLINE,
}
"""notPresent, offline, online, normal, abnormal."""

tenths_of_microwatts = milliwatts(0.0001)

ONU: Final = (
    Field("serial", MAC, serial),
    Field("state", STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("last_down_cause", OFFLINE_REASON, cause_in_words),
    Field("description", USER_INFO, text),
    Field("firmware", FIRMWARE, text),
    Field("distance_m", RANGE, unit(1, none=(0,))),
    Field("rx_dbm", RX, tenths_of_microwatts),
    Field("tx_dbm", TX, tenths_of_microwatts),
)


def place(index: Index) -> Place | None:
    """The place of an ONU's row: card 1 is what the interfaces call `0/0`."""
    return Place(f"0/0/{index[1]}", index[2]) if len(index) == 3 else None


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.onus(cells, gate, ONU, place)
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports(cells, gate), onus),
        interfaces=interfaces(cells),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="cdata_fd",
    sys_object_ids=(NSCRTV, EPON_EOC),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(USER_INFO, FIRMWARE, MAC, RANGE)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(MAC, STATUS, OFFLINE_REASON)),
            OPER_STATES,
        ),
        Part.OPTICS: (Table(name="onu_optics", columns=(MAC, RANGE, RX, TX)),),
        Part.TRAFFIC: (COUNTERS,),
    },
    scalars={Part.INVENTORY: DEVICE, Part.HEALTH: FARES},
    parse=parse,
    sys_descr=re.compile(r"\bFD11\d\d"),
)
