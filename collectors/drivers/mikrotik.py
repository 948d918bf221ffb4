"""MikroTik RouterOS: MIKROTIK-MIB beside the standard MIBs. `sources/routeros.py` is its API.

Row numbers of this MIB are no ifIndex: SFPs and queues are known by their names. Interfaces and
queues that a session brings with it, `<pppoe-ann>`, are left to accounting.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, choice, counter, number, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from isp.access_network import DeviceReading, InterfaceReading, Poll

__all__ = ["DRIVER", "kept_queues", "of_a_session"]

Key = TypeVar("Key")

MIKROTIK: Final = "1.3.6.1.4.1.14988"
MTXR: Final = f"{MIKROTIK}.1.1"

SIMPLE_NAME, SIMPLE_IN, SIMPLE_OUT = (f"{MTXR}.2.1.1.{column}" for column in (2, 8, 9))
TREE_NAME, TREE_OCTETS = f"{MTXR}.2.2.1.2", f"{MTXR}.2.2.1.7"
SIMPLE_QUEUES: Final = Table(name="simple_queues", columns=(SIMPLE_NAME, SIMPLE_IN, SIMPLE_OUT))
QUEUE_TREE: Final = Table(name="queue_tree", columns=(TREE_NAME, TREE_OCTETS))

OPTICAL: Final = f"{MTXR}.19.1.1"
SFP_NAME, SFP_RX_LOSS = f"{OPTICAL}.2", f"{OPTICAL}.3"
SFP_CELSIUS, SFP_MILLIVOLTS, SFP_MILLIAMPERES = (f"{OPTICAL}.{column}" for column in (6, 7, 8))
SFP_TX, SFP_RX = f"{OPTICAL}.9", f"{OPTICAL}.10"
SFPS: Final = Table(
    name="sfps",
    columns=(SFP_NAME, SFP_RX_LOSS, SFP_CELSIUS, SFP_MILLIVOLTS, SFP_MILLIAMPERES, SFP_TX, SFP_RX),
)

QUEUES_MAX: Final = 256
"""A router with more has one for each subscriber, whom accounting counts."""

NOTHING: Final = (0,)
"""Sensors that a board does not have, and modules without diagnostics, are 0."""
SFP: Final = (
    Field("state", SFP_RX_LOSS, choice({0: "up", 1: "down"})),
    Field("tx_dbm", SFP_TX, unit(0.001, none=NOTHING)),
    Field("rx_dbm", SFP_RX, unit(0.001, none=NOTHING)),
    Field("temperature_celsius", SFP_CELSIUS, unit(1.0, none=NOTHING)),
    Field("voltage_volts", SFP_MILLIVOLTS, unit(0.001, none=NOTHING)),
    Field("bias_milliamperes", SFP_MILLIAMPERES, unit(1.0, none=NOTHING)),
)

TENTHS: Final = unit(0.1, none=NOTHING)
THERMOMETERS: Final = tuple(f"{MTXR}.3.{which}.0" for which in (6, 7, 10, 11))
"""mtxrHl{Cpu,Board,,Processor}Temperature, in tenths."""
GAUGE_VALUE, GAUGE_UNIT = f"{MTXR}.3.100.1.3", f"{MTXR}.3.100.1.4"
GAUGES: Final = Table(name="gauges", columns=(GAUGE_VALUE, GAUGE_UNIT))
GAUGE_CELSIUS: Final = 1

VERSION, SERIAL, BOARD = f"{MTXR}.4.4.0", f"{MTXR}.7.3.0", f"{MTXR}.7.9.0"
BOARD_IN_TEXT: Final = re.compile(r"RouterOS(?: .* on)? (\S+)$")


def of_a_session(name: str) -> bool:
    """Is this the name of what comes and goes with a subscriber's session?"""
    return name.startswith("<")


def kept_queues(names: Mapping[Key, str]) -> list[Key]:
    """The queues, by their names, that are not sessions'; none where there are too many."""
    kept = [key for key, name in names.items() if name and not of_a_session(name)]
    return kept if len(kept) <= QUEUES_MAX else []


def parse(readings: Readings) -> Poll:
    """The router, its interfaces and queues, its optical modules."""
    cells, gate = Cells(readings), Gate()
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.ports(cells, gate, SFP, lambda index: text(cells.column(SFP_NAME).get(index))),
        interfaces=(
            *interfaces(cells, lambda _, name: not of_a_session(name)),
            *queues(cells, SIMPLE_NAME, SIMPLE_IN, SIMPLE_OUT),
            *queues(cells, TREE_NAME, None, TREE_OCTETS),
        ),
        doubts=gate.doubts,
    )


def device(cells: Cells, gate: Gate) -> DeviceReading:
    return DeviceReading(
        model=text(cells.scalar(BOARD)) or board_in_text(cells),
        firmware=text(cells.scalar(VERSION)),
        serial=text(cells.scalar(SERIAL)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=max(temperatures(cells, gate), default=None),
        cpu_percent=health.processors_percent(cells, gate),
        memory_percent=health.memory_percent(cells, gate),
    )


def board_in_text(cells: Cells) -> str | None:
    """`RouterOS 6.40.5 (stable) on RB952Ui-5ac2nD` in ENTITY-MIB, `RouterOS RB952…` in sysDescr."""
    told = (*cells.column(health.ENTITY_DESCR).values(), cells.scalar(health.SYS_DESCR))
    found = (BOARD_IN_TEXT.fullmatch(text(each) or "") for each in told)
    return next((each[1] for each in found if each), None)


def temperatures(cells: Cells, gate: Gate) -> Iterator[float]:
    units = cells.column(GAUGE_UNIT)
    told = (
        *(TENTHS(cells.scalar(oid)) for oid in THERMOMETERS),
        *(
            number(value, NOTHING)
            for index, value in cells.column(GAUGE_VALUE).items()
            if units.get(index) == GAUGE_CELSIUS
        ),
    )
    yield from (celsius for each in told if (celsius := gate.celsius(each)) is not None)


def queues(
    cells: Cells, names: str, octets_in: str | None, octets_out: str
) -> Iterator[InterfaceReading]:
    """Queues count like interfaces: in is what subscribers send."""
    named = {index: text(value) or "" for index, value in sorted(cells.column(names).items())}
    for index in kept_queues(named):
        yield InterfaceReading(
            name=f"queue {named[index]}",
            octets_in=counter(cells.column(octets_in).get(index)) if octets_in else None,
            octets_out=counter(cells.column(octets_out).get(index)),
        )


DRIVER = Driver(
    name="mikrotik",
    sys_object_ids=(MIKROTIK,),
    tables={
        Part.INVENTORY: (INTERFACES, health.ENTITY, SFPS, SIMPLE_QUEUES, QUEUE_TREE),
        Part.STATE: (OPER_STATES,),
        Part.OPTICS: (SFPS,),
        Part.TRAFFIC: (COUNTERS, SIMPLE_QUEUES, QUEUE_TREE),
        Part.HEALTH: (GAUGES, *health.HOST),
    },
    scalars={
        Part.INVENTORY: (*health.IDENTITY, VERSION, SERIAL, BOARD),
        Part.HEALTH: (*health.UPTIME, *THERMOMETERS),
    },
    parse=parse,
    sys_descr=re.compile(r"^RouterOS\b"),
    optics_one_by_one=False,
)
