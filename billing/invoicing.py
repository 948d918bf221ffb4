"""Billing an account through a date: the days on which something falls due, one document each.

A catch-up of three days gives the documents of three daily runs, because each day is billed with
what was known on it, and dated by it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from billing.account import Account, Service
from billing.documents import Document, DocumentKind, Line
from billing.items import allowance_lines, item_lines, setup_lines
from billing.money import ZERO
from billing.policy import Policy, Timing
from billing.prepaid import affordable
from billing.recurring import next_due, recurring_lines
from billing.tax import taxed
from billing.timeline import plan_segments, timeline
from billing.usage import usage_lines

__all__ = ["bill", "document"]

ONE_DAY = timedelta(days=1)


def bill(account: Account, through: date, policy: Policy) -> tuple[Document, ...]:
    """Every document that falls due on or before `through` and does not exist, in date order.

    The last day billed is looked at again: what became known later on it is issued on it.
    Documents come without numbers; those are the database's, at finalisation.
    """
    made: list[Document] = []
    day = _first_day(account)
    while day is not None and day <= through:
        if document := _billed_on(account, day, policy):
            made.append(document)
            account = replace(account, documents=(*account.documents, document))
        day = _next_day(account, day, policy)
    return tuple(made)


def document(account: Account, lines: Sequence[Line], day: date, policy: Policy) -> Document:
    """The document of these lines, taxed; one that gives back more than it charges is a credit."""
    with_tax = taxed(account, lines)
    total = sum((line.net + line.tax for line in with_tax), ZERO)
    kind = DocumentKind.CREDIT_NOTE if total < ZERO else DocumentKind.INVOICE
    due_days = policy.due_days if kind is DocumentKind.INVOICE else 0
    return Document(
        kind=kind,
        issued_on=day,
        due_on=day + timedelta(days=due_days),
        currency=account.currency,
        lines=with_tax,
    )


def _billed_on(account: Account, day: date, policy: Policy) -> Document | None:
    known = account.known_on(day)
    charges = [tuple(_lines_of(known, service, day, policy)) for service in known.services]
    if policy.timing is Timing.PREPAID:
        lines = tuple(affordable(known, day, charges))
    else:
        lines = tuple(line for service in charges for line in service)
    due = _worth_a_document(lines, policy)
    items = tuple(item_lines(known, day)) if due or _ended(known, day, policy) else ()
    if not due and not items:
        return None
    lines = (*lines, *items)
    return document(account, (*lines, *allowance_lines(known, lines, day)), day, policy)


def _lines_of(account: Account, service: Service, day: date, policy: Policy) -> Iterator[Line]:
    segments = timeline(account, service, policy)
    lines = (
        *setup_lines(account, service, day),
        *recurring_lines(account, service, segments, day, policy),
    )
    yield from lines
    plans = plan_segments(account, service, policy)
    if any(segment.plan.usage for segment in plans):
        ended = all(segment.days.end <= day for segment in plans)
        joining = ended or _worth_a_document(lines, policy)
        yield from usage_lines(account, service, plans, day, joining=joining)


def _worth_a_document(lines: Sequence[Line], policy: Policy) -> bool:
    """Lines of nothing wait for others to go with; a prepaid day is due only once and does not."""
    return any(line.net for line in lines) or (policy.timing is Timing.PREPAID and bool(lines))


def _ended(account: Account, day: date, policy: Policy) -> bool:
    """Whether no service will be charged after this day."""
    return not any(
        segment.days.end > day
        for service in account.services
        for segment in plan_segments(account, service, policy)
    )


def _first_day(account: Account) -> date | None:
    """Where billing goes on: the last day billed, and never before a document that exists."""
    known = [e.known_on for service in account.services for e in service.events]
    known += [item.known_on for item in account.items]
    if not known:
        return None
    earlier = [document.issued_on for document in account.documents]
    floor = (account.billed_through, account.billing_from, *earlier)
    return max(account.billed_through or min(known), *(day for day in floor if day), date.min)


def _next_day(account: Account, day: date, policy: Policy) -> date | None:
    """The next day on which something becomes known or falls due."""
    events = [*account.items, *(e for service in account.services for e in service.events)]
    candidates = [each for e in events for each in (e.known_on, e.on) if each > day]
    known = account.known_on(day)
    for service in known.services:
        cuts = timeline(known, service, policy)
        candidates += next_due(cuts, day, policy.timing)
        candidates += next_due(plan_segments(known, service, policy), day, Timing.ARREARS)
    return min(candidates, default=None)
