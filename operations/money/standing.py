"""Where each debt stands, and what that does to the services: blocked, let back in, ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, assert_never

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.allocation import position
from billing.dunning import DunningState, Standing, dunning_state
from billing.policy import Policy
from database.tables.billing import billing_progress, standing
from isp.service import HoldKind, ServiceState
from operations import service_record, services
from operations.money.loading import LoadedAccount
from operations.tenants import Tenant

__all__ = [
    "Effect",
    "as_of",
    "billed_through",
    "block",
    "judged_on",
    "let_back_in",
    "refresh_standings",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What was done to the services of one subscriber."""

    subscriber_id: int
    blocked: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    terminated: tuple[int, ...] = ()


async def billed_through(transaction: AsyncConnection, owner: Tenant) -> date | None:
    """The last day that a run billed."""
    day: date | None = await transaction.scalar(
        select(billing_progress.c.billed_through).where(
            billing_progress.c.tenant_id == owner.tenant_id
        )
    )
    return day


async def as_of(transaction: AsyncConnection, owner: Tenant, now: datetime) -> date:
    """The day that debts are judged on: today, or the day that a run has gone ahead to."""
    today = owner.today(now)
    return max(today, await billed_through(transaction, owner) or today)


async def judged_on(
    transaction: AsyncConnection, owner: Tenant, through: date, now: datetime
) -> date:
    """The day that a run through that date judges debts on: never before today, so that whoever
    has paid since is not blocked by a day that is caught up with.
    """
    return max(through, await as_of(transaction, owner, now))


async def refresh_standings(
    transaction: AsyncConnection,
    owner: Tenant,
    accounts: Sequence[LoadedAccount],
    policy: Policy,
    *,
    day: date,
) -> list[DunningState]:
    """Judge each debt at the end of `day` and write the projections."""
    states = [dunning_state(each.account, policy, day) for each in accounts]
    if accounts:
        rows = [
            {
                "subscriber_id": loaded.subscriber_id,
                "tenant_id": owner.tenant_id,
                "as_of": day,
                "state": state.state,
                "since": state.since,
                "balance": position(loaded.account, day).balance,
                "overdue": state.overdue,
                "missing": state.missing,
                "next_block_on": state.next_block_on,
                "deactivate_on": state.deactivate_on,
            }
            for loaded, state in zip(accounts, states, strict=True)
        ]
        await transaction.execute(WRITE_STANDING, rows)
    return states


def _write_standing() -> Any:
    statement = insert(standing)
    written = {each.name: statement.excluded[each.name] for each in standing.c}
    return statement.on_conflict_do_update(index_elements=["subscriber_id"], set_=written)


WRITE_STANDING: Final = _write_standing()


async def let_back_in(
    transaction: AsyncConnection,
    loaded: LoadedAccount,
    state: DunningState,
    *,
    actor: str,
    now: datetime,
) -> Effect:
    """Release the `unpaid` holds of one who is no longer to be blocked, and no other hold."""
    if state.standing is not Standing.GOOD or not loaded.blocked:
        return Effect(subscriber_id=loaded.subscriber_id)
    for service_id in sorted(loaded.blocked):
        found = await service_record.by_id(transaction, service_id, lock=True)
        await services.release_hold(
            transaction, found, kind=HoldKind.UNPAID, reason="paid", actor=actor, now=now
        )
    return Effect(subscriber_id=loaded.subscriber_id, returned=tuple(sorted(loaded.blocked)))


async def block(
    transaction: AsyncConnection,
    loaded: LoadedAccount,
    state: DunningState,
    *,
    only: Collection[int] | None = None,
    actor: str,
    now: datetime,
) -> Effect:
    """Do to the services what the debt's standing asks for; `only` limits it to some of them."""
    wanted = [each for each in loaded.service_ids if only is None or each in only]
    match state.standing:
        case Standing.GOOD:
            return Effect(subscriber_id=loaded.subscriber_id)
        case Standing.BLOCKED:
            return await _hold(transaction, loaded, state, wanted, actor, now)
        case Standing.DEACTIVATED:
            return await _terminate(transaction, loaded, state, wanted, actor, now)
        case _:
            assert_never(state.standing)


async def _hold(
    transaction: AsyncConnection,
    loaded: LoadedAccount,
    state: DunningState,
    wanted: Collection[int],
    actor: str,
    now: datetime,
) -> Effect:
    reason = unpaid_reason(loaded, state)
    held = []
    for service_id in wanted:
        found = await service_record.by_id(transaction, service_id, lock=True)
        if found.state is ServiceState.ACTIVE and HoldKind.UNPAID not in found.open_holds:
            await services.place_hold(
                transaction, found, kind=HoldKind.UNPAID, reason=reason, actor=actor, now=now
            )
            held.append(service_id)
    return Effect(subscriber_id=loaded.subscriber_id, blocked=tuple(held))


async def _terminate(
    transaction: AsyncConnection,
    loaded: LoadedAccount,
    state: DunningState,
    wanted: Collection[int],
    actor: str,
    now: datetime,
) -> Effect:
    reason = unpaid_reason(loaded, state)
    ended = []
    for service_id in wanted:
        found = await service_record.by_id(transaction, service_id, lock=True)
        if found.state is ServiceState.ACTIVE:
            await services.terminate(transaction, found, reason=reason, actor=actor, now=now)
            ended.append(service_id)
    return Effect(subscriber_id=loaded.subscriber_id, terminated=tuple(ended))


def unpaid_reason(loaded: LoadedAccount, state: DunningState) -> str:
    """A sentence for `why`: what is missing, for which document, due when."""
    because = state.reached[-1].because
    return (
        f"{state.missing} {loaded.account.currency} missing, "
        f"oldest open document {because.number} was due on {because.due_on}"
    )
