"""billingd's own rows: the tenants and its jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import FromClause, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.documents import DocumentState
from database.tables.billing import dunning_notice, invoice, standing
from database.tables.outages import notice, outage
from database.tables.running import job
from database.tables.subscribers import subscriber
from database.tables.tenancy import tenant
from isp.outage import NoticeKind, OutageState
from operations import tenants
from operations.money.warnings import WARNING_JOB
from operations.notices import OUTAGE_JOB
from operations.provisioning import PROVISION_JOB
from operations.tenants import Tenant

__all__ = [
    "Job",
    "Recipient",
    "all_tenants",
    "done",
    "failed",
    "is_overtaken",
    "moot",
    "recipient",
    "take",
]

TRIES_MAX = 12
FIRST_RETRY = timedelta(seconds=30)
RETRY_MAX = timedelta(hours=6)
TAKEN_FOR = timedelta(minutes=5)
"""A job whose worker died is taken again after this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A side effect to be done."""

    job_id: int
    tenant_id: int
    kind: str
    key: str
    payload: dict[str, Any]
    tries: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Whom a message goes to."""

    subscriber: str
    name: str | None
    email: str | None
    phone: str | None


async def all_tenants(transaction: AsyncConnection) -> Sequence[Tenant]:
    """Every tenant, by id."""
    ids = (await transaction.scalars(select(tenant.c.tenant_id).order_by(tenant.c.tenant_id))).all()
    return [await tenants.of(transaction, each) for each in ids]


async def take(transaction: AsyncConnection, kinds: Sequence[str], now: datetime) -> Job | None:
    """Take the job that waits longest; the next one to look does not see it for some minutes.

    What is to be done to an ONU is done in the order in which it was decided.
    """
    earlier = job.alias("earlier")
    waits_for_another = exists().where(
        earlier.c.tenant_id == job.c.tenant_id,
        earlier.c.kind == PROVISION_JOB,
        earlier.c.state == "waiting",
        earlier.c.job_id < job.c.job_id,
        _serials(earlier).overlap(_serials(job)),
    )
    chosen = (
        select(job.c.job_id)
        .where(
            job.c.state == "waiting",
            job.c.kind.in_(kinds),
            job.c.next_try_at <= now,
            or_(job.c.kind != PROVISION_JOB, ~waits_for_another),
        )
        .order_by(job.c.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = (
        await transaction.execute(
            update(job)
            .where(job.c.job_id == chosen)
            .values(tries=job.c.tries + 1, next_try_at=now + TAKEN_FOR)
            .returning(job)
        )
    ).one_or_none()
    if row is None:
        return None
    return Job(
        job_id=row.job_id,
        tenant_id=row.tenant_id,
        kind=row.kind,
        key=row.idempotency_key,
        payload=row.payload,
        tries=row.tries,
    )


def _serials(jobs: FromClause) -> array[str]:
    """Of the ONUs that a provisioning job is about."""
    names = ("serial", "old_serial")
    return array([jobs.c.payload[name].astext for name in names])


async def done(transaction: AsyncConnection, taken: Job, now: datetime) -> None:
    """The job is done; a warning that went out is noted as sent."""
    await transaction.execute(
        update(job)
        .where(job.c.job_id == taken.job_id)
        .values(state="done", done_at=now, last_error=None)
    )
    if "invoice_id" in taken.payload:
        await transaction.execute(
            insert(dunning_notice).values(
                tenant_id=taken.tenant_id,
                subscriber_id=taken.payload["subscriber_id"],
                invoice_id=taken.payload["invoice_id"],
                kind="warning",
                sent_at=now,
            )
        )


async def is_overtaken(transaction: AsyncConnection, taken: Job) -> bool:
    """Whether what the job would tell is true no longer: it waited too long for its turn."""
    if taken.kind == WARNING_JOB:
        return await _is_settled(transaction, taken.payload)
    if taken.kind != OUTAGE_JOB or taken.payload["kind"] != NoticeKind.OUTAGE:
        return False
    state = await transaction.scalar(
        select(outage.c.state)
        .join(notice, notice.c.outage_id == outage.c.outage_id)
        .where(notice.c.notice_id == taken.payload["notice_id"])
    )
    return state in (OutageState.RESTORED, OutageState.DISMISSED)


async def _is_settled(transaction: AsyncConnection, debt: Mapping[str, Any]) -> bool:
    """The document is void, or no money is short that one would be blocked for."""
    void = exists().where(
        invoice.c.invoice_id == debt["invoice_id"], invoice.c.state == DocumentState.VOID
    )
    paid = exists().where(
        standing.c.subscriber_id == debt["subscriber_id"],
        or_(standing.c.overdue <= 0, standing.c.missing <= 0),
    )
    return bool(await transaction.scalar(select(or_(void, paid))))


async def moot(transaction: AsyncConnection, taken: Job, now: datetime) -> None:
    """Nobody needs the job any more."""
    await transaction.execute(
        update(job).where(job.c.job_id == taken.job_id).values(state="moot", done_at=now)
    )


async def failed(transaction: AsyncConnection, taken: Job, problem: str, now: datetime) -> bool:
    """Try again later, the pause doubling; after the last try a person must look. False then."""
    again = taken.tries < TRIES_MAX
    pause = min(FIRST_RETRY * 2 ** min(taken.tries, 16), RETRY_MAX)
    await transaction.execute(
        update(job)
        .where(job.c.job_id == taken.job_id)
        .values(
            state="waiting" if again else "manual",
            next_try_at=now + pause,
            last_error=problem[:500],
        )
    )
    return again


async def recipient(transaction: AsyncConnection, subscriber_id: int) -> Recipient:
    """The subscriber's address as it is now."""
    row = (
        await transaction.execute(
            select(subscriber).where(subscriber.c.subscriber_id == subscriber_id)
        )
    ).one()
    return Recipient(subscriber=row.reference, name=row.name, email=row.email, phone=row.phone)
