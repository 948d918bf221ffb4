"""Balances carried over from earlier books: one document and one posting for each, once ever."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.documents import Document, DocumentKind, Line, LineKind
from billing.plans import NO_TAX
from operations.money.documents import finalise
from operations.money.policies import load_policy
from operations.tenants import Tenant

__all__ = ["post_opening_balances"]

HELD_DEBT_AGE_DAYS = 30
"""Longer than any usual time between due and block."""


async def post_opening_balances(
    transaction: AsyncConnection,
    owner: Tenant,
    balances: Mapping[int, Decimal],
    *,
    held: Collection[int] = (),
    on: date,
    actor: str,
    now: datetime,
) -> None:
    """Open each subscriber's account (by its key) with what he owes, or, below zero, has to good.

    A balance that is owed can be paid as any document, and is due as one issued on that day; one
    to good is a credit for the next documents. What those owe whom the earlier system `held` for it
    has been due for long, so that they stay held until they pay.
    """
    policy = await load_policy(transaction, owner)
    due_on = on + timedelta(days=policy.due_days)
    long_due_on = on - timedelta(days=HELD_DEBT_AGE_DAYS)
    await finalise(
        transaction,
        owner.tenant_id,
        [
            (
                subscriber_id,
                _document(amount, owner.currency, on, long_due_on if late else due_on),
                {},
            )
            for subscriber_id, amount in balances.items()
            for late in [subscriber_id in held]
            if amount
        ],
        actor=actor,
        now=now,
    )


def _document(amount: Decimal, currency: str, on: date, due_on: date) -> Document:
    line = Line(
        kind=LineKind.OPENING,
        service=None,
        description="Balance carried over",
        period=None,
        unit_price=amount,
        net=amount,
        tax_code=NO_TAX.code,
        tax_percent=Decimal(0),
        charge_key=f"opening/{on}",
    )
    return Document(
        kind=DocumentKind.OPENING_BALANCE,
        issued_on=on,
        due_on=due_on,
        currency=currency,
        lines=(line,),
    )
