"""Documents as rows: read back exactly as the engine made them, and finalised."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.documents import Document, DocumentKind, DocumentState, Line, LineKind
from billing.intervals import Interval
from billing.ledger import posting_of_document
from billing.trace import from_trace, to_trace
from database.tables.billing import invoice, invoice_line, number_series
from operations.money.ledger import Posting, post

__all__ = ["document_of", "finalise"]

SERIES = {
    DocumentKind.INVOICE: "INV",
    DocumentKind.CREDIT_NOTE: "CN",
    DocumentKind.OPENING_BALANCE: "OB",
}
NUMBER_DIGITS = 6


def document_of(row: Row[Any], lines: Iterable[Row[Any]]) -> Document:
    """The engine's value of an `invoice` row and its lines."""
    return Document(
        kind=DocumentKind(row.kind),
        state=DocumentState(row.state),
        number=row.number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        currency=row.currency,
        lines=tuple(_line(line) for line in lines),
    )


async def finalise(
    transaction: AsyncConnection,
    tenant_id: int,
    documents: Sequence[tuple[int, Document, dict[str, Any]]],
    *,
    actor: str,
    now: datetime,
) -> list[tuple[int, str]]:
    """Number, write and post documents, given as `(subscriber_id, document, snapshot)`.

    Returns `(invoice_id, number)` in the same order. The numbers are taken with the first write, in
    this transaction, so that a rollback frees them and none is missing; the caller has done its
    loading and deciding before.
    """
    if not documents:
        return []
    numbers = await _numbers(transaction, tenant_id, [each.kind for _, each, _ in documents])
    rows = [
        _invoice_row(tenant_id, subscriber_id, document, number, snapshot, now)
        for (subscriber_id, document, snapshot), number in zip(documents, numbers, strict=True)
    ]
    written = await transaction.execute(
        insert(invoice).returning(invoice.c.invoice_id, invoice.c.number), rows
    )
    ids = {row.number: row.invoice_id for row in written}
    made = [(ids[number], number) for number in numbers]
    await transaction.execute(
        insert(invoice_line),
        [
            _line_row(tenant_id, subscriber_id, invoice_id, position, line)
            for (subscriber_id, document, _), (invoice_id, _) in zip(documents, made, strict=True)
            for position, line in enumerate(document.lines, start=1)
        ],
    )
    await post(
        transaction,
        [
            Posting(
                tenant_id=tenant_id,
                subscriber_id=subscriber_id,
                kind=document.kind,
                source_key=f"invoice:{number}",
                on=document.issued_on,
                entries=posting_of_document(document),
                description=number,
            )
            for (subscriber_id, document, _), (_, number) in zip(documents, made, strict=True)
        ],
        actor=actor,
        now=now,
    )
    return made


async def _numbers(
    transaction: AsyncConnection, tenant_id: int, kinds: Sequence[DocumentKind]
) -> list[str]:
    """Gapless numbers, a block for each series; the row stays locked until the transaction ends."""
    next_numbers: dict[str, int] = {}
    for series in sorted({SERIES[kind] for kind in kinds}):
        count = sum(1 for kind in kinds if SERIES[kind] == series)
        statement = upsert(number_series).values(
            tenant_id=tenant_id, series=series, next_number=count + 1
        )
        statement = statement.on_conflict_do_update(
            index_elements=["tenant_id", "series"],
            set_={"next_number": number_series.c.next_number + count},
        )
        after = await transaction.scalar(statement.returning(number_series.c.next_number))
        next_numbers[series] = int(after or 0) - count
    numbers = []
    for kind in kinds:
        series = SERIES[kind]
        numbers.append(f"{series}-{next_numbers[series]:0{NUMBER_DIGITS}d}")
        next_numbers[series] += 1
    return numbers


def _invoice_row(
    tenant_id: int,
    subscriber_id: int,
    document: Document,
    number: str,
    snapshot: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    period = document.period
    return {
        "tenant_id": tenant_id,
        "subscriber_id": subscriber_id,
        "number": number,
        "kind": document.kind,
        "state": document.state,
        "issued_on": document.issued_on,
        "due_on": document.due_on,
        "period_from": period.start if period else None,
        "period_to": period.end if period else None,
        "net": document.net,
        "tax": document.tax,
        "total": document.total,
        "currency": document.currency,
        "snapshot": snapshot,
        "finalised_at": now,
    }


def _line_row(
    tenant_id: int, subscriber_id: int, invoice_id: int, position: int, line: Line
) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "position": position,
        "tenant_id": tenant_id,
        "subscriber_id": subscriber_id,
        "service_id": int(line.service) if line.service else None,
        "kind": line.kind,
        "description": line.description,
        "period_from": line.period.start if line.period else None,
        "period_to": line.period.end if line.period else None,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "net": line.net,
        "tax_code": line.tax_code,
        "tax_percent": line.tax_percent,
        "tax": line.tax,
        "total": line.net + line.tax,
        "charge_key": line.charge_key,
        "trace": to_trace(line),
    }


def _line(row: Row[Any]) -> Line:
    corrects, basis = from_trace(row.trace)
    return Line(
        kind=LineKind(row.kind),
        service=str(row.service_id) if row.service_id is not None else None,
        description=row.description,
        period=Interval(row.period_from, row.period_to) if row.period_from else None,
        quantity=row.quantity,
        unit_price=row.unit_price,
        net=row.net,
        tax_code=row.tax_code,
        tax_percent=row.tax_percent,
        tax=row.tax,
        charge_key=row.charge_key,
        corrects=corrects,
        basis=basis,
    )
