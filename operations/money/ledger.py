"""The ledger: transactions that sum to zero, each moved once by its source key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.ledger import LedgerEntry
from database.tables.billing import ledger_entry, ledger_transaction

__all__ = ["Posting", "post"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """What moved; `source_key` (`invoice:INV-000007`) is unique, so it moves once."""

    tenant_id: int
    subscriber_id: int
    kind: str
    source_key: str
    on: date
    entries: tuple[LedgerEntry, ...]
    description: str = ""


async def post(
    transaction: AsyncConnection, postings: Sequence[Posting], *, actor: str, now: datetime
) -> None:
    """Write postings; a source key that was posted before is an integrity error."""
    if not postings:
        return
    written = await transaction.execute(
        insert(ledger_transaction).returning(
            ledger_transaction.c.ledger_transaction_id, ledger_transaction.c.source_key
        ),
        [
            {
                "tenant_id": each.tenant_id,
                "subscriber_id": each.subscriber_id,
                "kind": each.kind,
                "source_key": each.source_key,
                "on_date": each.on,
                "at": now,
                "description": each.description,
                "actor": actor,
            }
            for each in postings
        ],
    )
    ids = {row.source_key: row.ledger_transaction_id for row in written}
    entries = [
        {
            "ledger_transaction_id": ids[each.source_key],
            "position": position,
            "tenant_id": each.tenant_id,
            "subscriber_id": each.subscriber_id,
            "account": entry.account,
            "amount": entry.amount,
            "currency": entry.currency,
        }
        for each in postings
        for position, entry in enumerate(each.entries, start=1)
    ]
    if entries:
        await transaction.execute(insert(ledger_entry), entries)
