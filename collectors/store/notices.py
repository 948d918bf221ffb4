"""The messages about outages that a person agreed to: sent as jobs, or dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.notices import Notice
from database.tables.outages import notice, outage, outage_subscriber
from database.tables.running import job
from database.tables.tenancy import tenant
from isp.outage import NoticeKind, NoticeState, OutageState
from operations.notices import OUTAGE_JOB

__all__ = ["Approved", "approved", "drop", "send"]

APPROVED_MAX = 100
"""Notices of one provider that are looked at in one turn; more than this wait for the next one.
What waits for the end of its quiet hours is no other provider's affair."""

ON_ITS_WAY_MAX: Final = timedelta(minutes=6)
"""billingd begins no first message once the outage is over, and one that it began before is done,
or taken anew and moot, within five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A notice that a person agreed to, with what its message needs."""

    notice_id: int
    tenant_id: int
    zone: str
    outage_id: int
    notice: Notice
    text: str | None
    started_at: datetime
    estimate: datetime | None
    restored_at: datetime | None


async def approved(transaction: AsyncConnection, now: datetime) -> tuple[Approved, ...]:
    """The notices to be sent, the oldest first; those that another process works on left out."""
    first = notice.alias("first")
    being_told = exists().where(
        notice.c.kind == NoticeKind.RESTORED,
        notice.c.made_at > now - ON_ITS_WAY_MAX,
        first.c.outage_id == notice.c.outage_id,
        first.c.kind == NoticeKind.OUTAGE,
        job.c.kind == OUTAGE_JOB,
        job.c.state == "waiting",
        job.c.payload["notice_id"].as_integer() == first.c.notice_id,
    )
    rows = await transaction.execute(
        select(
            notice,
            tenant.c.zone,
            outage.c.state.label("outage_state"),
            outage.c.started_at,
            outage.c.estimate,
            outage.c.restored_at,
            being_told.label("being_told"),
        )
        .join(outage, outage.c.outage_id == notice.c.outage_id)
        .join(tenant, tenant.c.tenant_id == notice.c.tenant_id)
        .where(notice.c.state == NoticeState.APPROVED, notice.c.notice_id.in_(_oldest()))
        .order_by(notice.c.notice_id)
        .with_for_update(of=notice, skip_locked=True)
    )
    return tuple(
        Approved(
            notice_id=row.notice_id,
            tenant_id=row.tenant_id,
            zone=row.zone,
            outage_id=row.outage_id,
            notice=Notice(
                kind=NoticeKind(row.kind),
                outage=OutageState(row.outage_state),
                being_told=row.being_told,
            ),
            text=row.text,
            started_at=row.started_at,
            estimate=row.estimate,
            restored_at=row.restored_at,
        )
        for row in rows
    )


def _oldest() -> Select[Any]:
    """Of each provider's approved notices the oldest."""
    place = func.row_number().over(partition_by=notice.c.tenant_id, order_by=notice.c.notice_id)
    waiting = (
        select(notice.c.notice_id, place.label("place"))
        .where(notice.c.state == NoticeState.APPROVED)
        .subquery()
    )
    return select(waiting.c.notice_id).where(waiting.c.place <= APPROVED_MAX)


async def send(transaction: AsyncConnection, each: Approved, now: datetime) -> int:
    """A job for each subscriber whom it concerns; how many. Nobody is told the same twice.

    A message that concerns nobody is dropped.
    """
    who = await _subscribers(transaction, each)
    if not who:
        await drop(transaction, each.notice_id)
        return 0
    rows = [
        {
            "tenant_id": each.tenant_id,
            "kind": OUTAGE_JOB,
            "idempotency_key": f"{OUTAGE_JOB}:{each.notice_id}:{subscriber_id}",
            "payload": {
                "subscriber_id": subscriber_id,
                "notice_id": each.notice_id,
                "kind": each.notice.kind,
                "text": each.text,
                "zone": each.zone,
                "started_at": each.started_at.isoformat(),
                "estimate": each.estimate and each.estimate.isoformat(),
                "restored_at": each.restored_at and each.restored_at.isoformat(),
            },
            "next_try_at": now,
        }
        for subscriber_id in who
    ]
    await transaction.execute(insert(job).on_conflict_do_nothing(), rows)
    await transaction.execute(
        update(notice)
        .where(notice.c.notice_id == each.notice_id)
        .values(state=NoticeState.SENT, sent_at=now, recipients=len(rows))
    )
    return len(rows)


async def drop(transaction: AsyncConnection, notice_id: int) -> None:
    """It has become moot."""
    await transaction.execute(
        update(notice).where(notice.c.notice_id == notice_id).values(state=NoticeState.DROPPED)
    )


async def _subscribers(transaction: AsyncConnection, each: Approved) -> Sequence[int]:
    """Those whom the outage met; of its end only those who were told that it began."""
    met = outage_subscriber.c
    query = select(met.subscriber_id).where(met.outage_id == each.outage_id, met.subscriber_id > 0)
    if each.notice.kind is NoticeKind.RESTORED:
        first = notice.alias("first").c
        query = query.where(
            exists().where(
                first.outage_id == each.outage_id,
                first.kind == NoticeKind.OUTAGE,
                job.c.tenant_id == each.tenant_id,
                job.c.idempotency_key
                == func.concat(f"{OUTAGE_JOB}:", first.notice_id, ":", met.subscriber_id),
                job.c.state == "done",
            )
        )
    return (await transaction.scalars(query.distinct().order_by(met.subscriber_id))).all()
