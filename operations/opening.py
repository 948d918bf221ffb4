"""Balances carried over from earlier books: one document and one posting for each, once ever."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.documents import Document, DocumentKind, Line, LineKind
from billing.ledger import posting_of_document
from database.tables.billing import (
    invoice,
    invoice_line,
    ledger_entry,
    ledger_transaction,
    number_series,
)
from operations.tenants import Tenant

__all__ = ["post_opening_balances"]

SERIES = "opening_balance"
TAXED_ELSEWHERE = "none"
"""The earlier books have charged the tax of what they carry over."""


async def post_opening_balances(
    transaction: AsyncConnection,
    owner: Tenant,
    balances: Mapping[int, Decimal],
    *,
    on: date,
    actor: str,
    now: datetime,
) -> None:
    """Open each subscriber's account (by its key) with what he owes, or, below zero, has to good.

    A balance that is owed can be paid as any document; one to good is a credit for the next ones.
    """
    owed = {subscriber_id: amount for subscriber_id, amount in balances.items() if amount}
    if not owed:
        return
    numbers = await _numbers(transaction, owner.tenant_id, len(owed))
    documents = [_document(amount, owner.currency, on) for amount in owed.values()]
    invoice_ids = await transaction.scalars(
        insert(invoice).returning(invoice.c.invoice_id, sort_by_parameter_order=True),
        [
            _invoice_row(owner, subscriber_id, document, number, now)
            for subscriber_id, document, number in zip(owed, documents, numbers, strict=True)
        ],
    )
    opened = list(zip(invoice_ids.all(), owed, documents, strict=True))
    await transaction.execute(
        insert(invoice_line),
        [
            _line_row(owner, invoice_id, subscriber_id, document.lines[0])
            for invoice_id, subscriber_id, document in opened
        ],
    )
    transaction_ids = await transaction.scalars(
        insert(ledger_transaction).returning(
            ledger_transaction.c.ledger_transaction_id, sort_by_parameter_order=True
        ),
        [
            {
                "tenant_id": owner.tenant_id,
                "subscriber_id": subscriber_id,
                "kind": SERIES,
                "source_key": f"invoice:{invoice_id}",
                "on_date": on,
                "at": now,
                "description": document.lines[0].description,
                "actor": actor,
            }
            for invoice_id, subscriber_id, document in opened
        ],
    )
    await transaction.execute(
        insert(ledger_entry),
        [
            {
                "ledger_transaction_id": transaction_id,
                "position": position,
                "tenant_id": owner.tenant_id,
                "subscriber_id": subscriber_id,
                "account": entry.account,
                "amount": entry.amount,
                "currency": entry.currency,
            }
            for transaction_id, (_, subscriber_id, document) in zip(
                transaction_ids.all(), opened, strict=True
            )
            for position, entry in enumerate(posting_of_document(document), 1)
        ],
    )


async def _numbers(transaction: AsyncConnection, tenant_id: int, count: int) -> list[str]:
    """The next numbers of the series, without gaps: its row stays locked until the commit."""
    statement = upsert(number_series).values(
        tenant_id=tenant_id, series=SERIES, next_number=count + 1
    )
    following = await transaction.scalar(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "series"],
            set_={"next_number": number_series.c.next_number + count},
        ).returning(number_series.c.next_number)
    )
    return [f"OB-{number:06}" for number in range(following - count, following)]


def _document(amount: Decimal, currency: str, on: date) -> Document:
    line = Line(
        kind=LineKind.OPENING,
        service=None,
        description="Balance carried over",
        period=None,
        unit_price=amount,
        net=amount,
        tax_code=TAXED_ELSEWHERE,
        tax_percent=Decimal(0),
        charge_key=f"opening/{on}",
    )
    return Document(
        kind=DocumentKind.OPENING_BALANCE,
        issued_on=on,
        due_on=on,
        currency=currency,
        lines=(line,),
    )


def _invoice_row(
    owner: Tenant, subscriber_id: int, document: Document, number: str, now: datetime
) -> dict[str, object]:
    return {
        "tenant_id": owner.tenant_id,
        "subscriber_id": subscriber_id,
        "number": number,
        "kind": document.kind.value,
        "issued_on": document.issued_on,
        "due_on": document.due_on,
        "net": document.net,
        "tax": document.tax,
        "total": document.total,
        "currency": document.currency,
        "finalised_at": now,
    }


def _line_row(owner: Tenant, invoice_id: int, subscriber_id: int, line: Line) -> dict[str, object]:
    return {
        "invoice_id": invoice_id,
        "position": 1,
        "tenant_id": owner.tenant_id,
        "subscriber_id": subscriber_id,
        "kind": line.kind.value,
        "description": line.description,
        "unit_price": line.unit_price,
        "net": line.net,
        "tax_code": line.tax_code,
        "tax_percent": line.tax_percent,
        "tax": line.tax,
        "total": line.net + line.tax,
        "charge_key": line.charge_key,
    }
