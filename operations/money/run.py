"""A billing run: every account through a date, in chunks that are each one transaction.

It is resumable and may be repeated: what exists is not made again, and a chunk that did not commit
never was. The run's date is only moved when every chunk is done.

Numbers follow dates: the documents of all but the last day are made first, day by day. Then each
account is billed through the run's date and judged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.documents import Document
from billing.dunning import DunningState, Standing
from billing.invoicing import bill
from billing.policy import Policy
from database.connect import Database
from database.tables.billing import billing_progress, billing_run
from database.tables.subscribers import subscriber
from database.tables.tenancy import issuer
from isp.errors import Refused
from operations import audit
from operations.money.allocating import allocate_free_money
from operations.money.batches import executed_batch
from operations.money.documents import finalise
from operations.money.foreseen import chunks, days_before_the_last, next_ids
from operations.money.loading import LoadedAccount, load_accounts, lock_subscribers
from operations.money.policies import load_policy
from operations.money.standing import (
    Effect,
    billed_through,
    block,
    judged_on,
    let_back_in,
    refresh_standings,
)
from operations.tenants import Tenant

__all__ = ["RunResult", "refuse_far_ahead", "run"]

AHEAD_DAYS_MAX = 400
"""A run further ahead than a year and a month is a slip of the pen."""

CATCH_UP_DAYS_MAX = 100
"""Nobody is billed for more at once without a person: a clock may be wrong by years at a start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """What a run made and did."""

    through: date
    documents: int = 0
    total: Decimal = Decimal(0)
    blocked: int = 0
    returned: int = 0
    terminated: int = 0

    def plus(self, other: "RunResult") -> "RunResult":
        """Both together."""
        return RunResult(
            through=self.through,
            documents=self.documents + other.documents,
            total=self.total + other.total,
            blocked=self.blocked + other.blocked,
            returned=self.returned + other.returned,
            terminated=self.terminated + other.terminated,
        )


