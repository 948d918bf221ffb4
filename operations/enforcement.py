"""Stopping and resuming what the daemons do to live sessions and queues by themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.enforcement import enforcement_pause
from database.tables.network import nas
from isp.errors import Refused
from operations import audit, tenants
from operations.nas import named

__all__ = ["Stop", "pause", "resume", "stops"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """One stop in force: a person's `pause`, or the `guard` that halted a NAS.

    `nas` None is every NAS of the provider, `until` None is until it is resumed.
    """

    nas: str | None
    kind: str
    author: str
    reason: str
    paused_at: datetime
    until: datetime | None


async def pause(
    transaction: AsyncConnection,
    *,
    nas_name: str | None = None,
    until: datetime | None = None,
    reason: str = "",
    actor: str,
    now: datetime,
) -> None:
    """Stop blocks, CoA and shaper writes on a NAS, or on all; takes the place of an earlier stop.

    Logins, accounting and reactivation go on, and what a person asks for is done.
    """
    owner = await tenants.current(transaction)
    nas_id = None if nas_name is None else (await named(transaction, nas_name)).nas_id
    await _lift(transaction, nas_id, actor, now)
    await transaction.execute(
        insert(enforcement_pause).values(
            tenant_id=owner.tenant_id,
            nas_id=nas_id,
            kind="pause",
            author=actor,
            reason=reason,
            paused_at=now,
            until=until,
        )
    )
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="enforcement.pause",
        object_kind="enforcement",
        object_name=nas_name or "every NAS",
        after={"until": until},
        reason=reason or None,
        now=now,
    )


async def resume(
    transaction: AsyncConnection, *, nas_name: str | None = None, actor: str, now: datetime
) -> None:
    """Lift the stop of a NAS (a guard's halt too), or the one of all. Raises Refused."""
    owner = await tenants.current(transaction)
    nas_id = None if nas_name is None else (await named(transaction, nas_name)).nas_id
    if not await _lift(transaction, nas_id, actor, now):
        stopped = [stop.nas or "every NAS" for stop in await stops(transaction, now)]
        remedy = f"stopped: {', '.join(stopped)}" if stopped else "nothing is stopped"
        problem = f"{nas_name} is not paused" if nas_name else "enforcement is not paused"
        raise Refused(problem, remedy=remedy)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="enforcement.resume",
        object_kind="enforcement",
        object_name=nas_name or "every NAS",
        now=now,
    )


async def stops(transaction: AsyncConnection, now: datetime) -> tuple[Stop, ...]:
    """What is stopped now, the oldest first."""
    rows = await transaction.execute(
        select(enforcement_pause, nas.c.name.label("nas_name"))
        .outerjoin(nas, nas.c.nas_id == enforcement_pause.c.nas_id)
        .where(
            enforcement_pause.c.resumed_at.is_(None),
            func.coalesce(enforcement_pause.c.until > now, True),
        )
        .order_by(enforcement_pause.c.paused_at)
    )
    return tuple(_stop(row) for row in rows)


async def _lift(transaction: AsyncConnection, nas_id: int | None, actor: str, now: datetime) -> int:
    """Close what stands for that NAS (None: for all), run out or not; how many."""
    lifted = await transaction.execute(
        update(enforcement_pause)
        .where(
            enforcement_pause.c.resumed_at.is_(None),
            enforcement_pause.c.nas_id.is_not_distinct_from(nas_id),
        )
        .values(resumed_at=now, resumed_by=actor)
    )
    return lifted.rowcount


def _stop(row: Any) -> Stop:
    return Stop(
        nas=row.nas_name,
        kind=row.kind,
        author=row.author,
        reason=row.reason,
        paused_at=row.paused_at,
        until=row.until,
    )
