"""Unattended blocking, one look: who is warned, who is blocked or ended, what waits for a person.

Every debtor is judged first, so that the size of the batch is known; who is to be blocked is judged
once more in the transaction that does it, by the money that has come meanwhile.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import holidays as public_holidays
from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.blocking import (
    BatchVerdict,
    BlockVerdict,
    batch_verdict,
    block_verdict,
    is_open,
    service_standing,
)
from billing.dunning import DunningState, Standing, dunning_state
from billing.policy import Policy
from database.connect import Database
from database.tables.billing import standing
from database.tables.subscribers import service
from isp.service import ServiceState
from operations.money import batches, warnings
from operations.money.loading import LoadedAccount, load_accounts, lock_subscribers
from operations.money.policies import load_policy
from operations.money.standing import Effect, as_of, billed_through, block, refresh_standings
from operations.tenants import Tenant

__all__ = ["LookResult", "look"]

DEBTORS_PER_TRANSACTION = 250
"""Keeps a transaction, and with it the wait of a payment, under a second."""

AUTHOR = "billingd"
JUDGED: Final = ("as_of", "state", "overdue", "missing", "next_block_on", "deactivate_on")
"""What a projection says that follows from the day, the policy and the holds."""

Todo = tuple[int, int]
"""`(subscriber_id, service_id)` of a service to be blocked or ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LookResult:
    """How many were warned, blocked or ended, and how many blocks await approval."""

    warned: int = 0
    blocked: int = 0
    ended: int = 0
    awaiting: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judged:
    """A debtor as he stands at this look; `todo` says what is to be done to which services."""

    loaded: LoadedAccount
    state: DunningState
    verdict: BlockVerdict
    todo: Mapping[int, Standing]


async def look(database: Database, owner: Tenant, now: datetime) -> LookResult:
    """Judge every debtor at `now` and do what the policy allows by itself."""
    async with database.transaction(owner.tenant_id) as transaction:
        policy = await load_policy(transaction, owner)
    if not policy.unattended_blocking:
        return LookResult()
    warned = 0
    todo: list[Todo] = []
    async for ids in _debtors(database, owner, policy, now):
        async with database.transaction(owner.tenant_id) as transaction:
            judged = await _judge(transaction, owner, ids, now)
            to_warn = [
                (each.loaded, each.state) for each in judged if each.verdict is BlockVerdict.WARN
            ]
            await warnings.warn(transaction, owner, to_warn, now)
        warned += len(to_warn)
        todo += ((each.loaded.subscriber_id, one) for each in judged for one in each.todo)
    async with database.transaction(owner.tenant_id) as transaction:
        approved = await batches.approved(transaction, owner)
        agreed = {service_id for services in approved.values() for service_id in services}
        asking = [each for each in todo if each[1] not in agreed]
        waits = await _must_wait(transaction, owner, asking, now)
        awaiting = await batches.waiting(transaction, owner)
    allowed = [each for each in todo if not waits or each[1] in agreed]
    blocked, ended = await _do(database, owner, allowed, now)
    if approved:
        async with database.transaction(owner.tenant_id) as transaction:
            if _may_block(owner, await load_policy(transaction, owner), now):
                await batches.executed(transaction, approved, now)
    return LookResult(warned=warned, blocked=blocked, ended=ended, awaiting=len(awaiting))


async def _debtors(
    database: Database, owner: Tenant, policy: Policy, now: datetime
) -> AsyncIterator[Sequence[int]]:
    """Those with a service whose debt is past due, or was when it was judged last, in chunks."""
    due_before_today = owner.today(now) + timedelta(days=max(1, policy.blocking_days) - 1)
    has_service = exists().where(
        service.c.subscriber_id == standing.c.subscriber_id,
        service.c.state == ServiceState.ACTIVE,
    )
    after = 0
    while True:
        async with database.transaction(owner.tenant_id) as transaction:
            found = await transaction.scalars(
                select(standing.c.subscriber_id)
                .where(
                    standing.c.tenant_id == owner.tenant_id,
                    standing.c.subscriber_id > after,
                    or_(
                        standing.c.overdue > 0,
                        standing.c.state.in_((Standing.BLOCKED, Standing.DEACTIVATED)),
                        standing.c.next_block_on <= due_before_today,
                    ),
                    has_service,
                )
                .order_by(standing.c.subscriber_id)
                .limit(DEBTORS_PER_TRANSACTION)
            )
            ids = found.all()
        if not ids:
            return
        yield ids
        after = ids[-1]


async def _judge(
    transaction: AsyncConnection,
    owner: Tenant,
    ids: Sequence[int],
    now: datetime,
) -> list[_Judged]:
    """Judge these debtors by today, whatever day a run by hand has gone ahead to.

    By the policy that is in force now; nobody, where it has been changed to block nobody.
    """
    await lock_subscribers(transaction, ids)
    policy = await load_policy(transaction, owner)
    if not policy.unattended_blocking:
        return []
    earlier = await billed_through(transaction, owner)
    accounts = await load_accounts(transaction, owner, ids, billed_through=earlier)
    sent_at = await warnings.sent(transaction, accounts)
    await _keep_current(transaction, owner, policy, accounts, await as_of(transaction, owner, now))
    today = owner.today(now)
    holidays = holidays_of(owner, today)
    judged = []
    for each in accounts:
        state = dunning_state(each.account, policy, today)
        verdict = block_verdict(
            state,
            policy,
            warned_on=warnings.warned_on(owner, each, state, sent_at),
            now=now,
            zone=owner.zone,
            holidays=holidays,
        )
        todo = _todo(each, state, policy) if verdict is BlockVerdict.BLOCK else {}
        judged.append(_Judged(loaded=each, state=state, verdict=verdict, todo=todo))
    return judged