async def run(
    database: Database,
    owner: Tenant,
    *,
    through: date,
    actor: str,
    now: datetime,
    by_hand: bool,
    progress: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Bill every account through that date.

    `by_hand` also blocks and ends services at once, being its own approval; otherwise only those
    who have paid are let back in, and blocking is `operations.money.blocking`'s. `progress` is
    told how much of how much is done: each subscriber is looked at, and then billed.
    """
    refuse_far_ahead(owner, through, now)
    async with database.transaction(owner.tenant_id) as transaction:
        if not by_hand:
            _refuse_long_catch_up(through, await billed_through(transaction, owner))
        total = await _count(transaction, owner)
        run_id = await transaction.scalar(
            insert(billing_run)
            .values(tenant_id=owner.tenant_id, through=through, author=actor, started_at=now)
            .returning(billing_run.c.billing_run_id)
        )
    result, after, done = RunResult(through=through), 0, 0

    def more(subscribers: int) -> None:
        nonlocal done
        done += subscribers
        if progress:
            progress(done, 2 * total)

    for day, whose in await days_before_the_last(database, owner, through, progress=more):
        for ids in chunks(whose):
            async with database.transaction(owner.tenant_id) as transaction:
                made = await _issue(transaction, owner, ids, day, actor, now)
            result = result.plus(made.result)
    while True:
        async with database.transaction(owner.tenant_id) as transaction:
            ids = await next_ids(transaction, owner, after)
            if not ids:
                break
            chunk = await _run_chunk(transaction, owner, ids, through, actor, now, by_hand)
        result, after = result.plus(chunk), ids[-1]
        more(len(ids))
    async with database.transaction(owner.tenant_id) as transaction:
        await _finish(transaction, owner, result, run_id, actor, now)
    return result


def refuse_far_ahead(owner: Tenant, through: date, now: datetime) -> None:
    """Documents of years to come are nobody's intention."""
    if through > owner.today(now) + timedelta(days=AHEAD_DAYS_MAX):
        raise Refused(
            f"{through} is more than {AHEAD_DAYS_MAX} days ahead", remedy="give an earlier date"
        )


def _refuse_long_catch_up(through: date, earlier: date | None) -> None:
    days = (through - earlier).days if earlier else 0
    if days > CATCH_UP_DAYS_MAX:
        raise Refused(
            f"{earlier} was the last day billed, {days} days before {through}",
            remedy="look at the clock, then at `billing run --preview`, and run it by hand",
        )


async def _run_chunk(
    transaction: AsyncConnection,
    owner: Tenant,
    ids: Sequence[int],
    through: date,
    actor: str,
    now: datetime,
    by_hand: bool,
) -> RunResult:
    issued = await _issue(transaction, owner, ids, through, actor, now)
    day = await judged_on(transaction, owner, through, now)
    billed = [each for each in issued.accounts if each.account.documents]
    await allocate_free_money(transaction, owner.tenant_id, billed, now)
    states = await refresh_standings(transaction, owner, billed, issued.policy, day=day)
    effects = [
        await _act(transaction, each, state, actor, now, by_hand)
        for each, state in zip(billed, states, strict=True)
    ]
    blocked = [
        (effect.subscriber_id, service_id) for effect in effects for service_id in effect.blocked
    ]
    if blocked:
        await executed_batch(transaction, owner, blocked, decided_by=actor, now=now)
    return replace(
        issued.result,
        blocked=len(blocked),
        returned=sum(len(effect.returned) for effect in effects),
        terminated=sum(len(effect.terminated) for effect in effects),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Issued:
    """Accounts with the documents that were made for them."""

    policy: Policy
    accounts: Sequence[LoadedAccount]
    result: RunResult


async def _issue(
    transaction: AsyncConnection,
    owner: Tenant,
    ids: Sequence[int],
    through: date,
    actor: str,
    now: datetime,
) -> _Issued:
    """Lock those accounts and make the documents that are due through that day."""
    policy = await load_policy(transaction, owner)
    await lock_subscribers(transaction, ids)
    earlier = await billed_through(transaction, owner)
    accounts = await load_accounts(transaction, owner, ids, billed_through=earlier)
    made = {each.subscriber_id: bill(each.account, through, policy) for each in accounts}
    accounts = await _finalised(transaction, owner, accounts, made, actor, now)
    documents = [document for several in made.values() for document in several]
    total = sum((document.total for document in documents), Decimal(0))
    result = RunResult(through=through, documents=len(documents), total=total)
    return _Issued(policy=policy, accounts=accounts, result=result)


async def _finalised(
    transaction: AsyncConnection,
    owner: Tenant,
    accounts: Sequence[LoadedAccount],
    made: dict[int, tuple[Document, ...]],
    actor: str,
    now: datetime,
) -> list[LoadedAccount]:
    """Finalise what was made, in id order, and give the accounts with it."""
    snapshots = await _snapshots(transaction, owner, [key for key, some in made.items() if some])
    flat = [
        (each.subscriber_id, document, snapshots[each.subscriber_id])
        for each in accounts
        for document in made[each.subscriber_id]
    ]
    numbers = iter(await finalise(transaction, owner.tenant_id, flat, actor=actor, now=now))
    return [
        each.with_documents(
            made[each.subscriber_id], [next(numbers) for _ in made[each.subscriber_id]]
        )
        for each in accounts
    ]


async def _act(
    transaction: AsyncConnection,
    loaded: LoadedAccount,
    state: DunningState,
    actor: str,
    now: datetime,
    by_hand: bool,
) -> Effect:
    if state.standing is Standing.GOOD:
        return await let_back_in(transaction, loaded, state, actor=actor, now=now)
    if by_hand:
        return await block(transaction, loaded, state, actor=actor, now=now)
    return Effect(subscriber_id=loaded.subscriber_id)


async def _snapshots(
    transaction: AsyncConnection, owner: Tenant, ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """Supplier and customer as they stand now, for the documents that are finalised now."""
    if not ids:
        return {}
    rows = await transaction.execute(
        select(subscriber, issuer.c.name.label("issuer"), issuer.c.address, issuer.c.tax_identifier)
        .outerjoin(issuer, issuer.c.issuer_id == subscriber.c.issuer_id)
        .where(subscriber.c.subscriber_id.in_(ids))
    )
    return {
        row.subscriber_id: {
            "supplier": {
                "name": row.issuer or owner.name,
                "address": row.address,
                "tax_identifier": row.tax_identifier,
            },
            "customer": {
                "subscriber": row.reference,
                "name": row.name,
                "email": row.email,
                "phone": row.phone,
            },
        }
        for row in rows
    }


async def _count(transaction: AsyncConnection, owner: Tenant) -> int:
    query = select(func.count()).where(
        subscriber.c.tenant_id == owner.tenant_id, subscriber.c.billing
    )
    return int(await transaction.scalar(query) or 0)


async def _finish(
    transaction: AsyncConnection,
    owner: Tenant,
    result: RunResult,
    run_id: int | None,
    actor: str,
    now: datetime,
) -> None:
    statement = upsert(billing_progress).values(
        tenant_id=owner.tenant_id, billed_through=result.through
    )
    await transaction.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id"],
            set_={
                "billed_through": func.greatest(
                    billing_progress.c.billed_through, statement.excluded.billed_through
                )
            },
        )
    )
    counts = {
        "documents": result.documents,
        "total": str(result.total),
        "blocked": result.blocked,
        "returned": result.returned,
        "terminated": result.terminated,
    }
    await transaction.execute(
        update(billing_run)
        .where(billing_run.c.billing_run_id == run_id)
        .values(finished_at=now, counts=counts)
    )
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="billing.run",
        object_kind="billing_run",
        object_name=str(result.through),
        after=counts,
        now=now,
    )
