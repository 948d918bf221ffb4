"""What happened to an account: dated facts, of which every document is a function.

`on` is the local day from which the fact holds. `recorded_on` is the day it became known, when
that is not the same day: a later one makes it a correction of the past, an earlier one a plan
for the future. No document dated before `recorded_on` knows of it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.plans import NO_TAX, PlanTerms, TaxCode
from isp.service import HoldKind

__all__ = [
    "AccountEvent",
    "Adjust",
    "Allowance",
    "Cancel",
    "ChangePlan",
    "CreditNote",
    "Discount",
    "Event",
    "FutureItem",
    "Pay",
    "Refund",
    "Resume",
    "ServiceEvent",
    "SetAnchor",
    "Subscribe",
    "Suspend",
    "Usage",
    "Void",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What every event has."""

    on: date
    recorded_on: date | None = None

    @property
    def known_on(self) -> date:
        """First day on which documents may know of it."""
        return self.recorded_on or self.on


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceEvent(Event):
    """An event of one service (its stable identity, not its login, which may change)."""

    service: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribe(ServiceEvent):
    """The service starts; `anchor_day` None is the policy's."""

    plan: PlanTerms
    anchor_day: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePlan(ServiceEvent):
    """From this day another plan, or the same at other terms."""

    plan: PlanTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancel(ServiceEvent):
    """The service ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetAnchor(ServiceEvent):
    """From this day cycles begin on another day of the month."""

    anchor_day: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspend(ServiceEvent):
    """A hold is placed; the first suspended day."""

    hold: HoldKind = HoldKind.OPERATOR


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume(ServiceEvent):
    """A hold is released; the first day that is not suspended by it."""

    hold: HoldKind = HoldKind.OPERATOR


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage(ServiceEvent):
    """A metered quantity, in the meter's units, used on this local day."""

    meter: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Discount(ServiceEvent):
    """A percentage off the service's recurring price from `on` up to, not including, `until`."""

    percent: Decimal
    until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountEvent(Event):
    """An event of the whole account, named uniquely by `reference`."""

    reference: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FutureItem(AccountEvent):
    """A one-off net amount for the account's next document; negative lowers it."""

    amount: Decimal
    description: str
    service: str | None = None
    tax: TaxCode = NO_TAX


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance(AccountEvent):
    """A net amount off the next invoice, spread over its lines in proportion to their price."""

    amount: Decimal
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pay(AccountEvent):
    """Money received."""

    amount: Decimal
    method: str = "cash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund(AccountEvent):
    """Money given back."""

    amount: Decimal
    method: str = "cash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjust(AccountEvent):
    """A correction by hand: positive is owed more, negative less.

    A negative one that names a `service` lowers what is left of that service's latest charges,
    so that a later repair cannot give the same money back twice.
    """

    amount: Decimal
    description: str
    service: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNote(AccountEvent):
    """All (amount None) or a net part of an invoice is credited, its first lines first.

    `number` None is the latest invoice in force.
    """

    number: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Void(AccountEvent):
    """A document is void: its number stays, its money is reversed, its days may be charged anew.

    `number` None is the latest invoice in force.
    """

    number: str | None = None