async def _keep_current(
    transaction: AsyncConnection,
    owner: Tenant,
    policy: Policy,
    accounts: Sequence[LoadedAccount],
    day: date,
) -> None:
    """Write the projections anew that are of an earlier day, of another policy or other holds.

    One that a run under way has written for a later day is left alone.
    """
    ids = [each.subscriber_id for each in accounts]
    rows = await transaction.execute(
        select(standing).where(standing.c.subscriber_id.in_(ids), standing.c.as_of <= day)
    )
    written = {row.subscriber_id: row for row in rows}
    due = [
        each
        for each in accounts
        if (row := written.get(each.subscriber_id))
        and _is_stale(row, dunning_state(each.account, policy, day))
    ]
    await refresh_standings(transaction, owner, due, policy, day=day)


def _is_stale(row: Row[Any], state: DunningState) -> bool:
    return any(getattr(row, name) != getattr(state, name) for name in JUDGED)


def _todo(loaded: LoadedAccount, state: DunningState, policy: Policy) -> dict[int, Standing]:
    """The services to be blocked and those to be ended; not those that are blocked and stay so."""
    wanted = {
        service_id: service_standing(state, policy, loaded.held_on.get(service_id))
        for service_id in loaded.service_ids
    }
    return {
        service_id: asked
        for service_id, asked in wanted.items()
        if asked is Standing.DEACTIVATED or service_id not in loaded.blocked
    }


def holidays_of(owner: Tenant, today: date) -> Collection[date]:
    """The public holidays of the tenant's country around today; none where it has no country."""
    if not owner.country:
        return frozenset()
    calendar = public_holidays.country_holidays(owner.country, years=(today.year, today.year + 1))
    return frozenset(calendar.keys())


def _may_block(owner: Tenant, policy: Policy, now: datetime) -> bool:
    holidays = holidays_of(owner, owner.today(now))
    inside = is_open(policy.blocking, now=now, zone=owner.zone, holidays=holidays)
    return policy.unattended_blocking and inside


async def _must_wait(
    transaction: AsyncConnection, owner: Tenant, asking: Sequence[Todo], now: datetime
) -> bool:
    """Whether these, which nobody agreed to, are more than usual; a person is then asked.

    Out of hours nothing is asked for, and what waits goes on waiting. It does so as well when
    there is less of it: what was unusual once is not made usual by the first to pay.
    """
    policy = await load_policy(transaction, owner)
    if not _may_block(owner, policy, now):
        return True
    waiting = await batches.waiting(transaction, owner)
    already = sum(service_id in waiting for _, service_id in asking)
    verdict = batch_verdict(
        len(asking),
        services=await _active_services(transaction, owner),
        usual=await batches.usual_size(transaction, owner),
        schedule=policy.blocking,
    )
    if verdict is BatchVerdict.EXECUTE and not already:
        why = "nobody of it is to be blocked any more"
        await batches.decline_waiting(transaction, owner, why=why, now=now)
        return False
    reason = f"{len(asking)} services at once are more than usual"
    if verdict is BatchVerdict.EXECUTE:
        reason = f"{len(asking)} services, of which {already} already awaited approval"
    await batches.awaiting_batch(transaction, owner, asking, reason=reason, now=now)
    return True


async def _do(
    database: Database, owner: Tenant, allowed: Sequence[Todo], now: datetime
) -> tuple[int, int]:
    """Block and end what still is to be; how many of each."""
    only = {service_id for _, service_id in allowed}
    ids = sorted({subscriber_id for subscriber_id, _ in allowed})
    blocked, ended, batch = 0, 0, None
    for at in range(0, len(ids), DEBTORS_PER_TRANSACTION):
        chunk = ids[at : at + DEBTORS_PER_TRANSACTION]
        async with database.transaction(owner.tenant_id) as transaction:
            done: list[Todo] = []
            for each in await _judge(transaction, owner, chunk, now):
                for effect in await _do_one(transaction, each, only, now):
                    blocked += len(effect.blocked)
                    ended += len(effect.terminated)
                    done += (
                        (effect.subscriber_id, one) for one in effect.blocked + effect.terminated
                    )
            if done:
                batch = await batches.executed_batch(
                    transaction, owner, done, decided_by=AUTHOR, now=now, more_of=batch
                )
                await _tell_anew(transaction, owner, {one for one, _ in done}, now)
    return blocked, ended


async def _do_one(
    transaction: AsyncConnection, judged: _Judged, only: Collection[int], now: datetime
) -> list[Effect]:
    """Do to each service of a debtor what is to be done to that one."""
    effects = []
    for asked in (Standing.BLOCKED, Standing.DEACTIVATED):
        services = [one for one, each in judged.todo.items() if each is asked and one in only]
        if services:
            state = replace(judged.state, standing=asked)
            effects.append(
                await block(transaction, judged.loaded, state, only=services, actor=AUTHOR, now=now)
            )
    return effects


async def _tell_anew(
    transaction: AsyncConnection, owner: Tenant, subscriber_ids: Collection[int], now: datetime
) -> None:
    """Have the projections say what the holds that were just placed make of the debts."""
    policy = await load_policy(transaction, owner)
    earlier = await billed_through(transaction, owner)
    accounts = await load_accounts(transaction, owner, subscriber_ids, billed_through=earlier)
    await _keep_current(transaction, owner, policy, accounts, await as_of(transaction, owner, now))


async def _active_services(transaction: AsyncConnection, owner: Tenant) -> int:
    query = select(func.count()).where(
        service.c.tenant_id == owner.tenant_id, service.c.state == ServiceState.ACTIVE
    )
    return int(await transaction.scalar(query) or 0)
