"""What an agent can be asked: columns over rows, ordered as SNMP orders them.

A column computes its cells when asked, so that a table of thousands of ONUs costs its rows once,
whatever the number of columns, and every answer tells the state of that moment.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lab.olt import wire
from lab.olt.wire import Oid

__all__ = ["Column", "Rows", "View", "scalar"]


def sort_key(arcs: Oid) -> bytes:
    """Octets that compare as the arcs do."""
    return b"".join(arc.to_bytes(4, "big") for arc in arcs)


class Rows:
    """The rows of one or several tables: an index each, in order, and what stands there."""

    def __init__(self, rows: Mapping[Oid, Any]) -> None:
        self.indices = sorted(rows)
        self.keys = [sort_key(index) for index in self.indices]
        self.encoded = [wire.encode_arcs(index) for index in self.indices]
        self.held = [rows[index] for index in self.indices]

    def __len__(self) -> int:
        return len(self.keys)


class Column:
    """A column: the object's OID, the rows, and the cell of a row as encoded BER or None."""

    def __init__(self, oid: Oid, rows: Rows, cell: Callable[[Any], bytes | None]) -> None:
        self.oid, self.rows, self.cell = oid, rows, cell
        self.key = sort_key(oid)
        self._name = wire.encode_oid(oid)

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, position: int) -> bytes | None:
        """The varbind of the row at this position; None where the cell is missing."""
        value = self.cell(self.rows.held[position])
        if value is None:
            return None
        return wire.varbind(self._name + self.rows.encoded[position], value)


def scalar(oid: Oid, value: Callable[[], bytes]) -> Column:
    """One object outside of tables; `oid` without its final 0."""
    return Column(oid, Rows({(0,): None}), lambda _: value())


class View:
    """All the columns of an agent, in the order of their OIDs."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = sorted((each for each in columns if len(each)), key=lambda each: each.key)
        self._keys = [column.key for column in self._columns]

    def cells(self) -> Mapping[Oid, bytes]:
        """Everything there is: name -> encoded value."""
        return {
            (*column.oid, *index): value
            for column in self._columns
            for index, held in zip(column.rows.indices, column.rows.held, strict=True)
            if (value := column.cell(held)) is not None
        }

    def get(self, oid: Oid) -> bytes | None:
        """The varbind with exactly this name."""
        key = sort_key(oid)
        column = self._columns[place] if (place := self._column(key)) >= 0 else None
        if column is None or not key.startswith(column.key):
            return None
        rest = key[len(column.key) :]
        position = bisect_left(column.rows.keys, rest)
        if position == len(column) or column.rows.keys[position] != rest:
            return None
        return column.read(position)

    def following(self, oid: Oid) -> Iterator[bytes]:
        """The varbinds after a name, in order, to the end of the view."""
        key = sort_key(oid)
        place, position = max(0, self._column(key)), 0
        if self._columns and self._keys[place] <= key:
            column = self._columns[place]
            position = (
                bisect_right(column.rows.keys, key[len(column.key) :])
                if key.startswith(column.key)
                else len(column)
            )
        for column in self._columns[place:]:
            for row in range(position, len(column)):
                if (found := column.read(row)) is not None:
                    yield found
            position = 0

    def _column(self, key: bytes) -> int:
        """The last column that does not begin after the key; -1 for none."""
        return bisect_right(self._keys, key) - 1
