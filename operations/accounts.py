"""What subscribers owe, as the view `report.subscribers` has it: one rule in one place."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["Account", "account_of", "debts"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What a subscriber owes (below zero: has to good); when he is blocked if he does not pay."""

    balance: Decimal
    currency: str
    next_block_on: date | None


async def account_of(transaction: AsyncConnection, subscriber: str) -> Account:
    """The account of the subscriber with that reference."""
    row = (await transaction.execute(ACCOUNT, {"subscriber": subscriber})).one()
    return Account(balance=row.balance, currency=row.currency, next_block_on=row.next_block_on)


async def debts(transaction: AsyncConnection) -> dict[str, Decimal]:
    """What is owed, by the reference of each subscriber who owes something."""
    rows = await transaction.execute(DEBTS)
    return {row.subscriber: row.balance for row in rows}


ACCOUNT: Final = text(
    "SELECT balance, currency, next_block_on FROM report.subscribers WHERE subscriber = :subscriber"
)
DEBTS: Final = text(
    "SELECT subscriber, balance FROM report.subscribers WHERE balance > 0 ORDER BY subscriber"
)
