"""Nokia (Alcatel-Lucent) ISAM 7360, 7342, 7330 and 7302: ASAM-EQUIP-MIB and the APON tables under
637.61.1.35.

An ONT is an interface, `(slot + 1) << 25 | 14 << 21 | (pon - 1) << 16 | (ont - 1) << 9`; a PON port
is one of kind 13. IF-MIB tells the state of both.
"""

import re
from collections.abc import Callable
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.cells import Cells, Gate, number, number_in, serial, text, unit
from collectors.mib.interfaces import (
    COUNTERS,
    IF_OPER_STATUS,
    INTERFACES,
    interface_names,
    interfaces,
)
from devices.snmp.values import Index
from isp.access_network import DeviceReading, Poll

__all__ = ["DRIVER"]

ASAM: Final = "1.3.6.1.4.1.637.61.1"
SERIAL, SOFTWARE, DESCRIPTION, MODEL = (f"{ASAM}.35.10.1.1.{n}" for n in (5, 9, 24, 26))
DISTANCE: Final = f"{ASAM}.35.10.4.1.3"
RX, TX = f"{ASAM}.35.10.14.1.2", f"{ASAM}.35.10.14.1.4"
OLT_RX: Final = f"{ASAM}.35.10.18.1.2"

SHELF_TYPE, SHELF_SERIAL = f"{ASAM}.23.2.1.4", f"{ASAM}.23.2.1.13"
BOARD_SLOT: Final = f"{ASAM}.23.3.1.32"
BOARD_TEMPERATURE: Final = f"{ASAM}.23.10.1.2"
CPU_LOAD: Final = f"{ASAM}.9.29.1.1.4"
MEMORY_TOTAL, MEMORY_USED = f"{ASAM}.9.29.2.1.1", f"{ASAM}.9.29.2.1.2"
SFP_TX: Final = f"{ASAM}.56.5.1.6"

RELEASE: Final = re.compile(r"^(R\d[\w.]*)\s+(\S+)")
LINE_KIND, PON_KIND, ONT_KIND = 0, 13, 14
"""A line is a subscriber's: of an ONT where the card has PON ports, and an xDSL line elsewhere."""
UP: Final = 1

NO_LIGHT: Final = (32768, -32768, -1)
NO_VALUE: Final = (65534, 65535)

light = unit(0.002, none=NO_LIGHT)


def slot_of(if_index: int) -> int:
    """The line card's slot; 0 and below is the shelf itself."""
    return (if_index >> 25) - 1


def kind_of(if_index: int) -> int:
    """What the interface is on its line card."""
    return if_index >> 21 & 0xF


def port_name(if_index: int) -> str:
    """Rack, shelf, slot and PON: 94576640 is `1/1/1/4`."""
    return f"1/1/{slot_of(if_index)}/{(if_index >> 16 & 0x1F) + 1}"


def place(index: Index) -> Place | None:
    """The place of an ONT's interface."""
    if len(index) != 1 or not is_line_card(index[0]) or kind_of(index[0]) != ONT_KIND:
        return None
    return Place(port_name(index[0]), (index[0] >> 9 & 0x7F) + 1)


def pon_port(index: Index) -> str | None:
    """The name of a PON port's interface."""
    on_card = len(index) == 1 and is_line_card(index[0])
    return port_name(index[0]) if on_card and kind_of(index[0]) == PON_KIND else None


LINE_CARDS_MAX: Final = 30


def is_line_card(if_index: int) -> bool:
    """Whether an interface is on a line card; those of the shelf and its uplinks are numbered
    otherwise.
    """
    return 0 < slot_of(if_index) <= LINE_CARDS_MAX


