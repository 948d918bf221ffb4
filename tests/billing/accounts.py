"""Accounts for the tests: short ways to say who bought what, when, for how much."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from billing.account import Account, Service
from billing.calendar import Period
from billing.documents import Document
from billing.events import Pay, ServiceEvent
from billing.invoicing import bill
from billing.plans import NO_TAX, PlanTerms, TaxCode
from billing.policy import Policy

NEUTRAL = Policy()


def day(text: str) -> date:
    return date.fromisoformat(text)


def plan(price: str, name: str = "gold", period: str = "1 month", tax: str = "0") -> PlanTerms:
    code = TaxCode(tax, ((date.min, Decimal(tax)),)) if tax != "0" else NO_TAX
    return PlanTerms(name=name, price=Decimal(price), period=Period.parse(period), tax=code)


def account(*events: ServiceEvent, currency: str = "USD", **more: object) -> Account:
    names = dict.fromkeys(event.service for event in events)
    services = tuple(
        Service(service=name, events=tuple(e for e in events if e.service == name))
        for name in names
    )
    return replace(Account(subscriber="ann", currency=currency, services=services), **more)


def and_then(before: Account, *events: ServiceEvent) -> Account:
    """The account after further events of its first service."""
    service = before.services[0]
    return replace(before, services=(replace(service, events=(*service.events, *events)),))


def billed(before: Account, through: str, policy: Policy = NEUTRAL) -> Account:
    """The account after a billing run."""
    made = bill(before, day(through), policy)
    return replace(before, documents=(*before.documents, *made), billed_through=day(through))


def paid(before: Account, on: str, amount: str) -> Account:
    reference = f"p{len(before.payments)}"
    payment = Pay(on=day(on), reference=reference, amount=Decimal(amount))
    return replace(before, payments=(*before.payments, payment))


def charges(documents: tuple[Document, ...]) -> list[tuple[str, str, str]]:
    """Every line as (from, to, net)."""
    return [
        (
            str(line.period.start) if line.period else "",
            str(line.period.end) if line.period else "",
            str(line.net),
        )
        for document in documents
        for line in document.lines
    ]
