"""An account: all the engine knows of one subscriber, as one frozen value."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.documents import Document, DocumentState, Line
from billing.events import AccountEvent, Pay, Refund, ServiceEvent
from billing.money import ZERO

__all__ = ["Account", "Service"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service and what happened to it, in the order in which it became known.

    `invoiced_until` is the first day that no earlier system has invoiced.
    """

    service: str
    events: tuple[ServiceEvent, ...]
    invoiced_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One subscriber. `items` are future items and allowances; `documents` are in issue order.

    `billed_through` is the last day billed; `billing_from` the tenant's first billed day;
    `blocked_on` the day since which an `unpaid` hold is in force.
    """

    subscriber: str
    currency: str
    services: tuple[Service, ...] = ()
    items: tuple[AccountEvent, ...] = ()
    documents: tuple[Document, ...] = ()
    payments: tuple[Pay | Refund, ...] = ()
    anchor_day: int | None = None
    billing_from: date | None = None
    billed_through: date | None = None
    blocked_on: date | None = None

    def standing(self) -> Iterator[Document]:
        """The documents that are not void."""
        return (each for each in self.documents if each.state != DocumentState.VOID)

    def standing_lines(self) -> Iterator[Line]:
        """The lines of the documents that are not void."""
        return (line for document in self.standing() for line in document.lines)

    def keys(self) -> tuple[str, ...]:
        """Every charge key ever used, those of void documents too."""
        return tuple(line.charge_key for each in self.documents for line in each.lines)

    def known_on(self, day: date) -> "Account":
        """The account without the service events and items that became known after `day`."""
        services = tuple(
            replace(each, events=tuple(e for e in each.events if e.known_on <= day))
            for each in self.services
        )
        items = tuple(item for item in self.items if item.known_on <= day)
        return replace(self, services=services, items=items)

    def received(self, as_of: date) -> Decimal:
        """Money received less money given back, through a day."""
        return sum((_signed(each) for each in self.payments if each.on <= as_of), ZERO)


def _signed(payment: Pay | Refund) -> Decimal:
    return payment.amount if isinstance(payment, Pay) else -payment.amount
