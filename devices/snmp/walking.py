"""One walk of several columns as a pure machine: what to ask next, what an answer means.

Each GETBULK asks for sysUpTime once (a non-repeater) and for the next rows of all the columns that
have not ended. A column ends where an OID lies outside of it, compared arc by arc, or at the end of
the view; what does not increase stops its column, and leaves what was read before.
"""

from collections.abc import Sequence
from typing import Final

from devices.snmp.ber import arcs, oid_octets
from devices.snmp.message import END_OF_VIEW, GET_BULK, EndOfView, Pdu, Request
from devices.snmp.values import Index, Value, Walk

__all__ = ["INDICES_REMEMBERED", "ROWS_MAX", "TOO_BIG", "Walking", "status_text"]

UPTIME: Final = oid_octets("1.3.6.1.2.1.1.3")
UPTIME_INSTANCE: Final = oid_octets("1.3.6.1.2.1.1.3.0")

ROWS_MAX: Final = 65_536
"""More rows than any OLT has of anything; an endless table ends here."""

INDICES_REMEMBERED: Final = 200_000
"""Of a device's tables; beyond, an agent makes them up, and they are forgotten."""

UPTIME_NEARLY_WRAPPED: Final = (1 << 32) - 100 * 86_400
"""sysUpTime begins anew after 497 days; a day before, less is not a restart."""

NO_ERROR: Final = 0
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2
GEN_ERR, NO_ACCESS, RESOURCE_UNAVAILABLE = 5, 6, 13
STATUS_TEXTS: Final = {
    1: "tooBig",
    2: "noSuchName",
    3: "badValue",
    4: "readOnly",
    5: "genErr",
    6: "noAccess",
    13: "resourceUnavailable",
    16: "authorizationError",
}


def status_text(status: int) -> str:
    """An error-status by its name (RFC 3416 §3)."""
    return STATUS_TEXTS.get(status, f"error-status {status}")


class Column:
    """One column under way."""

    __slots__ = ("cells", "cursor", "last", "name", "prefix")

    def __init__(self, name: str) -> None:
        self.name = name
        self.prefix = oid_octets(name)
        self.cursor = self.prefix
        self.last: Index = ()
        self.cells: dict[Index, Value] = {}


class Walking:
    """A walk under way. `indices` remembers how rows are called, from one walk to the next."""

    def __init__(
        self,
        columns: Sequence[str],
        *,
        rows_max: int = ROWS_MAX,
        indices: dict[bytes, Index] | None = None,
    ) -> None:
        self._columns = [Column(name) for name in columns]
        self._going = list(self._columns)
        self._rows_max = rows_max
        self._indices = {} if indices is None else indices
        self._fault: str | None = None
        self._unknown: set[str] = set()
        self._uptimes: list[int] = []

    @property
    def width(self) -> int:
        """How many columns have not ended; 0 when there is nothing more to ask."""
        return len(self._going)

    def request(self, varbinds: int) -> Request:
        """The next question, for about so many variables in whole rows; at least for one."""
        asked = self._going[: max(1, varbinds)]
        return Request(
            tag=GET_BULK,
            oids=(UPTIME, *(column.cursor for column in asked)),
            non_repeaters=1,
            max_repetitions=max(1, varbinds // len(asked)),
        )

    def answered(self, request: Request, pdu: Pdu) -> None:
        """Take in the answer to a question that was made since the last answer.

        After `tooBig` the same is to be asked for less, unless it was for one variable.
        """
        asked = self._going[: len(request.oids) - 1]
        if pdu.error_status == TOO_BIG and request.variables > 1:
            return
        if pdu.error_status != NO_ERROR:
            self._refused(pdu, asked)
            return
        varbinds = pdu.varbinds
        if len(varbinds) < 2:
            self.stop("an answer without a row")
            return
        self._take_uptime(*varbinds[0])
        for place, column in enumerate(asked, 1):
            self._take(column, varbinds[place :: len(asked)])

    def stop(self, fault: str) -> None:
        """No more is asked; what was read is kept."""
        self._unknown.update(column.name for column in self._going if not column.cells)
        self._going.clear()
        self._fault = self._fault or fault

    def result(self) -> Walk:
        """What was read."""
        return Walk(
            columns={column.name: column.cells for column in self._columns},
            complete=self._fault is None and not self._going,
            fault=self._fault,
            unknown=frozenset(self._unknown),
            uptime_ticks=self._uptimes[-1] if self._uptimes else None,
            first_uptime_ticks=self._uptimes[0] if self._uptimes else None,
        )

    def _take_uptime(self, oid: bytes, value: Value | EndOfView) -> None:
        if oid != UPTIME_INSTANCE or not isinstance(value, int):
            return
        if self._uptimes and value < self._uptimes[-1] < UPTIME_NEARLY_WRAPPED:
            self.stop("the device restarted meanwhile")
        self._uptimes[1:] = [value]

    def _take(self, column: Column, varbinds: Sequence[tuple[bytes, Value | EndOfView]]) -> None:
        """The next cells of a column, as far as they are its own and in order."""
        prefix, cells, last, indices = column.prefix, column.cells, column.last, self._indices
        length = len(prefix)
        for oid, value in varbinds:
            if value is END_OF_VIEW or not oid.startswith(prefix):
                backwards = value is not END_OF_VIEW and arcs(oid) <= arcs(column.cursor)
                self._end(column, "an OID that does not increase" if backwards else None)
                return
            row = oid[length:]
            index = indices.get(row)
            if index is None:
                index = self._remember(row)
            if index <= last:
                self._end(column, "an OID that does not increase")
                return
            if value is not None:
                cells[index] = value  # type: ignore[assignment]  # the end of the view is caught above
            last, column.cursor = index, oid
        column.last = last
        if len(cells) > self._rows_max:
            self._end(column, f"more than {self._rows_max} rows")

    def _remember(self, row: bytes) -> Index:
        if len(self._indices) >= INDICES_REMEMBERED:
            self._indices.clear()
        index = self._indices[row] = arcs(row)
        return index

    def _refused(self, pdu: Pdu, asked: Sequence[Column]) -> None:
        """The column that the error is about is over; all are where it does not say."""
        place = pdu.error_index - 2
        blamed = asked[place : place + 1] if 0 <= place < len(asked) else asked
        fault = None if pdu.error_status == NO_SUCH_NAME else status_text(pdu.error_status)
        for column in blamed:
            self._end(column, fault)

    def _end(self, column: Column, fault: str | None) -> None:
        if column in self._going:
            self._going.remove(column)
            if fault is not None and not column.cells:
                self._unknown.add(column.name)
        self._fault = self._fault or fault
