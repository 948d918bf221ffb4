"""Lines that are not a cycle's: setup fees, one-off items, allowances on a whole invoice."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from billing.account import Account, Service
from billing.documents import Line, LineKind, fresh_key
from billing.events import Allowance, FutureItem, Subscribe
from billing.money import ZERO, rounded
from billing.plans import TaxCode
from billing.timeline import first_day

__all__ = ["allowance_lines", "item_lines", "setup_lines"]


def setup_lines(account: Account, service: Service, day: date) -> Iterator[Line]:
    """The setup fee of each subscription that has begun and has not been charged it."""
    charged = _standing_keys(account)
    for event in service.events:
        key = f"{service.service}/setup/{event.on}"
        begun = first_day(account, service) <= event.on <= day
        if isinstance(event, Subscribe) and event.plan.setup_fee and begun and key not in charged:
            yield _one_off(
                account,
                key,
                kind=LineKind.SETUP,
                service=service.service,
                description=f"{event.plan.name} setup",
                amount=event.plan.setup_fee,
                tax=event.plan.tax,
                day=day,
            )


def item_lines(account: Account, day: date) -> Iterator[Line]:
    """The items that wait for the account's next document."""
    charged = _standing_keys(account)
    for item in account.items:
        key = f"item/{item.reference}"
        if isinstance(item, FutureItem) and item.on <= day and key not in charged:
            yield _one_off(
                account,
                key,
                kind=LineKind.ITEM,
                service=item.service,
                description=item.description,
                amount=item.amount,
                tax=item.tax,
                day=day,
            )


def allowance_lines(account: Account, lines: Sequence[Line], day: date) -> Iterator[Line]:
    """Waiting allowances over the document's charges; together never more than the charges."""
    given = {key.rpartition("/allowance/")[2] for key in _standing_keys(account)}
    charges = [line for line in lines if line.net > ZERO]
    base = sum((line.net for line in charges), ZERO)
    room = base
    for item in account.items:
        if isinstance(item, Allowance) and item.on <= day and item.reference not in given:
            amount = min(item.amount, room)
            room -= amount
            yield from _spread(account, item, charges, base, amount)


def _spread(
    account: Account, item: Allowance, charges: Sequence[Line], base: Decimal, amount: Decimal
) -> Iterator[Line]:
    taken = account.keys()
    so_far, given = ZERO, ZERO
    for line in charges:
        so_far += line.net
        part = rounded(amount * so_far / base, account.currency) - given
        given += part
        if part:
            yield replace(
                line,
                kind=LineKind.DISCOUNT,
                description=item.description,
                quantity=Decimal(1),
                unit_price=-part,
                net=-part,
                tax=ZERO,
                charge_key=fresh_key(f"{line.charge_key}/allowance/{item.reference}", taken),
                corrects=line.charge_key,
                basis=None,
            )


def _one_off(
    account: Account,
    key: str,
    *,
    kind: LineKind,
    service: str | None,
    description: str,
    amount: Decimal,
    tax: TaxCode,
    day: date,
) -> Line:
    return Line(
        kind=kind,
        service=service,
        description=description,
        period=None,
        unit_price=amount,
        net=amount,
        tax_code=tax.code,
        tax_percent=tax.percent_on(day),
        charge_key=fresh_key(key, account.keys()),
    )


def _standing_keys(account: Account) -> frozenset[str]:
    """The charge keys in force, without the number of the charging."""
    return frozenset(line.charge_key.partition("#")[0] for line in account.standing_lines())
