"""Which money paid which document, as rows: whatever is free pays what is open, oldest first."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.allocation import Credit, Debt, allocate
from billing.documents import Document
from database.tables.billing import payment_allocation
from operations.money.loading import LoadedAccount

__all__ = ["allocate_free_money", "release_allocations"]

FREE = text("""
    SELECT subscriber_id, source, since, amount - allocated AS free, payment_id, credit_invoice_id
      FROM (
        SELECT p.subscriber_id, 'payment:' || p.payment_id AS source, p.paid_on AS since, p.amount,
               p.payment_id, NULL::bigint AS credit_invoice_id,
               (SELECT coalesce(sum(a.amount), 0) FROM payment_allocation a
                 WHERE a.payment_id = p.payment_id AND NOT a.released) AS allocated
          FROM payment p WHERE p.subscriber_id = ANY (:subscriber_ids) AND p.state = 'received'
        UNION ALL
        SELECT i.subscriber_id, 'invoice:' || i.invoice_id, i.issued_on, -i.total,
               NULL, i.invoice_id,
               (SELECT coalesce(sum(a.amount), 0) FROM payment_allocation a
                 WHERE a.subscriber_id = i.subscriber_id
                   AND a.credit_invoice_id = i.invoice_id AND NOT a.released)
          FROM invoice i
         WHERE i.subscriber_id = ANY (:subscriber_ids) AND i.state = 'final' AND i.total < 0
    ) AS sources WHERE amount > allocated ORDER BY since, source
""")
OPEN = text("""
    SELECT i.invoice_id, i.total - (
               SELECT coalesce(sum(a.amount), 0) FROM payment_allocation a
                WHERE a.invoice_id = i.invoice_id AND NOT a.released) AS open
      FROM invoice i
     WHERE i.subscriber_id = :subscriber_id AND i.state = 'final' AND i.total > 0
     ORDER BY i.issued_on, i.invoice_id
""")


async def allocate_free_money(
    transaction: AsyncConnection, tenant_id: int, accounts: Sequence[LoadedAccount], now: datetime
) -> None:
    """Let free payments and credits pay the open documents.

    The subscribers' rows are locked by the caller.
    """
    free: dict[int, list[Row[Any]]] = defaultdict(list)
    who = {"subscriber_ids": [each.subscriber_id for each in accounts]}
    for row in await transaction.execute(FREE, who):
        free[row.subscriber_id].append(row)
    rows: list[dict[str, Any]] = []
    for loaded in accounts:
        if sources := free[loaded.subscriber_id]:
            debts = await _open_debts(transaction, loaded)
            rows += _allocation_rows(sources, debts, loaded, tenant_id, now)
    if rows:
        await transaction.execute(insert(payment_allocation), rows)


async def _open_debts(transaction: AsyncConnection, loaded: LoadedAccount) -> list[Debt]:
    by_id = {key: name for name, key in loaded.document_ids.items()}
    found = await transaction.execute(OPEN, {"subscriber_id": loaded.subscriber_id})
    return [
        Debt(document=_named(loaded, by_id[row.invoice_id]), open=row.open)
        for row in found
        if row.open > 0
    ]


async def release_allocations(transaction: AsyncConnection, subscriber_id: int) -> None:
    """Undo all that stand, where a payment or a document is no more: the rest is allocated anew.

    Only so is the oldest document still the one that is paid, as the debt is judged.
    """
    await transaction.execute(
        update(payment_allocation)
        .where(
            payment_allocation.c.subscriber_id == subscriber_id,
            ~payment_allocation.c.released,
        )
        .values(released=True)
    )


def _allocation_rows(
    free: Sequence[Row[Any]],
    debts: Sequence[Debt],
    loaded: LoadedAccount,
    tenant_id: int,
    now: datetime,
) -> list[dict[str, Any]]:
    sources = {row.source: row for row in free}
    sources_free = [Credit(reference=row.source, on=row.since, amount=row.free) for row in free]
    return [
        {
            "tenant_id": tenant_id,
            "subscriber_id": loaded.subscriber_id,
            "payment_id": sources[each.credit].payment_id,
            "credit_invoice_id": sources[each.credit].credit_invoice_id,
            "invoice_id": loaded.document_ids[each.document],
            "amount": each.amount,
            "allocated_at": now,
        }
        for each in allocate(sources_free, debts)
    ]


def _named(loaded: LoadedAccount, key: str) -> Document:
    return next(each for each in loaded.account.documents if each.key == key)
