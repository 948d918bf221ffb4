"""The tenant's billing policy: read, and set key by key."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.policy import Policy
from billing.settings import parse_policy
from database.tables.billing import billing_policy
from operations import audit
from operations.money.standing import as_of, billed_through
from operations.tenants import Tenant

__all__ = ["load_policy", "load_settings", "set_policy"]

DATED: Final[Mapping[str, object]] = {"charge_last_day": False, "suspended_time": "charge"}
"""Keys by which days that have been billed would be billed otherwise, with their defaults."""


async def load_settings(transaction: AsyncConnection, owner: Tenant) -> Mapping[str, Any]:
    """What was set, by key; what was not has the engine's neutral default."""
    settings = await transaction.scalar(
        select(billing_policy.c.settings).where(billing_policy.c.tenant_id == owner.tenant_id)
    )
    return settings or {}


async def load_policy(transaction: AsyncConnection, owner: Tenant) -> Policy:
    """The policy in force."""
    return parse_policy(await load_settings(transaction, owner), owner.currency)


async def set_policy(
    transaction: AsyncConnection,
    owner: Tenant,
    *,
    changes: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> Policy:
    """Change some keys; a value of None takes the neutral default back. Raises Refused."""
    before = await load_settings(transaction, owner)
    merged = {key: value for key, value in {**before, **changes}.items() if value is not None}
    if await billed_through(transaction, owner) is not None:
        merged = _keeping_the_past(before, merged, until=await as_of(transaction, owner, now))
    policy = parse_policy(merged, owner.currency)
    chosen_at = now if policy.unattended_blocking else None
    statement = insert(billing_policy).values(
        tenant_id=owner.tenant_id, settings=merged, blocking_chosen_at=chosen_at
    )
    await transaction.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id"],
            set_={"settings": merged, "blocking_chosen_at": chosen_at},
        )
    )
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="billing.policy",
        object_kind="billing_policy",
        object_name=owner.name,
        before=before,
        after=merged,
        now=now,
    )
    return policy


def _keeping_the_past(
    before: Mapping[str, Any], after: Mapping[str, Any], *, until: date
) -> dict[str, Any]:
    """With what was said of the days before `until`, where another thing is said from then on.

    Without it the next run would bill the difference of all suspensions and ends there ever were.
    """
    terms = {key: before.get(key, neutral) for key, neutral in DATED.items()}
    told = list(after.get("earlier", ()))
    changed = any(after.get(key, neutral) != terms[key] for key, neutral in DATED.items())
    if not changed or any(each["until"] == str(until) for each in told):
        return dict(after)
    return {**after, "earlier": [*told, {"until": str(until), **terms}]}
