"""The subscriber file: CSV text to rows, or to faults that name line, column and remedy. Pure."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from io import StringIO
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any, Final

from chassis.secrets import Secret
from isp.errors import Refused
from isp.service import HoldKind
from operations.import_columns import COLUMNS, SUBSCRIBER_COLUMNS

__all__ = ["Fault", "ImportFile", "ImportRow", "read_rows", "refuse_faulty", "row_of"]

SEPARATORS: Final = (",", ";", "\t")
"""What may stand between values; the first of them that the header has is the file's."""

FILE_OCTETS_MAX: Final = 256 * 1024 * 1024
"""A million subscribers take about 150 MB; more is a wrong file."""

FIELD_CHARACTERS_MAX: Final = 4096
"""No column holds more; a missing closing quote would swallow the rest of the file."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Fault:
    """One thing wrong with the file. `line` counts from 1; `column` is "" for a whole line."""

    line: int
    column: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.problem}; {self.remedy}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRow:
    """One service as the file has it. None (or empty) is what the file does not say.

    `opening_balance` is what the subscriber owes when positive, his credit when negative;
    `invoiced_until` is the first day that the earlier system has not invoiced.
    """

    line: int
    login: str
    plan: str
    subscriber: str
    password: Secret[str] | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    area: str | None = None
    start: date | None = None
    anchor_day: int | None = None
    invoiced_until: date | None = None
    opening_balance: Decimal | None = None
    custom_price: Decimal | None = None
    holds: tuple[HoldKind, ...] = ()
    address: IPv4Address | None = None
    routes: tuple[IPv4Network | IPv6Network, ...] = ()
    delegated_prefix: IPv6Network | None = None
    mac: str | None = None
    circuit_id: str | None = None
    onu_serial: str | None = None
    billing: bool | None = None

    def networks(self) -> Iterator[tuple[str, str]]:
        """Every static address and prefix of the row, with the column it stands in."""
        if self.address is not None:
            yield "address", f"{self.address}/32"
        if self.delegated_prefix is not None:
            yield "delegated_prefix", str(self.delegated_prefix)
        yield from (("routes", str(route)) for route in self.routes)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportFile:
    """A file read: its columns, its raw cells by line (for the rejects), good rows and faults."""

    columns: tuple[str, ...]
    cells: Mapping[int, Mapping[str, str]]
    rows: tuple[ImportRow, ...]
    faults: tuple[Fault, ...]


def read_rows(octets: bytes) -> ImportFile:
    """Read a whole file. Never raises for what stands in it: every fault is in `faults`.

    UTF-8 with or without a byte order mark, values separated as SEPARATORS says; the first row
    names the columns, in any order. `rows` are the rows without a fault.
    """
    if len(octets) > FILE_OCTETS_MAX:
        return _unreadable(1, "the file is larger than 256 MB", "split it")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        return _unreadable(line, "it is not UTF-8 text", "save the file as CSV in UTF-8")
    faults: list[Fault] = []
    records = _records(text, faults)
    if not records:
        return _unreadable(1, "the file is empty", "its first line names the columns")
    header_at, header = records.pop(0)
    columns = tuple(name.strip().lower() for name in header)
    cells = {line: dict(zip(columns, values, strict=False)) for line, values in records}
    if header_faults := sorted(_header_faults(header_at, columns)):
        return ImportFile(columns=columns, cells=cells, rows=(), faults=tuple(header_faults))
    read: dict[int, dict[str, Any]] = {}
    for line, values in records:
        if len(values) == len(columns):
            read[line] = _values(line, cells[line], faults)
        else:
            faults.append(_width_fault(line, len(values), len(columns)))
    faults += _conflicts(read)
    bad = {fault.line for fault in faults}
    rows = (ImportRow(line=line, **values) for line, values in read.items() if line not in bad)
    return ImportFile(
        columns=columns, cells=cells, rows=tuple(rows), faults=tuple(sorted(set(faults)))
    )


def row_of(texts: Mapping[str, str]) -> ImportRow:
    """One row from texts by column, as a person gives them. Raises Refused with every fault."""
    faults: list[Fault] = []
    values = _values(0, {"login": "", "plan": ""} | dict(texts), faults)
    refuse_faulty(faults)
    return ImportRow(line=0, **values)


def refuse_faulty(faults: Sequence[Fault]) -> None:
    """Raise Refused where there is a fault in what a person gave, with all of them."""
    if faults:
        problem = "; ".join(f"{fault.column}: {fault.problem}" for fault in faults)
        raise Refused(problem, remedy="; ".join(fault.remedy for fault in faults))


def _unreadable(line: int, problem: str, remedy: str) -> ImportFile:
    fault = Fault(line=line, column="", problem=problem, remedy=remedy)
    return ImportFile(columns=(), cells={}, rows=(), faults=(fault,))


def _records(text: str, faults: list[Fault]) -> list[tuple[int, list[str]]]:
    """The records that are not empty, each with the line on which it begins."""
    header = text.partition("\n")[0]
    delimiter = next((mark for mark in SEPARATORS if mark in header), SEPARATORS[0])
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    while True:
        begins = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return records
        except csv.Error as error:
            remedy = "close the quotes and double those inside a value"
            faults.append(Fault(line=begins, column="", problem=str(error), remedy=remedy))
        else:
            if any(value.strip() for value in values):
                records.append((begins, values))


def _header_faults(line: int, columns: Sequence[str]) -> Iterator[Fault]:
    for name in dict.fromkeys(columns):
        if name not in COLUMNS:
            near = get_close_matches(name, COLUMNS, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(COLUMNS)}"
            yield Fault(line=line, column=name, problem="there is no such column", remedy=remedy)
        if columns.count(name) > 1:
            yield Fault(line=line, column=name, problem="named twice", remedy="keep one of them")
    for name in ("login", "plan"):
        if name not in columns:
            remedy = f"add the column {name}"
            yield Fault(line=line, column=name, problem="the column is missing", remedy=remedy)


def _width_fault(line: int, found: int, wanted: int) -> Fault:
    remedy = "quote values that contain the separator"
    problem = f"{found} values where the header names {wanted} columns"
    return Fault(line=line, column="", problem=problem, remedy=remedy)


def _values(line: int, cells: Mapping[str, str], faults: list[Fault]) -> dict[str, Any]:
    """What can be read of a row; what cannot is added to `faults`."""
    values: dict[str, Any] = {}
    for column, parse in COLUMNS.items():
        text = cells.get(column, "")
        text = text if column == "password" else text.strip()
        if not text:
            continue
        try:
            values[column] = parse(text)
        except Refused as refused:
            problem, remedy = refused.problem, refused.remedy
            faults.append(Fault(line=line, column=column, problem=problem, remedy=remedy))
    for column in ("login", "plan"):
        if not cells[column].strip():
            remedy = f"give the service's {column}"
            faults.append(Fault(line=line, column=column, problem="it is empty", remedy=remedy))
    if "login" in values:
        values.setdefault("subscriber", values["login"])
    return values


def _conflicts(read: Mapping[int, Mapping[str, Any]]) -> Iterator[Fault]:
    """What cannot be true of two rows of one file."""
    for column in ("login", "mac", "circuit_id", "onu_serial", "address", "delegated_prefix"):
        yield from _repeated(read, column, lambda value: (value,))
    yield from _repeated(read, "routes", lambda routes: routes)
    first: dict[tuple[str, str], tuple[int, object]] = {}
    for line, values in read.items():
        for column in SUBSCRIBER_COLUMNS & values.keys():
            value, subscriber = values[column], values.get("subscriber", "")
            earlier_line, earlier = first.setdefault((subscriber, column), (line, value))
            if earlier != value:
                problem = f"subscriber {subscriber} has another value on line {earlier_line}"
                remedy = "give it once, and leave his other rows empty"
                yield Fault(line=line, column=column, problem=problem, remedy=remedy)


def _repeated(
    read: Mapping[int, Mapping[str, Any]], column: str, parts: Callable[[Any], Iterable[object]]
) -> Iterator[Fault]:
    first: dict[object, int] = {}
    for line, values in read.items():
        for value in parts(values[column]) if column in values else ():
            if (earlier := first.setdefault(value, line)) != line:
                problem = f"{value} is already on line {earlier}"
                remedy = "each service has its own"
                yield Fault(line=line, column=column, problem=problem, remedy=remedy)
