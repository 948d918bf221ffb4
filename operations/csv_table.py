"""A CSV file of known columns: values by line, or faults that name line, column, remedy. Pure."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from typing import Any, Final

from isp.errors import Refused

__all__ = ["Columns", "CsvTable", "Fault", "read_table", "read_values", "repeated"]

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
class Columns:
    """What a kind of file may have: a reader for each column, and those that must be filled.

    Values are read without the spaces around them, except those of `verbatim` columns.
    """

    readers: Mapping[str, Callable[[str], Any]]
    required: tuple[str, ...]
    verbatim: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvTable:
    """A file read: its columns, its raw cells and its values by line, and every fault."""

    columns: tuple[str, ...] = ()
    cells: Mapping[int, Mapping[str, str]]
    values: Mapping[int, Mapping[str, Any]]
    faults: tuple[Fault, ...]


def read_table(octets: bytes, known: Columns) -> CsvTable:
    """Read a whole file. Never raises for what stands in it: every fault is in `faults`.

    UTF-8 with or without a byte order mark, values separated as SEPARATORS says; the first row
    names the columns, in any order.
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
    if header_faults := sorted(_header_faults(header_at, columns, known)):
        return CsvTable(columns=columns, cells=cells, values={}, faults=tuple(header_faults))
    read: dict[int, dict[str, Any]] = {}
    for line, values in records:
        if len(values) == len(columns):
            read[line] = read_values(line, cells[line], known, faults)
        else:
            faults.append(_width_fault(line, len(values), len(columns)))
    return CsvTable(columns=columns, cells=cells, values=read, faults=tuple(faults))


def read_values(
    line: int, cells: Mapping[str, str], known: Columns, faults: list[Fault]
) -> dict[str, Any]:
    """What can be read of a row; what cannot is added to `faults`."""
    values: dict[str, Any] = {}
    for column, read in known.readers.items():
        text = cells.get(column, "")
        text = text if column in known.verbatim else text.strip()
        if not text:
            continue
        try:
            values[column] = read(text)
        except Refused as refused:
            problem, remedy = refused.problem, refused.remedy
            faults.append(Fault(line=line, column=column, problem=problem, remedy=remedy))
    for column in known.required:
        if not cells.get(column, "").strip():
            remedy = f"give the {column}"
            faults.append(Fault(line=line, column=column, problem="it is empty", remedy=remedy))
    return values


def repeated(
    read: Mapping[int, Mapping[str, Any]],
    column: str,
    parts: Callable[[Mapping[str, Any]], Iterable[object]],
    remedy: str,
) -> Iterator[Fault]:
    """A fault for every part of a row that an earlier row has too."""
    first: dict[object, int] = {}
    for line, values in read.items():
        for value in parts(values):
            if (earlier := first.setdefault(value, line)) != line:
                problem = f"{value} is already on line {earlier}"
                yield Fault(line=line, column=column, problem=problem, remedy=remedy)


def _unreadable(line: int, problem: str, remedy: str) -> CsvTable:
    fault = Fault(line=line, column="", problem=problem, remedy=remedy)
    return CsvTable(cells={}, values={}, faults=(fault,))


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


def _header_faults(line: int, columns: Sequence[str], known: Columns) -> Iterator[Fault]:
    for name in dict.fromkeys(columns):
        if name not in known.readers:
            near = get_close_matches(name, known.readers, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(known.readers)}"
            yield Fault(line=line, column=name, problem="there is no such column", remedy=remedy)
        if columns.count(name) > 1:
            yield Fault(line=line, column=name, problem="named twice", remedy="keep one of them")
    for name in known.required:
        if name not in columns:
            remedy = f"add the column {name}"
            yield Fault(line=line, column=name, problem="the column is missing", remedy=remedy)


def _width_fault(line: int, found: int, wanted: int) -> Fault:
    remedy = "quote values that contain the separator"
    problem = f"{found} values where the header names {wanted} columns"
    return Fault(line=line, column="", problem=problem, remedy=remedy)
