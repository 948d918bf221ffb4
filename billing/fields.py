"""Reading a table that a person wrote: each key checked, unknown keys refused, all by name."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from billing.calendar import LAST_DAY, local_day
from billing.money import LARGEST, money
from isp.errors import Refused

__all__ = ["Fields"]

Choice = TypeVar("Choice", bound=StrEnum)
TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
FIRST_YEAR, LAST_YEAR = 1900, 2200  # what lies outside is a slip of the pen


class Fields:
    """One table. `where` names it in refusals: `policy`, `event 3 (pay)`.

    Keys are taken one by one; `close()` refuses what nobody took. Values may be of TOML's own
    types or the same as text, as a command line gives them.
    """

    def __init__(self, where: str, table: object) -> None:
        if not isinstance(table, Mapping):
            raise Refused(f"{where} is not a table", remedy="write it as `key = value` lines")
        self.where = where
        self._table = table
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._known.add(key)
        return key in self._table

    def raw(self, key: str, default: object = None) -> object:
        """The value as it was written; None is no default: the key is required."""
        if key in self:
            return self._table[key]
        if default is None:
            raise Refused(f"{self.where}: {key} is missing", remedy=f"add {key} = …")
        return default

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw(key, default)
        if isinstance(value, Mapping | list) or not str(value).strip():
            raise self.refused(key, value, "write one piece of text")
        return str(value)

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        value = self.text(key, default)
        try:
            return kind(value)
        except ValueError:
            raise self.refused(key, value, f"choose of {', '.join(kind)}") from None

    def flag(self, key: str, default: bool) -> bool:
        value = str(self.raw(key, default)).lower()
        if value not in TRUE | FALSE:
            raise self.refused(key, value, "write true or false")
        return value in TRUE

    def integer(self, key: str, default: int | None = None, *, low: int = 0, high: int) -> int:
        value = self.raw(key, default)
        text = str(value)
        number = int(text) if text.isascii() and text.isdigit() else -1
        if isinstance(value, bool) or not low <= number <= high:
            raise self.refused(key, value, f"write a whole number from {low} to {high}")
        return number

    def decimal(self, key: str, default: Decimal | None = None) -> Decimal:
        value = self.raw(key, default)
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(value, bool) or not number.is_finite() or abs(number) > LARGEST:
            raise self.refused(key, value, 'write a number, as "2.5"')
        return number

    def percent(self, key: str, default: Decimal | None = None) -> Decimal:
        number = self.decimal(key, default)
        if not 0 <= number <= 100:
            raise self.refused(key, number, "write a percentage from 0 to 100")
        return number

    def amount(self, key: str, currency: str, default: Decimal | None = None) -> Decimal:
        return money(self.raw(key, default), currency, f"{self.where}: {key}")

    def positive(self, key: str, currency: str) -> Decimal:
        value = self.amount(key, currency)
        if value <= 0:
            raise self.refused(key, value, "write an amount above zero")
        return value

    def anchor_day(self, key: str, default: int | None = None) -> int:
        """1 to 31, or "last", which is the 31st: both are the last day of every month."""
        value = self.raw(key, default)
        return LAST_DAY if value == "last" else self.integer(key, default, low=1, high=LAST_DAY)

    def day(self, key: str, zone: str) -> date:
        """A date, or a timestamp with an offset, which falls on a day of the zone."""
        value = self.raw(key)
        moment = self._moment(key, value)
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise self.refused(key, value, 'add the offset, as "2012-03-02T10:00:00+01:00"')
            moment = local_day(moment, zone)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self.refused(key, value, f"name a year from {FIRST_YEAR} to {LAST_YEAR}")
        return moment

    def _moment(self, key: str, value: object) -> date:
        if isinstance(value, date):
            return value
        for parse in (date.fromisoformat, datetime.fromisoformat):
            try:
                return parse(str(value))
            except ValueError:
                continue
        raise self.refused(key, value, 'write it as "2012-03-02"')

    def tables(self, key: str) -> tuple["Fields", ...]:
        """The tables of a list, each named by its place."""
        value = self.raw(key, ())
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.refused(key, value, "write a list of tables")
        return tuple(
            Fields(f"{self.where}: {key} {at}", each) for at, each in enumerate(value, start=1)
        )

    def close(self) -> None:
        """Refuse what is left."""
        unknown = sorted(str(key) for key in self._table if key not in self._known)
        if unknown:
            raise Refused(
                f"{self.where}: unknown key {', '.join(unknown)}",
                remedy=f"use {', '.join(sorted(self._known))}",
            )

    def refused(self, key: str, value: object, remedy: str) -> Refused:
        """The refusal of one value."""
        return Refused(f"{self.where}: {key} = {value!r} is not understood", remedy=remedy)
