"""A statement: what a subscriber owed at first, what moved, what he owed in the end.

It is read from the ledger alone, so that it agrees with it on any day.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.ledger import RECEIVABLE
from isp.errors import ExitCode, Refused
from operations import service_record
from operations.tenants import Tenant

__all__ = ["Movement", "Statement", "statement"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """One transaction of the ledger: what he owes more (below zero: less), and then in all."""

    on: date
    kind: str
    source: str
    description: str
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """Balances are what is owed, below zero what is to good. `until` is the first day left out."""

    subscriber: str
    since: date
    until: date
    currency: str
    opening: Decimal
    movements: tuple[Movement, ...]

    @property
    def closing(self) -> Decimal:
        """What is owed at the end."""
        return self.opening + sum((each.amount for each in self.movements), Decimal(0))


async def statement(
    transaction: AsyncConnection, owner: Tenant, *, login: str, since: date, until: date
) -> Statement:
    """The statement of the subscriber who has that login. Raises Refused."""
    if since >= until:
        problem = f"{until} is not after {since}"
        remedy = "--to is the first day left out"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)
    found = await service_record.by_login(transaction, login)
    values = {
        "subscriber_id": found.subscriber_id,
        "account": RECEIVABLE,
        "currency": owner.currency,
        "since": since,
        "until": until,
    }
    opening: Decimal = await transaction.scalar(OPENING, values) or Decimal(0)
    movements, balance = [], opening
    for row in await transaction.execute(MOVEMENTS, values):
        balance += row.amount
        movements.append(
            Movement(
                on=row.on_date,
                kind=row.kind,
                source=row.source_key,
                description=row.description,
                amount=row.amount,
                balance=balance,
            )
        )
    return Statement(
        subscriber=found.subscriber,
        since=since,
        until=until,
        currency=owner.currency,
        opening=opening,
        movements=tuple(movements),
    )


OF_SUBSCRIBER: Final = """
      FROM ledger_entry AS entry JOIN ledger_transaction AS moved USING (ledger_transaction_id)
     WHERE entry.subscriber_id = :subscriber_id AND entry.account = :account
       AND entry.currency = :currency
"""
OPENING: Final = text(f"SELECT sum(entry.amount) {OF_SUBSCRIBER} AND moved.on_date < :since")
MOVEMENTS: Final = text(f"""
    SELECT moved.on_date, moved.kind, moved.source_key, moved.description,
        sum(entry.amount) AS amount {OF_SUBSCRIBER}
       AND moved.on_date >= :since AND moved.on_date < :until
     GROUP BY ledger_transaction_id, moved.on_date, moved.kind, moved.source_key,
        moved.description
     ORDER BY moved.on_date, ledger_transaction_id
""")
