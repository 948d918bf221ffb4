"""Unattended blocking, one look: who is warned, who is blocked, what waits for a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, assert_never

import holidays as public_holidays
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.blocking import BatchVerdict, BlockVerdict, batch_verdict, block_verdict
from billing.dunning import DunningState
from billing.policy import Policy
from database.tables.billing import (
    block_batch,
    block_batch_service,
    dunning_notice,
    invoice,
    standing,
)
from database.tables.running import job
from database.tables.subscribers import service
from isp.service import ServiceState
from operations.money.batches import awaiting_batch, executed_batch, usual_size
from operations.money.loading import LoadedAccount, load_accounts, lock_subscribers
from operations.money.policies import load_policy
from operations.money.standing import billed_through, block, refresh_standing
from operations.tenants import Tenant

__all__ = ["WARNING_JOB", "LookResult", "look"]

WARNING_JOB = "dunning.warning"
DEBTORS_PER_LOOK = 2000
"""A look is one transaction; more debtors than this are looked at in the next one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LookResult:
    """How many were warned, blocked or ended, and how many blocks await approval."""

    warned: int = 0
    blocked: int = 0
    awaiting: int = 0


async def look(transaction: AsyncConnection, owner: Tenant, now: datetime) -> LookResult:
    """Judge every debtor at `now` and do what the policy allows by itself."""
    policy = await load_policy(transaction, owner)
    if not policy.unattended_blocking:
        return LookResult()
    debtors = await _debtors(transaction, owner)
    await lock_subscribers(transaction, debtors)
    earlier = await billed_through(transaction, owner)
    accounts = await load_accounts(transaction, owner, debtors, billed_through=earlier)
    today = owner.today(now)
    to_warn: list[tuple[LoadedAccount, DunningState]] = []
    to_block: list[tuple[LoadedAccount, DunningState]] = []
    for each in accounts:
        state = await refresh_standing(transaction, owner, each, policy, day=today)
        verdict = block_verdict(
            state,
            policy,
            warned_on=await _warned_on(transaction, owner, each, state),
            now=now,
            zone=owner.zone,
            holidays=holidays_of(owner, today),
        )
        match verdict:
            case BlockVerdict.WARN:
                to_warn.append((each, state))
            case BlockVerdict.BLOCK if set(each.service_ids) - each.blocked:
                to_block.append((each, state))
            case BlockVerdict.BLOCK | BlockVerdict.WAIT | BlockVerdict.NOTHING:
                pass
            case _:
                assert_never(verdict)
    await _warn(transaction, owner, to_warn, now)
    blocked, awaiting = await _block_batch(transaction, owner, policy, to_block, now)
    return LookResult(warned=len(to_warn), blocked=blocked, awaiting=awaiting)


def holidays_of(owner: Tenant, today: date) -> Collection[date]:
    """The public holidays of the tenant's country around today; none where it has no country."""
    if not owner.country:
        return frozenset()
    calendar = public_holidays.country_holidays(owner.country, years=(today.year, today.year + 1))
    return frozenset(calendar.keys())


async def _debtors(transaction: AsyncConnection, owner: Tenant) -> Sequence[int]:
    rows = await transaction.scalars(
        select(standing.c.subscriber_id)
        .where(standing.c.tenant_id == owner.tenant_id, standing.c.balance > 0)
        .order_by(standing.c.subscriber_id)
        .limit(DEBTORS_PER_LOOK)
    )
    return rows.all()


async def _warned_on(
    transaction: AsyncConnection, owner: Tenant, loaded: LoadedAccount, state: DunningState
) -> date | None:
    """When the warning about the debt's oldest document was really sent."""
    if not state.reached and state.next_block_on is None:
        return None
    open_ids = list(loaded.document_ids.values())
    sent: datetime | None = await transaction.scalar(
        select(func.max(dunning_notice.c.sent_at))
        .join(invoice, invoice.c.invoice_id == dunning_notice.c.invoice_id)
        .where(
            dunning_notice.c.invoice_id.in_(open_ids),
            dunning_notice.c.kind == "warning",
            invoice.c.issued_on >= _oldest_open(loaded, state),
        )
    )
    return owner.today(sent) if sent else None


