"""The only writer of `entitlement`: lock, load the facts, decide, write what differs."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, any_, bindparam, delete, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.subscribers import entitlement, entitlement_due, service
from operations.entitlement_facts import entitlement_columns, load_facts
from policy.entitlement import entitlement as decide

__all__ = ["ask", "drain_due", "rewrite", "rewrite_expired"]

SERVICES_PER_QUERY = 1000
"""Bounds what one query locks and loads at a time."""


async def rewrite(
    transaction: AsyncConnection, service_ids: Collection[int], now: datetime
) -> None:
    """Decide those services again, in the transaction of the facts that changed.

    The rows are locked in id order before the facts are read, so that of two facts that change at
    once the later transaction sees both. Needs READ COMMITTED. A decision that came out the same
    is not written; one that differs gets the next version.
    """
    ids = sorted(set(service_ids))
    for at in range(0, len(ids), SERVICES_PER_QUERY):
        await _rewrite_chunk(transaction, ids[at : at + SERVICES_PER_QUERY], now)


async def ask(
    transaction: AsyncConnection, *which: ColumnElement[bool], cause: str, now: datetime
) -> None:
    """Have billingd decide soon all services that `which` (conditions on `service`) selects.

    For a fact of many services, as a plan's revision or a new pool; `cause` says which.
    """
    asked = select(service.c.service_id, service.c.tenant_id, literal(cause), literal(now)).where(
        *which
    )
    columns = ["service_id", "tenant_id", "cause", "asked_at"]
    await transaction.execute(
        insert(entitlement_due).from_select(columns, asked).on_conflict_do_nothing()
    )


async def drain_due(transaction: AsyncConnection, limit: int, now: datetime) -> int:
    """Decide up to `limit` services that were asked for; returns how many."""
    due = (
        select(entitlement_due.c.service_id)
        .order_by(entitlement_due.c.service_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    drained = await transaction.scalars(
        delete(entitlement_due)
        .where(entitlement_due.c.service_id.in_(due))
        .returning(entitlement_due.c.service_id)
    )
    ids = drained.all()
    await rewrite(transaction, ids, now)
    return len(ids)


async def rewrite_expired(transaction: AsyncConnection, now: datetime, limit: int) -> int:
    """Decide up to `limit` services whose decision was valid until `now`; returns how many."""
    expired = await transaction.scalars(
        select(entitlement.c.service_id)
        .where(entitlement.c.valid_until <= now)
        .order_by(entitlement.c.valid_until)
        .limit(limit)
    )
    ids = expired.all()
    await rewrite(transaction, ids, now)
    return len(ids)


async def _rewrite_chunk(transaction: AsyncConnection, ids: list[int], now: datetime) -> None:
    await transaction.execute(_LOCK, {"service_ids": ids})
    changed = []
    for loaded in await load_facts(transaction, ids, now):
        decided = decide(loaded.facts, now)
        columns = entitlement_columns(decided)
        if columns != loaded.decided:
            columns["service_id"] = decided.service_id
            columns["version"] = loaded.version + 1
            columns["decided_at"] = now
            changed.append(columns)
    if changed:
        await transaction.execute(_WRITE, changed)


_LOCK = (
    select(entitlement.c.service_id)
    .where(entitlement.c.service_id == any_(bindparam("service_ids", type_=ARRAY(BIGINT))))
    .order_by(entitlement.c.service_id)
    .with_for_update()
)


def _write() -> Any:
    statement = insert(entitlement)
    written = {
        column.name: statement.excluded[column.name]
        for column in entitlement.c
        if column.name not in ("service_id", "changed_xid")
    }
    return statement.on_conflict_do_update(index_elements=["service_id"], set_=written)


_WRITE = _write()
