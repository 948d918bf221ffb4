"""Double-entry postings: each is a transaction that sums to zero; a debit is positive."""

from dataclasses import dataclass, replace
from decimal import Decimal

from billing.documents import Document, DocumentKind
from billing.events import Pay, Refund
from billing.money import ZERO

__all__ = [
    "RECEIVABLE",
    "LedgerEntry",
    "posting_of_document",
    "posting_of_payment",
    "reversed_posting",
]

RECEIVABLE = "receivable"
"""The account of what subscribers owe; its entries name the subscriber."""

REVENUE = "revenue"
OPENING = "opening"


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerEntry:
    """One side of a transaction: an account's name, a debit (positive) or a credit."""

    account: str
    amount: Decimal
    currency: str


def posting_of_document(document: Document) -> tuple[LedgerEntry, ...]:
    """The subscriber owes (or is owed) the total; revenue and each tax code earn it.

    An opening balance comes from the books that were closed before: account `opening`.
    """
    contra = OPENING if document.kind is DocumentKind.OPENING_BALANCE else REVENUE
    amounts = {RECEIVABLE: document.total, contra: -document.net}
    for line in document.lines:
        account = f"tax:{line.tax_code}"
        amounts[account] = amounts.get(account, ZERO) - line.tax
    return _entries(amounts, document.currency)


def posting_of_payment(payment: Pay | Refund, currency: str) -> tuple[LedgerEntry, ...]:
    """Money comes in by its method and settles the receivable; a refund is the reverse."""
    amount = payment.amount if isinstance(payment, Pay) else -payment.amount
    return _entries({f"money:{payment.method}": amount, RECEIVABLE: -amount}, currency)


def reversed_posting(entries: tuple[LedgerEntry, ...]) -> tuple[LedgerEntry, ...]:
    """The transaction that undoes another, which stays: a void, a payment reversed."""
    return tuple(replace(entry, amount=-entry.amount) for entry in entries)


def _entries(amounts: dict[str, Decimal], currency: str) -> tuple[LedgerEntry, ...]:
    return tuple(
        LedgerEntry(account=account, amount=amount, currency=currency)
        for account, amount in amounts.items()
        if amount
    )
