"""Balances carried over from earlier books: one document and one posting for each, once ever."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.account import Account
from billing.corrections import opening_balance
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
    empty = Account(subscriber="", currency=owner.currency)
    long_due_on = on - timedelta(days=HELD_DEBT_AGE_DAYS)
    await finalise(
        transaction,
        owner.tenant_id,
        [
            (
                subscriber_id,
                opening_balance(empty, amount, on, long_due_on if late else due_on),
                {},
            )
            for subscriber_id, amount in balances.items()
            for late in [subscriber_id in held]
            if amount
        ],
        actor=actor,
        now=now,
    )