def is_no_onts(cells: Cells) -> Callable[[Index, str], bool]:
    """The shelf's and its uplinks' interfaces, line cards' PON ports, and their xDSL lines."""
    lit = {slot_of(index[0]) for index in interface_names(cells) if pon_port(index) is not None}

    def wanted(index: Index, _name: str) -> bool:
        if not is_line_card(index[0]) or pon_port(index) is not None:
            return True
        return kind_of(index[0]) == LINE_KIND and slot_of(index[0]) not in lit

    return wanted


ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("state", IF_OPER_STATUS, access.interface_state),
    Field("description", DESCRIPTION, text),
    Field("model", MODEL, text),
    Field("firmware", SOFTWARE, text),
    Field("distance_m", DISTANCE, unit(100, none=NO_VALUE)),
    Field("rx_dbm", RX, light),
    Field("tx_dbm", TX, light),
    Field("olt_rx_dbm", OLT_RX, unit(0.1, none=NO_VALUE)),
)
"""Distances are in tenths of a kilometre."""


def port_fields(cells: Cells) -> tuple[Field, ...]:
    """A PON port's interface, and its transceiver in the row of its board and number."""
    boards = {
        slot - 1: board[0]
        for board, cell in cells.column(BOARD_SLOT).items()
        if (slot := number(cell, (0, 255))) is not None
    }

    def transceiver(index: Index) -> Index:
        board = boards.get(slot_of(index[0]))
        return () if board is None else (board, (index[0] >> 16 & 0x1F) + 1)

    return (*access.INTERFACE_PORT, Field("tx_dbm", SFP_TX, number_in, transceiver))


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """`R6.5.02r NFXS-E FANT-H NOKIA ISAM …`: release, shelf, controller."""
    told = RELEASE.search(text(cells.scalar(health.SYS_DESCR)) or "")
    shelves, serials = cells.column(SHELF_TYPE), cells.column(SHELF_SERIAL)
    shelf = min(shelves, default=())
    return DeviceReading(
        model=text(shelves.get(shelf)) or (told[2] if told else None),
        firmware=told[1] if told else None,
        serial=text(serials.get(shelf)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=health.worst(cells, BOARD_TEMPERATURE, gate.celsius),
        cpu_percent=health.worst(cells, CPU_LOAD, gate.percent),
        memory_percent=_memory(cells, gate),
    )


def _memory(cells: Cells, gate: Gate) -> float | None:
    """The fullest board's share."""
    used = cells.column(MEMORY_USED)
    shares = [
        gate.percent(round(100 * taken / total, 1))
        for board, cell in cells.column(MEMORY_TOTAL).items()
        if (total := number(cell)) and (taken := number(used.get(board))) is not None
    ]
    return max((share for share in shares if share is not None), default=None)


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.onus(cells, gate, ONU, place)
    ports = access.ports(cells, gate, port_fields(cells), pon_port, by_if_index=True)
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports, onus),
        interfaces=interfaces(cells, is_no_onts(cells)),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="nokia",
    sys_object_ids=("1.3.6.1.4.1.637",),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(SERIAL, SOFTWARE, DESCRIPTION, MODEL)),
            Table(name="shelves", columns=(SHELF_TYPE, SHELF_SERIAL)),
        ),
        Part.STATE: (
            Table(name="onu_serials", columns=(SERIAL,)),
            Table(name="interface_states", columns=(IF_OPER_STATUS,)),
        ),
        Part.OPTICS: (Table(name="onu_optics", columns=(SERIAL, DISTANCE, RX, TX, OLT_RX)),),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (
            Table(name="boards", columns=(BOARD_SLOT,)),
            Table(name="board_temperatures", columns=(BOARD_TEMPERATURE,)),
            Table(name="board_loads", columns=(CPU_LOAD,)),
            Table(name="board_memories", columns=(MEMORY_TOTAL, MEMORY_USED)),
            Table(name="transceivers", columns=(SFP_TX,)),
            Table(name="port_states", columns=(IF_OPER_STATUS,)),
        ),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: health.UPTIME},
    parse=parse,
    sys_descr=re.compile(r"\bISAM\b"),
)
