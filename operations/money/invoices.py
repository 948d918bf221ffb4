"""Documents as people ask for them: listed, shown, made void."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.corrections import voided
from billing.documents import DocumentState
from billing.events import Void
from billing.ledger import posting_of_document, reversed_posting
from database.tables.billing import invoice, invoice_line, payment_allocation
from database.tables.subscribers import subscriber
from isp.errors import Refused
from operations import audit, service_record
from operations.money.allocating import release_allocations
from operations.money.ledger import Posting, post
from operations.money.loading import load_accounts, lock_subscribers
from operations.money.payments import settle
from operations.money.standing import billed_through
from operations.tenants import Tenant

__all__ = ["Invoice", "InvoiceLine", "invoice_with_lines", "invoices", "void"]


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceLine:
    """One line as printed."""

    position: int
    kind: str
    description: str
    period_from: date | None
    period_to: date | None
    quantity: Decimal
    unit_price: Decimal
    net: Decimal
    tax_percent: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice:
    """A document; `open` is what is still to be paid of it."""

    subscriber: str
    number: str
    kind: str
    state: str
    issued_on: date
    due_on: date
    period_from: date | None
    period_to: date | None
    net: Decimal
    tax: Decimal
    total: Decimal
    open: Decimal
    currency: str
    lines: tuple[InvoiceLine, ...] = ()


async def invoices(
    transaction: AsyncConnection, *, login: str | None = None, limit: int = 200
) -> list[Invoice]:
    """Documents, the newest first, of one subscriber or of all."""
    query = _query().order_by(invoice.c.issued_on.desc(), invoice.c.invoice_id.desc()).limit(limit)
    if login is not None:
        found = await service_record.by_login(transaction, login)
        query = query.where(invoice.c.subscriber_id == found.subscriber_id)
    return [_invoice(row, ()) for row in await transaction.execute(query)]


async def invoice_with_lines(transaction: AsyncConnection, number: str) -> Invoice:
    """One document with its lines. Raises Refused."""
    row = await _row(transaction, number)
    lines = await transaction.execute(
        select(invoice_line)
        .where(invoice_line.c.invoice_id == row.invoice_id)
        .order_by(invoice_line.c.position)
    )
    return _invoice(row, lines.all())


async def void(
    transaction: AsyncConnection,
    owner: Tenant,
    *,
    number: str,
    reason: str,
    actor: str,
    now: datetime,
) -> Invoice:
    """Make a document void: it keeps its number, its money is reversed, its days are free again.

    One that another has corrected is not: that one first. Raises Refused.
    """
    row = await _row(transaction, number)
    await lock_subscribers(transaction, [row.subscriber_id])
    earlier = await billed_through(transaction, owner)
    [loaded] = await load_accounts(transaction, owner, [row.subscriber_id], billed_through=earlier)
    today = owner.today(now)
    document = voided(loaded.account, Void(on=today, reference=number, number=number))
    await transaction.execute(
        update(invoice)
        .where(invoice.c.invoice_id == row.invoice_id)
        .values(state=DocumentState.VOID)
    )
    posting = Posting(
        tenant_id=owner.tenant_id,
        subscriber_id=row.subscriber_id,
        kind="void",
        source_key=f"invoice:{number}:void",
        on=today,
        entries=reversed_posting(posting_of_document(document)),
        description=reason,
    )
    await post(transaction, [posting], actor=actor, now=now)
    await release_allocations(transaction, row.subscriber_id)
    await settle(transaction, owner, row.subscriber_id, actor=actor, now=now)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="invoice.void",
        object_kind="invoice",
        object_name=number,
        reason=reason,
        now=now,
    )
    return await invoice_with_lines(transaction, number)


async def _row(transaction: AsyncConnection, number: str) -> Row[Any]:
    found = await transaction.execute(_query().where(invoice.c.number == number))
    row: Row[Any] | None = found.one_or_none()
    if row is None:
        raise Refused(f"there is no document {number}", remedy="see `turnpike invoice list`")
    return row


def _query() -> Select[Any]:
    paid = (
        select(func.coalesce(func.sum(payment_allocation.c.amount), 0))
        .where(
            payment_allocation.c.invoice_id == invoice.c.invoice_id,
            ~payment_allocation.c.released,
        )
        .scalar_subquery()
    )
    return select(invoice, subscriber.c.reference, paid.label("paid")).join(
        subscriber, subscriber.c.subscriber_id == invoice.c.subscriber_id
    )


def _invoice(row: Row[Any], lines: Sequence[Row[Any]]) -> Invoice:
    asks = row.state == "final" and row.total > 0
    return Invoice(
        subscriber=row.reference,
        number=row.number,
        kind=row.kind,
        state=row.state,
        issued_on=row.issued_on,
        due_on=row.due_on,
        period_from=row.period_from,
        period_to=row.period_to,
        net=row.net,
        tax=row.tax,
        total=row.total,
        open=row.total - row.paid if asks else Decimal(0),
        currency=row.currency,
        lines=tuple(
            InvoiceLine(
                position=line.position,
                kind=line.kind,
                description=line.description,
                period_from=line.period_from,
                period_to=line.period_to,
                quantity=line.quantity,
                unit_price=line.unit_price,
                net=line.net,
                tax_percent=line.tax_percent,
                tax=line.tax,
                total=line.total,
            )
            for line in lines
        ),
    )
