"""What a driver is: which tables of a model are read for what, and what they mean.

A driver is data and one pure function, in a file of its own under `collectors/drivers/` that
exports `DRIVER`; the reading itself is done for all of them by `collectors/sources/snmp.py`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from devices.snmp.values import Index, Value, Walk
from isp.access_network import OnuReading, Poll

__all__ = ["Driver", "Part", "Readings", "Table"]

ENTERPRISES: Final = "1.3.6.1.4.1."


class Part(StrEnum):
    """What of a device is asked for; each part has its own interval."""

    INVENTORY = "inventory"
    """What there is: the device, its ports and interfaces, the ONUs with names and models."""
    STATE = "state"
    """Every ONU's serial, place and state, and nothing that makes an OLT ask its ONUs."""
    OPTICS = "optics"
    """Light levels, temperatures, distances: an OLT asks each ONU for them, so rationed."""
    TRAFFIC = "traffic"
    """Counters of interfaces, ports and ONUs."""
    HEALTH = "health"
    """The device's own temperature, processor, memory, uptime."""


def same(index: Index) -> Index:
    """An ONU has the same index in every table."""
    return index


def every(_onu: OnuReading) -> bool:
    """Every ONU is in every table."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Columns (dotted OIDs) that share their index and are read together, row by row.

    `name` stands in `Poll.partial` when it was not read in full. Where ONUs are asked one by one,
    `has` says which of them are in this table, and `of_onu` makes this table's index of the row of
    an ONU from `OnuReading.index`.
    """

    name: str
    columns: tuple[str, ...]
    of_onu: Callable[[Index], Index] = same
    has: Callable[[OnuReading], bool] = every


@dataclass(frozen=True, kw_only=True, slots=True)
class Readings:
    """What a device answered: walks by their tables' names, and scalars by their OIDs.

    A table or scalar of a part that was not asked for is absent; `now` is when it was read.
    """

    walks: Mapping[str, Walk] = field(default_factory=dict)
    scalars: Mapping[str, Value] = field(default_factory=dict)
    now: datetime

    def column(self, table: str, column: str) -> Mapping[Index, Value]:
        """The cells of a column, none where its table was not asked for."""
        walk = self.walks.get(table)
        return walk.columns.get(column, {}) if walk is not None else {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Driver:
    """One family of models.

    It is recognised by the longest of `sys_object_ids` (dotted prefixes) that fits the device's
    sysObjectID; where several fit equally, by its `own_columns` having rows, and while none of them
    has any, by its family's name in sysDescr (`sys_descr`).

    `parse` is pure and is given whatever could be read: what is missing becomes None or an absent
    row. It may be given the tables of any parts together; `Poll.partial` and `Poll.uptime_ticks`
    are filled in for it. With `optics_one_by_one`, the tables of `Part.OPTICS` are never walked:
    each ONU's cells are asked for by GET, a few ONUs a second, and handed to `parse` as walks of
    one row. They hold the serial's column too, so that nobody's light is taken for another's.
    """

    name: str
    sys_object_ids: tuple[str, ...]
    tables: Mapping[Part, tuple[Table, ...]]
    scalars: Mapping[Part, tuple[str, ...]] = field(default_factory=dict)
    parse: Callable[[Readings], Poll]
    sys_descr: re.Pattern[str] | None = None
    optics_one_by_one: bool = True

    @property
    def own_columns(self) -> frozenset[str]:
        """What no standard MIB has, and no ONU has to be asked for."""
        return frozenset(
            column
            for part in self.tables.keys() - {Part.OPTICS}
            for table in self.tables[part]
            for column in table.columns
            if column.startswith(ENTERPRISES)
        )