def _oldest_open(loaded: LoadedAccount, state: DunningState) -> date:
    if state.reached:
        return state.reached[-1].because.issued_on
    return min(document.issued_on for document in loaded.account.standing())


async def _warn(
    transaction: AsyncConnection,
    owner: Tenant,
    debtors: Sequence[tuple[LoadedAccount, DunningState]],
    now: datetime,
) -> None:
    """Enqueue one warning for each debt; `dunning_notice` is written when it was sent.

    One that a payment overtook waits again where the payment was reversed: nobody is blocked whose
    warning was not sent.
    """
    rows: list[dict[str, Any]] = []
    for loaded, state in debtors:
        oldest = _oldest_open(loaded, state)
        document = next(d for d in loaded.account.standing() if d.issued_on >= oldest)
        invoice_id = loaded.document_ids[document.key]
        rows.append(
            {
                "tenant_id": owner.tenant_id,
                "kind": WARNING_JOB,
                "idempotency_key": f"{WARNING_JOB}:{invoice_id}",
                "payload": {
                    "subscriber_id": loaded.subscriber_id,
                    "invoice_id": invoice_id,
                    "number": document.number,
                    "missing": str(state.missing or state.overdue),
                    "currency": loaded.account.currency,
                    "block_on": str(state.next_block_on) if state.next_block_on else None,
                },
                "next_try_at": now,
            }
        )
    if not rows:
        return
    made = insert(job)
    again = made.on_conflict_do_update(
        index_elements=["tenant_id", "idempotency_key"],
        set_={
            "payload": made.excluded.payload,
            "next_try_at": now,
            "state": "waiting",
            "tries": 0,
            "done_at": None,
        },
        where=job.c.state == "moot",
    )
    await transaction.execute(again, rows)


async def _block_batch(
    transaction: AsyncConnection,
    owner: Tenant,
    policy: Policy,
    debtors: Sequence[tuple[LoadedAccount, DunningState]],
    now: datetime,
) -> tuple[int, int]:
    """Block what is a usual batch or was approved; record the rest as awaiting."""
    if not debtors:
        return 0, 0
    approved = await _approved(transaction, owner)
    pending = [
        (loaded.subscriber_id, service_id)
        for loaded, _ in debtors
        for service_id in loaded.service_ids
        if service_id not in loaded.blocked and service_id not in approved
    ]
    verdict = batch_verdict(
        len(pending),
        services=await _active_services(transaction, owner),
        usual=await usual_size(transaction, owner),
        schedule=policy.blocking,
    )
    allowed: set[int] = set(approved)
    if verdict is BatchVerdict.EXECUTE:
        allowed |= {service_id for _, service_id in pending}
    elif pending:
        reason = f"{len(pending)} services at once are more than usual"
        await awaiting_batch(transaction, owner, pending, reason=reason, now=now)
    done: list[tuple[int, int]] = []
    for loaded, state in debtors:
        effect = await block(transaction, loaded, state, only=allowed, actor="billingd", now=now)
        done += ((loaded.subscriber_id, each) for each in effect.blocked)
    if done:
        await executed_batch(transaction, owner, done, decided_by="billingd", now=now)
    await transaction.execute(
        update(block_batch)
        .where(block_batch.c.tenant_id == owner.tenant_id, block_batch.c.state == "approved")
        .values(state="executed")
    )
    return len(done), 0 if verdict is BatchVerdict.EXECUTE else len(pending)


async def _approved(transaction: AsyncConnection, owner: Tenant) -> frozenset[int]:
    rows = await transaction.scalars(
        select(block_batch_service.c.service_id)
        .join(block_batch, block_batch.c.block_batch_id == block_batch_service.c.block_batch_id)
        .where(block_batch.c.tenant_id == owner.tenant_id, block_batch.c.state == "approved")
    )
    return frozenset(rows.all())


async def _active_services(transaction: AsyncConnection, owner: Tenant) -> int:
    query = select(func.count()).where(
        service.c.tenant_id == owner.tenant_id, service.c.state == ServiceState.ACTIVE
    )
    return int(await transaction.scalar(query) or 0)
