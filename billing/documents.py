"""Lines and documents: what was charged, for which days, and why.

A line's `charge_key` says what it charges and is unique for its subscriber, for ever:

    <service>/recurring/<plan>@<version>/<from>..<to>      <service>/setup/<day>
    <service>/usage/<plan>@<version>/<meter>/<from>..<to>  item/<reference>
    <charge_key>/repair/<from>..<to>                       opening/<day>
    <charge_key>/allowance/<reference>                     adjustment/<reference>
    <charge_key>/credit/<reference>

A charge that is made again, after a repair or a void, ends in `#2`, `#3`, …: its number is
counted from the lines that exist, so two runs over the same facts claim the same key.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.intervals import Interval
from billing.money import ZERO

__all__ = ["Basis", "Document", "DocumentKind", "DocumentState", "Line", "LineKind", "fresh_key"]


class LineKind(StrEnum):
    """What a line charges or takes back."""

    RECURRING = "recurring"
    REPAIR = "repair"
    SETUP = "setup"
    USAGE = "usage"
    ITEM = "item"
    DISCOUNT = "discount"
    ADJUSTMENT = "adjustment"
    CREDIT = "credit"
    OPENING = "opening"


class DocumentKind(StrEnum):
    """An invoice's total is never negative; a credit note's never positive; an opening's either."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    OPENING_BALANCE = "opening_balance"


class DocumentState(StrEnum):
    """Documents are final when made; a void one keeps its number."""

    FINAL = "final"
    VOID = "void"


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """Why a recurring line is what it is: `percent` of `price` × `days` / `of_days`.

    `cycle` is the full cycle that `of_days` counts.
    """

    plan: str
    price: Decimal
    percent: Decimal
    cycle: Interval
    days: int
    of_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One amount. `corrects` is the charge key of the line that a repair or credit gives back."""

    kind: LineKind
    service: str | None
    description: str
    period: Interval | None
    quantity: Decimal = Decimal(1)
    unit_price: Decimal
    net: Decimal
    tax_code: str
    tax_percent: Decimal
    tax: Decimal = ZERO
    charge_key: str
    corrects: str | None = None
    basis: Basis | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """Lines that were issued together. The database gives the number, when it is final."""

    kind: DocumentKind
    state: DocumentState = DocumentState.FINAL
    number: str | None = None
    issued_on: date
    due_on: date
    currency: str
    lines: tuple[Line, ...]

    @property
    def key(self) -> str:
        """The subscriber's own identity of the document: its first line's charge key."""
        return self.lines[0].charge_key

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    @property
    def period(self) -> Interval | None:
        """The days that the document's own charges cover, from the first to the last."""
        periods = [line.period for line in self.lines if line.period]
        if not periods:
            return None
        return Interval(min(p.start for p in periods), max(p.end for p in periods))


def fresh_key(key: str, taken: Iterable[str]) -> str:
    """The key, or the key with the number of this charging where it was charged before."""
    earlier = sum(1 for other in taken if other == key or other.startswith(f"{key}#"))
    return f"{key}#{earlier + 1}" if earlier else key
