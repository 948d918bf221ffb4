"""The EPON ONUs of ZTE's C2xx and C3xx: ZXEPON tables beside those of GPON.

An ONU's row is one number, in either of two layouts that say which by their first four bits; its
MAC is who it is. The table of round trips is RFC 4837's dot3MpcpControlTable, and tells them in
time quanta.
"""

import re
from typing import Final

from collectors.driver import Table
from collectors.mib import access
from collectors.mib.access import Field, Place
from collectors.mib.cells import choice, number_in, serial, text, unit
from devices.snmp.values import Index, Value
from isp.access_network import OnuReading, OnuState

__all__ = ["INVENTORY", "ONU", "OPTICS", "STATES", "UNREGISTERED", "UNREGISTERED_MAC", "place"]

EPON: Final = "1.3.6.1.4.1.3902.1015.1010.1"
DESCRIPTION, MODEL, MAC, REGISTERED_MAC, STATUS = (f"{EPON}.7.4.1.{n}" for n in (1, 5, 7, 8, 17))
FIRMWARE: Final = f"{EPON}.1.1.1.1.1.6"
ROUND_TRIP: Final = f"{EPON}.2.1.1.10"
TEMPERATURE, VOLTAGE, TX, RX = (f"{EPON}.1.1.1.29.1.{n}" for n in (1, 2, 4, 5))
UNREGISTERED_MAC: Final = f"{EPON}.7.14.1.2"

ONLINE: Final = {1: OnuState.DYING_GASP, 2: OnuState.OFFLINE, 3: OnuState.ONLINE}
"""powerOff, offline, online."""

QUANTUM_METRES: Final = 1.635
"""How far light gets and comes back in a time quantum of 16 ns."""

BETWEEN_DOLLARS: Final = re.compile(r".*\$\$(.*)\$\$.*")

FIVE_BITS, FOUR_BITS = 3, 9
"""Which of the layouts: how wide the slot is, before the three or four bits of the port."""


def description(value: Value) -> str | None:
    """`12$$fence$$` is what was written about ONU 12."""
    words = text(value)
    found = BETWEEN_DOLLARS.fullmatch(words or "")
    return text(found[1].encode()) if found else words


ONU: Final = (
    Field("serial", MAC, serial),
    Field("serial", REGISTERED_MAC, serial),
    Field("state", STATUS, choice(ONLINE, OnuState.UNKNOWN)),
    Field("description", DESCRIPTION, description),
    Field("model", MODEL, text),
    Field("firmware", FIRMWARE, text, access.own_row),
    Field("distance_m", ROUND_TRIP, unit(QUANTUM_METRES, none=(65535, -1)), access.own_row),
    Field("temperature_celsius", TEMPERATURE, number_in, access.own_row),
    Field("voltage_volts", VOLTAGE, number_in, access.own_row),
    Field("tx_dbm", TX, number_in, access.own_row),
    Field("rx_dbm", RX, number_in, access.own_row),
)


def place(index: Index) -> Place | None:
    """Shelf, slot and port as the command line has them, and the ONU's number."""
    if len(index) != 1:
        return None
    kind, shelf, onu = index[0] >> 28, index[0] >> 24 & 0xF, index[0] >> 8 & 0xFF
    if kind == FIVE_BITS:
        slot, port = index[0] >> 19 & 0x1F, index[0] >> 16 & 0x7
    elif kind == FOUR_BITS:
        slot, port = index[0] >> 20 & 0xF, index[0] >> 16 & 0xF
    else:
        return None
    return Place(f"{shelf + 1}/{slot}/{port + 1}", onu)


def is_epon(onu: OnuReading) -> bool:
    """Whether an ONU's row is one of these tables."""
    return len(onu.index) == 1


INVENTORY: Final = (
    Table(name="epon_onus", columns=(DESCRIPTION, MODEL, MAC, REGISTERED_MAC)),
    Table(name="epon_onu_versions", columns=(FIRMWARE,)),
    Table(name="epon_round_trips", columns=(ROUND_TRIP,)),
)
STATES: Final = Table(name="epon_onu_states", columns=(MAC, REGISTERED_MAC, STATUS))
OPTICS: Final = Table(
    name="epon_onu_optics",
    columns=(MAC, REGISTERED_MAC, TEMPERATURE, VOLTAGE, TX, RX, ROUND_TRIP),
    has=is_epon,
)
UNREGISTERED: Final = Table(name="epon_unregistered", columns=(UNREGISTERED_MAC,))
