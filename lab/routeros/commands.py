"""What commands do, whichever way they came: print, add, set, remove, move and the system's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from lab.routeros import query
from lab.routeros.table import Row, Table
from lab.routeros.traps import Trap, not_permitted

__all__ = ["READING", "Machine", "Request", "Result", "carry_out", "split_command"]

AnyRow = TypeVar("AnyRow")
READING = frozenset({"print", "getall", "listen", "monitor"})
COUNTED = frozenset({"/queue/simple", "/queue/tree"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command: its menu, its verb, its arguments, its query words without their `?`."""

    path: str
    verb: str
    words: Mapping[str, str] = field(default_factory=dict)
    queries: Sequence[str] = ()

    @property
    def writes(self) -> bool:
        return self.verb not in READING


@dataclass(slots=True)
class Result:
    """What a command returns: rows of a print, `ret`, and what was refused of it."""

    rows: Sequence[Mapping[str, str]] | None = None
    ret: str | None = None
    traps: list[Trap] = field(default_factory=list)


class Machine(Protocol):
    """The router that commands act on."""

    @property
    def tables(self) -> Mapping[str, Table]:
        """The menus that are tables, by path."""
        ...

    def singleton(self, path: str) -> Mapping[str, str] | None:
        """The one row of a menu like /system/identity."""
        ...

    def rename(self, identity: str) -> None:
        """Take another identity, which counts as a write."""
        ...

    def wrote(self, table: Table, verb: str, row: Row) -> None:
        """A row was written."""
        ...


def split_command(command: str) -> tuple[str, str]:
    """`/queue/simple/print` as its menu and its verb."""
    path, _, verb = command.rpartition("/")
    return path, verb


def carry_out(machine: Machine, request: Request, policies: frozenset[str]) -> Result:
    """Do it, with these rights. Raises Trap for what is refused as a whole."""
    needed = {"write" if request.writes else "read"}
    if request.writes and request.path.startswith("/user"):
        needed.add("policy")
    if not needed <= policies:
        raise not_permitted()
    table = machine.tables.get(request.path)
    if table is not None:
        return of_table(machine, table, request)
    row = machine.singleton(request.path)
    if row is None:
        raise Trap("no such command prefix", 0)
    return of_singleton(machine, request, row)


def of_singleton(machine: Machine, request: Request, row: Mapping[str, str]) -> Result:
    if request.verb in ("print", "getall"):
        return printed(request, [row], columns_of_row, select)
    if request.verb == "set" and request.path == "/system/identity":
        machine.rename(request.words.get("name", ""))
        return Result()
    raise no_such_command()


def of_table(machine: Machine, table: Table, request: Request) -> Result:
    match request.verb:
        case "print" | "getall":
            asked = request.words.get(".id")
            rows = table.rows.values() if asked is None else [table.row(asked)]
            return printed(request, rows, columns_of(table), table.printed)
        case "add" if not table.menu.read_only:
            # What an address list holds for a time only is dynamic.
            row = table.add(request.words, dynamic="timeout" in request.words)
            machine.wrote(table, "add", row)
            return Result(ret=row.id)
        case "monitor" if request.path == "/interface/ethernet":
            rows = [table.row(reference) for reference in references(request)]
            return Result(rows=[{"name": row.values["name"], **row.state} for row in rows])
        case "move" if table.menu.ordered:
            return move(machine, table, request)
        case "set" | "unset" | "enable" | "disable" if not table.menu.read_only:
            return each_row(machine, table, request, setting(table, request))
        case "remove" if not table.menu.read_only or table.menu.dynamic_can_be_removed:
            return each_row(machine, table, request, table.remove)
        case "reset-counters" if request.path in COUNTED:
            return each_row(machine, table, request, lambda row: row.state.clear())
        case _:
            raise no_such_command()


def setting(table: Table, request: Request) -> Callable[[Row], None]:
    """What a set and its kin do to a row."""
    match request.verb:
        case "enable":
            words = {"disabled": "no"}
        case "disable":
            words = {"disabled": "yes"}
        case "unset":
            words = {request.words.get("value-name", ""): ""}
        case _:
            words = {
                name: value
                for name, value in request.words.items()
                if name not in (".id", "numbers")
            }
    return lambda row: table.set(row, words)


def each_row(
    machine: Machine, table: Table, request: Request, change: Callable[[Row], None]
) -> Result:
    """Change every row that is named; those that cannot be are each a `!trap`."""
    result = Result()
    for reference in references(request):
        try:
            row = table.row(reference)
            change(row)
        except Trap as trap:
            result.traps.append(trap)
        else:
            machine.wrote(table, request.verb, row)
    return result


def references(request: Request) -> list[str]:
    named = request.words.get(".id", request.words.get("numbers"))
    if not named:
        raise Trap("missing =.id=")
    return named.split(",")


def move(machine: Machine, table: Table, request: Request) -> Result:
    rows = [table.row(reference) for reference in references(request)]
    destination = table.rows.get(request.words.get("destination", ""))
    table.move(rows, destination)
    for row in rows:
        machine.wrote(table, "move", row)
    return Result()


def printed(
    request: Request,
    rows: Iterable[AnyRow],
    columns: Callable[[AnyRow], query.Columns],
    written: Callable[[AnyRow, Sequence[str]], Mapping[str, str]],
) -> Result:
    """The rows that the query lets through, as many columns as are wanted."""
    found = [row for row in rows if query.matches(columns(row), request.queries)]
    if "count-only" in request.words:
        return Result(ret=str(len(found)))
    wanted = tuple(filter(None, request.words.get(".proplist", "").split(",")))
    return Result(rows=[written(row, wanted) for row in found])


def columns_of(table: Table) -> Callable[[Row], query.Columns]:
    return lambda row: lambda name: table.value(row, name)


def columns_of_row(row: Mapping[str, str]) -> query.Columns:
    return row.get


def select(row: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    return {name: row[name] for name in names if name in row} if names else row


def no_such_command() -> Trap:
    return Trap("no such command", 0)
