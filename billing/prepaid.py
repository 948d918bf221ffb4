"""Prepaid: each day is charged out of credit on that day; a day that credit does not cover is not.

The days of a cycle sum to its price, so a deposit lasts exactly as long as it should.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from billing.account import Account
from billing.allocation import position
from billing.documents import Line
from billing.money import ZERO
from billing.policy import Policy, Timing
from billing.recurring import recurring_lines
from billing.tax import taxed
from billing.timeline import timeline

__all__ = ["affordable", "uncovered_services"]


def affordable(account: Account, day: date, charges: Iterable[Sequence[Line]]) -> Iterator[Line]:
    """The lines of those services, in order, whose day the credit covers, tax included."""
    credit = position(account, day).credit
    for lines in charges:
        total = sum((line.net + line.tax for line in taxed(account, lines)), ZERO)
        if total <= credit:
            credit -= total
            yield from lines


def uncovered_services(account: Account, policy: Policy, day: date) -> tuple[str, ...]:
    """The prepaid services whose day is, after its billing, not charged: they wait for credit."""
    if policy.timing is not Timing.PREPAID:
        return ()
    known = account.known_on(day)
    return tuple(
        service.service
        for service in known.services
        for segments in [timeline(known, service, policy)]
        if any(line.net > ZERO for line in recurring_lines(known, service, segments, day, policy))
    )
