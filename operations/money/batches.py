"""Batches of blocks: what was done, and what waits for a person to agree."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.billing import block_batch, block_batch_service, standing
from isp.errors import Refused
from operations import audit
from operations.tenants import Tenant

__all__ = [
    "Batch",
    "approve",
    "approved",
    "awaiting_batch",
    "batches",
    "decline_waiting",
    "executed",
    "executed_batch",
    "usual_size",
    "waiting",
]

USUAL_OF_BATCHES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Services that were, or are to be, blocked together."""

    block_batch_id: int
    made_at: datetime
    state: str
    reason: str
    services: int
    decided_by: str | None


async def executed_batch(
    transaction: AsyncConnection,
    owner: Tenant,
    services: Sequence[tuple[int, int]],
    *,
    decided_by: str,
    now: datetime,
    more_of: int | None = None,
) -> int:
    """Record what this transaction blocks, `(subscriber_id, service_id)` each, as a batch.

    `more_of` is the batch that these are more services of. Returns the batch.
    """
    if more_of is None:
        more_of = await _open(
            transaction, owner, state="executed", reason="", decided_by=decided_by, now=now
        )
    await _put_in(transaction, owner, more_of, services)
    return more_of


async def awaiting_batch(
    transaction: AsyncConnection,
    owner: Tenant,
    services: Sequence[tuple[int, int]],
    *,
    reason: str,
    now: datetime,
) -> None:
    """Have these services wait for approval.

    A batch that waits with all of them goes on waiting, so that a person agrees to what he has
    looked at; one that lacks some is replaced.
    """
    if {service_id for _, service_id in services} <= await waiting(transaction, owner):
        return
    await decline_waiting(transaction, owner, why="replaced by a newer one", now=now)
    batch = await _open(
        transaction, owner, state="awaiting", reason=reason, decided_by=None, now=now
    )
    await _put_in(transaction, owner, batch, services)


async def waiting(transaction: AsyncConnection, owner: Tenant) -> Set[int]:
    """The services that wait for approval."""
    found = await transaction.scalars(
        select(block_batch_service.c.service_id)
        .join(block_batch, block_batch.c.block_batch_id == block_batch_service.c.block_batch_id)
        .where(block_batch.c.tenant_id == owner.tenant_id, block_batch.c.state == "awaiting")
    )
    return set(found)


async def decline_waiting(
    transaction: AsyncConnection, owner: Tenant, *, why: str, now: datetime
) -> None:
    """Nobody need agree any more to what waits."""
    await transaction.execute(
        update(block_batch)
        .where(block_batch.c.tenant_id == owner.tenant_id, block_batch.c.state == "awaiting")
        .values(state="declined", decided_by=f"billingd: {why}", decided_at=now)
    )


async def approved(transaction: AsyncConnection, owner: Tenant) -> Mapping[int, Set[int]]:
    """The batches that a person agreed to and nobody has executed: their services."""
    found: dict[int, set[int]] = defaultdict(set)
    for batch, service_id in await transaction.execute(
        select(block_batch.c.block_batch_id, block_batch_service.c.service_id)
        .join(
            block_batch_service,
            block_batch_service.c.block_batch_id == block_batch.c.block_batch_id,
        )
        .where(block_batch.c.tenant_id == owner.tenant_id, block_batch.c.state == "approved")
    ):
        found[batch].add(service_id)
    return found


async def executed(transaction: AsyncConnection, batch_ids: Collection[int], now: datetime) -> None:
    """Those batches were approved, and what was still to be done of them is done.

    From `now` on `coa` excuses the Disconnects, however long ago the approval was.
    """
    await transaction.execute(
        update(block_batch)
        .where(block_batch.c.block_batch_id.in_(batch_ids))
        .values(state="executed", decided_at=now)
    )


async def approve(
    transaction: AsyncConnection, owner: Tenant, batch: int, *, actor: str, now: datetime
) -> None:
    """Let billingd execute a waiting batch at the next open hour. Raises Refused."""
    changed = await transaction.execute(
        update(block_batch)
        .where(
            block_batch.c.tenant_id == owner.tenant_id,
            block_batch.c.block_batch_id == batch,
            block_batch.c.state == "awaiting",
        )
        .values(state="approved", decided_by=actor, decided_at=now)
    )
    if changed.rowcount == 0:
        raise Refused(f"no batch {batch} awaits approval", remedy="see `turnpike billing batches`")
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="billing.approve",
        object_kind="block_batch",
        object_name=str(batch),
        now=now,
    )


async def batches(transaction: AsyncConnection, owner: Tenant) -> list[Batch]:
    """The newest batches first."""
    rows = await transaction.execute(
        select(block_batch, func.count(block_batch_service.c.service_id).label("services"))
        .outerjoin(
            block_batch_service,
            block_batch_service.c.block_batch_id == block_batch.c.block_batch_id,
        )
        .where(block_batch.c.tenant_id == owner.tenant_id)
        .group_by(block_batch.c.block_batch_id)
        .order_by(block_batch.c.block_batch_id.desc())
        .limit(50)
    )
    return [
        Batch(
            block_batch_id=row.block_batch_id,
            made_at=row.made_at,
            state=row.state,
            reason=row.reason,
            services=row.services,
            decided_by=row.decided_by,
        )
        for row in rows
    ]


async def usual_size(transaction: AsyncConnection, owner: Tenant) -> Decimal | None:
    """The mean size of the last executed batches; None before the first.

    What was done of an approved batch is a batch of its own, without a reason to wait; that counts.
    """
    sizes = (
        select(func.count(block_batch_service.c.service_id).label("services"))
        .join(block_batch, block_batch.c.block_batch_id == block_batch_service.c.block_batch_id)
        .where(
            block_batch.c.tenant_id == owner.tenant_id,
            block_batch.c.state == "executed",
            block_batch.c.reason == "",
        )
        .group_by(block_batch.c.block_batch_id)
        .order_by(block_batch.c.block_batch_id.desc())
        .limit(USUAL_OF_BATCHES)
        .subquery()
    )
    mean: Decimal | None = await transaction.scalar(select(func.avg(sizes.c.services)))
    return mean


async def _open(
    transaction: AsyncConnection,
    owner: Tenant,
    *,
    state: str,
    reason: str,
    decided_by: str | None,
    now: datetime,
) -> int:
    batch_id = await transaction.scalar(
        insert(block_batch)
        .values(
            tenant_id=owner.tenant_id,
            made_at=now,
            state=state,
            reason=reason,
            decided_by=decided_by,
            decided_at=now if decided_by else None,
        )
        .returning(block_batch.c.block_batch_id)
    )
    return int(batch_id or 0)


async def _put_in(
    transaction: AsyncConnection,
    owner: Tenant,
    batch_id: int,
    services: Sequence[tuple[int, int]],
) -> None:
    owed = {
        row.subscriber_id: row.missing
        for row in await transaction.execute(
            select(standing.c.subscriber_id, standing.c.missing).where(
                standing.c.subscriber_id.in_({subscriber_id for subscriber_id, _ in services})
            )
        )
    }
    await transaction.execute(
        insert(block_batch_service),
        [
            {
                "block_batch_id": batch_id,
                "service_id": service_id,
                "tenant_id": owner.tenant_id,
                "subscriber_id": subscriber_id,
                "owed": owed.get(subscriber_id, Decimal(0)),
                "currency": owner.currency,
            }
            for subscriber_id, service_id in services
        ],
    )
