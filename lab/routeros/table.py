"""The rows of one menu: ordered, with ids, names that are unique, links that follow a rename."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from lab.routeros.menu import Column, Menu, Reference
from lab.routeros.traps import Trap, no_such_item

__all__ = ["Row", "Table"]

Changed = Callable[["Row"], None]


class Row:
    """One row. `values` are normalised, `links` point to rows or are words, `state` is computed."""

    __slots__ = ("dynamic", "gone", "id", "links", "state", "values")

    def __init__(self, row_id: str, *, dynamic: bool) -> None:
        self.id = row_id
        self.dynamic = dynamic
        self.gone = False
        self.values: dict[str, str] = {}
        self.links: dict[str, tuple[Row | str, ...]] = {}
        self.state: dict[str, str] = {}


class Table:
    """The rows of a menu, in their order."""

    def __init__(self, menu: Menu, tables: Mapping[str, "Table"]) -> None:
        self.menu = menu
        self.rows: dict[str, Row] = {}
        self.listeners: set[Changed] = set()
        self._tables = tables
        self._unique: dict[tuple[str, ...], Row] = {}
        self._next_id = 1
        self._columns = (
            *[name for name in menu.columns if name not in ("disabled", "comment")],
            *menu.references,
            *menu.state,
            "dynamic",
            *[name for name in ("disabled", "comment") if name in menu.columns],
        )

    def find(self, name: str) -> Row | None:
        """The row of this name."""
        return self._unique.get((name,)) if self.menu.unique == ("name",) else None

    def row(self, reference: str) -> Row:
        """The row that an id, or a name, means. Raises Trap."""
        found = self.rows.get(reference) or self.find(reference)
        if found is None:
            raise no_such_item()
        return found

    def add(
        self,
        words: Mapping[str, str],
        *,
        dynamic: bool = False,
        state: Mapping[str, str] | None = None,
    ) -> Row:
        """A new row, last or before the one that `place-before` names. Raises Trap."""
        words = dict(words)
        before = words.pop("place-before", None)
        if before is not None and not self.menu.ordered:
            raise unknown("place-before")
        place = self.row(before) if before is not None else None
        row = Row(f"*{self._next_id:X}", dynamic=dynamic)
        self._take(row, self._complete(words))
        row.state.update(state or {})
        self._next_id += 1
        self.rows[row.id] = row
        if place is not None:
            self.move([row], place)
        self._changed(row)
        return row

    def set(self, row: Row, words: Mapping[str, str]) -> None:
        """Change columns of a row, all or none. Raises Trap."""
        if row.dynamic:
            raise Trap(f"failure: can not change dynamic {self.menu.what}")
        self._take(row, words)
        self._changed(row)

    def remove(self, row: Row) -> None:
        """Take a row out; what refers to it dangles, as RouterOS lets it. Raises Trap."""
        if row.dynamic and not self.menu.dynamic_can_be_removed:
            raise Trap(f"failure: can not remove dynamic {self.menu.what}")
        if row.state.get("default") == "true":
            raise Trap(f"failure: can not remove default {self.menu.what}")
        self.drop(row)

    def drop(self, row: Row) -> None:
        """Take a row out, whatever it is."""
        del self.rows[row.id]
        self._unique.pop(self._key(row.values), None)
        row.gone = True
        self._changed(row)

    def move(self, rows: Sequence[Row], before: Row | None) -> None:
        """Put rows before another, or at the end; their ids stay."""
        if before in rows:
            message = "failure: can not move object before itself"
            raise Trap(message)
        for row in rows:
            del self.rows[row.id]
        if before is None:
            self.rows.update((row.id, row) for row in rows)
            return
        others = list(self.rows.values())
        place = others.index(before)
        self.rows = {row.id: row for row in (*others[:place], *rows, *others[place:])}

    def renumber(self, random: Random) -> None:
        """Give every row another id, as a reboot may."""
        numbers = random.sample(range(1, 2 * len(self.rows) + 1), len(self.rows))
        for row, number in zip(self.rows.values(), numbers, strict=True):
            row.id = f"*{number:X}"
        self.rows = {row.id: row for row in self.rows.values()}
        self._next_id = max(numbers, default=0) + 1

    def printed(self, row: Row, columns: Sequence[str] = ()) -> dict[str, str]:
        """A row as it is printed: these columns, or all that it has."""
        written = {}
        for name in columns or (".id", *self._columns):
            value = self.value(row, name)
            if value is not None:
                written[name] = value
        return written

    def value(self, row: Row, name: str) -> str | None:
        """One column as it is printed; None where it is not."""
        if name in self.menu.hidden:
            return None
        if name in row.values:
            return row.values[name]
        if name in row.links:
            return "/".join(shown(link) for link in row.links[name])
        if name == ".id":
            return row.id
        if name == "dynamic":
            return "true" if row.dynamic else "false"
        if name == "invalid" and name in self.menu.state:
            return "true" if any(dangles(link) for link in linked(row)) else "false"
        return row.state.get(name, self.menu.state.get(name))

    def _complete(self, words: Mapping[str, str]) -> dict[str, str]:
        """What a new row is made of: what was said, and the defaults."""
        required: dict[str, Column | Reference] = {**self.menu.columns, **self.menu.references}
        for name, column in required.items():
            if column.required and not words.get(name):
                raise Trap(f"missing value(s) of argument(s) {name}")
        complete = {
            name: column.default for name, column in required.items() if column.default is not None
        }
        if self.menu.unique == ("name",) and "name" not in words:
            complete["name"] = self._free_name()
        return complete | dict(words)

    def _free_name(self) -> str:
        stem = self.menu.what.partition(" ")[0]
        count = len(self.rows) + 1
        while self.find(f"{stem}{count}") is not None:
            count += 1
        return f"{stem}{count}"

    def _take(self, row: Row, words: Mapping[str, str]) -> None:
        """Check everything, then change the row."""
        values, links = dict(row.values), dict(row.links)
        for name, value in words.items():
            column = self.menu.columns.get(name)
            reference = self.menu.references.get(name)
            if column is not None:
                values[name] = column.normalise(name, value)
                if value == "" and column.default is None:
                    del values[name]
            elif reference is not None:
                links[name] = self._linked(name, reference, value, row)
            else:
                raise unknown(name)
        check_limits(values)
        key, former = self._key(values), self._key(row.values)
        holder = self._unique.get(key)
        if key and holder is not None and holder is not row:
            raise Trap(self.menu.already)
        if former:
            self._unique.pop(former, None)
        if key:
            self._unique[key] = row
        row.values, row.links = values, links

    def _key(self, values: Mapping[str, str]) -> tuple[str, ...]:
        key = tuple(values.get(name, "") for name in self.menu.unique)
        return key if any(key) else ()

    def _linked(
        self, name: str, reference: Reference, value: str, row: Row
    ) -> tuple[Row | str, ...]:
        names = value.split("/") if reference.paired else [value]
        if reference.paired and len(names) == 1:
            names *= 2
        return tuple(self._link(name, reference, each, row) for each in names)

    def _link(self, name: str, reference: Reference, value: str, row: Row) -> Row | str:
        if value in reference.also:
            return value
        for path in reference.menus:
            table = self._tables[path]
            found = table.rows.get(value) or table.find(value)
            if found is not None and row not in upward(found, name):
                return found
        raise Trap(f"input does not match any value of {name}", 1)

    def _changed(self, row: Row) -> None:
        for listener in tuple(self.listeners):
            listener(row)


def linked(row: Row) -> Iterator[Row | str]:
    for links in row.links.values():
        yield from links


def upward(row: Row, name: str) -> Iterator[Row]:
    """A row, what it links to by this column, and so on: nothing may be its own ancestor."""
    link: Row | str = row
    while isinstance(link, Row):
        yield link
        link = link.links.get(name, ("",))[0]


def dangles(link: Row | str) -> bool:
    return isinstance(link, Row) and link.gone


def shown(link: Row | str) -> str:
    if isinstance(link, str):
        return link
    return link.id if link.gone else link.values["name"]


def check_limits(values: Mapping[str, str]) -> None:
    """What is guaranteed may not be more than what is allowed at most; 0 is no limit."""
    lowest, highest = values.get("limit-at", "").split("/"), values.get("max-limit", "").split("/")
    for least, most in zip(lowest, highest, strict=False):
        if least and most and int(most) and int(least) > int(most):
            message = "failure: max-limit is less than limit-at"
            raise Trap(message)


def unknown(name: str) -> Trap:
    return Trap(f"unknown parameter {name}", 0)
