"""Which money pays which document: the oldest first, the rest is credit.

Documents are filled in the order in which they were issued, so what is open on any day follows
from the sums alone and does not depend on the order in which payments arrived.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.account import Account
from billing.documents import Document
from billing.money import ZERO

__all__ = ["Allocation", "Credit", "Debt", "Position", "allocate", "position"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Debt:
    """A document that asks for money, and what of it is still open."""

    document: Document
    open: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where an account stands on a day. `balance` is what is owed; below zero it is credit.

    `money` is all that can pay: what was received, and what credit documents gave.
    """

    debts: tuple[Debt, ...]
    money: Decimal
    credit: Decimal
    balance: Decimal

    def open_of(self, key: str) -> Decimal:
        """What is open of the document with this key; a credit note is never open."""
        return next((debt.open for debt in self.debts if debt.document.key == key), ZERO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """Money that can pay: a payment or a credit document, and what of it is not yet allocated."""

    reference: str
    on: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """This much of a credit pays this document."""

    credit: str
    document: str
    amount: Decimal


def position(account: Account, as_of: date) -> Position:
    """What is open, and what is credit, at the end of a day."""
    issued = [each for each in account.standing() if each.issued_on <= as_of]
    asking = [each for each in issued if each.total > ZERO]
    given = sum((-each.total for each in issued if each.total < ZERO), ZERO)
    money = account.received(as_of) + given
    owed = sum((each.total for each in asking), ZERO)
    return Position(
        debts=tuple(_filled(asking, money)),
        money=money,
        credit=max(ZERO, money - owed),
        balance=owed - money,
    )


def allocate(sources: Iterable[Credit], debts: Iterable[Debt]) -> tuple[Allocation, ...]:
    """New allocations of unallocated credit, oldest first, to what is open, oldest first."""
    waiting = [(debt.document.key, debt.open) for debt in debts if debt.open > ZERO]
    waiting.reverse()
    made: list[Allocation] = []
    for credit in sorted(sources, key=lambda each: each.on):
        left = credit.amount
        while left > ZERO and waiting:
            key, open_ = waiting.pop()
            amount = min(left, open_)
            made.append(Allocation(credit=credit.reference, document=key, amount=amount))
            left -= amount
            if open_ > amount:
                waiting.append((key, open_ - amount))
    return tuple(made)


def _filled(documents: Sequence[Document], money: Decimal) -> Iterator[Debt]:
    for document in documents:
        paid = min(document.total, max(ZERO, money))
        money -= paid
        yield Debt(document=document, open=document.total - paid)
