"""The subscriber file: CSV text to rows, or to faults that name line, column and remedy. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any, Final

from chassis.secrets import Secret
from isp.errors import Refused
from isp.service import HoldKind
from operations.csv_table import Columns, Fault, read_table, read_values, repeated
from operations.import_columns import COLUMNS, SUBSCRIBER_COLUMNS

__all__ = ["ImportFile", "ImportRow", "read_rows", "refuse_faulty", "row_of"]

FILE: Final = Columns(readers=COLUMNS, required=("login", "plan"), verbatim=frozenset({"password"}))
EACH_ITS_OWN: Final = "each service has its own"


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
    """Read a whole file; `rows` are the rows without a fault. Never raises for what is in it."""
    table = read_table(octets, FILE)
    read = {line: _named(values) for line, values in table.values.items()}
    faults = {*table.faults, *_conflicts(read)}
    bad = {fault.line for fault in faults}
    rows = (ImportRow(line=line, **values) for line, values in read.items() if line not in bad)
    return ImportFile(
        columns=table.columns,
        cells=table.cells,
        rows=tuple(rows),
        faults=tuple(sorted(faults)),
    )


def row_of(texts: Mapping[str, str]) -> ImportRow:
    """One row from texts by column, as a person gives them. Raises Refused with every fault."""
    faults: list[Fault] = []
    values = _named(read_values(0, texts, FILE, faults))
    refuse_faulty(faults)
    return ImportRow(line=0, **values)


def refuse_faulty(faults: Sequence[Fault]) -> None:
    """Raise Refused where there is a fault in what a person gave, with all of them."""
    if faults:
        problem = "; ".join(f"{fault.column}: {fault.problem}" for fault in faults)
        raise Refused(problem, remedy="; ".join(fault.remedy for fault in faults))


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values; a subscriber who is not named has the name of his login."""
    return ({"subscriber": values["login"]} if "login" in values else {}) | dict(values)


def _conflicts(read: Mapping[int, Mapping[str, Any]]) -> Iterator[Fault]:
    """What cannot be true of two rows of one file."""
    for column in ("login", "mac", "circuit_id", "onu_serial", "address", "delegated_prefix"):
        yield from repeated(read, column, _only(column), EACH_ITS_OWN)
    yield from repeated(read, "routes", lambda values: values.get("routes", ()), EACH_ITS_OWN)
    first: dict[tuple[str, str], tuple[int, object]] = {}
    for line, values in read.items():
        for column in SUBSCRIBER_COLUMNS & values.keys():
            value, subscriber = values[column], values.get("subscriber", "")
            earlier_line, earlier = first.setdefault((subscriber, column), (line, value))
            if earlier != value:
                problem = f"subscriber {subscriber} has another value on line {earlier_line}"
                remedy = "give it once, and leave his other rows empty"
                yield Fault(line=line, column=column, problem=problem, remedy=remedy)


def _only(column: str) -> Callable[[Mapping[str, Any]], tuple[object, ...]]:
    return lambda values: (values[column],) if column in values else ()
