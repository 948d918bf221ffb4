"""The tables that every agent has: the system group and IF-MIB (RFC 3418, RFC 2863)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from lab.olt import wire
from lab.olt.view import Column, Rows, scalar
from lab.olt.wire import Oid

__all__ = ["ETHERNET", "GPON", "MIB_2", "Interface", "interfaces", "system", "table"]

MIB_2: Final[Oid] = (1, 3, 6, 1, 2, 1)
ETHERNET, GPON = 6, 250  # IANAifType: ethernetCsmacd, gpon


class Interface(NamedTuple):
    """A row of ifTable and ifXTable; `now` tells whether it is up and the octets in and out."""

    if_index: int
    name: str
    kind: int
    now: Callable[[], tuple[bool, int, int]]
    megabits: int = 10_000


def table(
    entry: Oid, rows: Rows, cells: Mapping[int, Callable[[Any], bytes | None]]
) -> list[Column]:
    """The columns of one conceptual table: column number -> cell of a row."""
    return [Column((*entry, number), rows, cell) for number, cell in cells.items()]


def system(descr: str, object_id: Oid, name: str, up_ticks: Callable[[], int]) -> list[Column]:
    """sysDescr, sysObjectID, sysUpTime, sysContact, sysName, sysLocation."""
    group = (*MIB_2, 1)
    return [
        scalar((*group, 1), lambda: wire.octets(descr)),
        scalar((*group, 2), lambda: wire.object_identifier(object_id)),
        scalar((*group, 3), lambda: wire.ticks(up_ticks())),
        scalar((*group, 4), lambda: wire.octets("lab")),
        scalar((*group, 5), lambda: wire.octets(name)),
        scalar((*group, 6), lambda: wire.octets("lab")),
    ]


def interfaces(entries: Iterable[Interface]) -> list[Column]:
    """ifTable and ifXTable."""
    rows = Rows({(entry.if_index,): entry for entry in entries})
    zero = wire.counter32(0)
    return [
        *table(
            (*MIB_2, 2, 2, 1),
            rows,
            {
                1: lambda each: wire.integer(each.if_index),
                2: lambda each: wire.octets(each.name),
                3: lambda each: wire.integer(each.kind),
                5: lambda each: wire.gauge32(min(each.megabits * 1_000_000, 0xFFFFFFFF)),
                7: lambda _: wire.integer(1),
                8: lambda each: wire.integer(1 if each.now()[0] else 2),
                10: lambda each: wire.counter32(each.now()[1]),
                13: lambda _: zero,
                14: lambda _: zero,
                16: lambda each: wire.counter32(each.now()[2]),
                19: lambda _: zero,
                20: lambda _: zero,
            },
        ),
        *table(
            (*MIB_2, 31, 1, 1, 1),
            rows,
            {
                1: lambda each: wire.octets(each.name),
                6: lambda each: wire.counter64(each.now()[1]),
                10: lambda each: wire.counter64(each.now()[2]),
                15: lambda each: wire.gauge32(each.megabits),
                18: lambda _: wire.octets(""),
                19: lambda _: wire.ticks(0),
            },
        ),
    ]
