"""What uptime is promised, to whom, and which promises were broken."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.outages import sla_target
from database.tables.subscribers import subscriber as subscriber_table
from isp.errors import Refused
from isp.outage import SlaScope
from operations import audit, devices, plans, tenants
from operations.places import known_area

__all__ = ["Breach", "Promised", "Target", "breaches", "listed", "promise", "withdraw"]

BREACHES_MAX: Final = 1000
PERCENT_MAX: Final = Decimal(100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Promised:
    """To whom: an area, a plan's services, a subscriber, a device; nothing: everybody."""

    area: str | None = None
    plan: str | None = None
    subscriber: str | None = None
    device: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A promise: so many percent of each calendar month. The narrowest one counts."""

    target: int
    scope: SlaScope
    whom: str
    percent: Decimal
    created_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    """A promise that a month broke."""

    month: date
    scope: SlaScope
    whom: str
    percent: Decimal
    down_seconds: int
    found_at: datetime


WHOM: Final = """coalesce(nullif(promised.area, ''), plan.name, subscriber.reference, device.name,
    'everybody')"""
TARGETS: Final = text(f"""
    SELECT promised.sla_target_id AS target, promised.scope, {WHOM} AS whom, promised.percent,
        promised.created_by
      FROM sla_target AS promised
      LEFT JOIN plan USING (plan_id)
      LEFT JOIN subscriber USING (subscriber_id)
      LEFT JOIN device USING (device_id)
     WHERE promised.removed_at IS NULL ORDER BY promised.sla_target_id
""")
BREACHES: Final = text(f"""
    SELECT promised.month, promised.scope, {WHOM} AS whom, promised.percent,
        promised.down_seconds, promised.found_at
      FROM sla_breach AS promised
      JOIN sla_target ON sla_target.sla_target_id = promised.sla_target_id
      LEFT JOIN plan ON plan.plan_id = sla_target.plan_id AND promised.subscriber_id = 0
      LEFT JOIN subscriber ON subscriber.subscriber_id = promised.subscriber_id
      LEFT JOIN device ON device.device_id = promised.device_id
     ORDER BY promised.month DESC, promised.found_at DESC LIMIT :rows
""")


async def promise(
    transaction: AsyncConnection, whom: Promised, *, percent: Decimal, actor: str, now: datetime
) -> Target:
    """Promise so much uptime. Raises Refused where whom it is made to is not there."""
    if not (percent.is_finite() and 0 < percent <= PERCENT_MAX):
        raise Refused(f"{percent} is no share of a month", remedy="write it as 99.5")
    owner = await tenants.current(transaction)
    number = await transaction.scalar(
        insert(sla_target)
        .values(
            tenant_id=owner.tenant_id,
            percent=percent,
            created_by=actor,
            created_at=now,
            **await _columns(transaction, whom),
        )
        .returning(sla_target.c.sla_target_id)
    )
    made = await _numbered(transaction, number or 0)
    await _audit(transaction, owner.tenant_id, "sla.promise", made, actor, now)
    return made


async def withdraw(
    transaction: AsyncConnection, *, number: int, actor: str, now: datetime
) -> Target:
    """Promise that no more; what it broke stays on record."""
    found = await _numbered(transaction, number)
    owner = await tenants.current(transaction)
    await transaction.execute(
        update(sla_target).where(sla_target.c.sla_target_id == number).values(removed_at=now)
    )
    await _audit(transaction, owner.tenant_id, "sla.withdraw", found, actor, now)
    return found


async def listed(transaction: AsyncConnection) -> tuple[Target, ...]:
    """The promises that stand."""
    rows = await transaction.execute(TARGETS)
    return tuple(Target(**{**row._mapping, "scope": SlaScope(row.scope)}) for row in rows)


async def breaches(transaction: AsyncConnection) -> tuple[Breach, ...]:
    """The promises that were broken, the newest month first."""
    rows = await transaction.execute(BREACHES, {"rows": BREACHES_MAX})
    return tuple(Breach(**{**row._mapping, "scope": SlaScope(row.scope)}) for row in rows)


async def _columns(transaction: AsyncConnection, whom: Promised) -> dict[str, object]:
    match whom:
        case Promised(area=None, plan=None, subscriber=None, device=None):
            return {"scope": SlaScope.PROVIDER}
        case Promised(area=str() as area, plan=None, subscriber=None, device=None):
            return {"scope": SlaScope.AREA, "area": await known_area(transaction, area)}
        case Promised(area=None, plan=str() as name, subscriber=None, device=None):
            plan = await plans.named(transaction, name)
            return {"scope": SlaScope.PLAN, "plan_id": plan.plan_id}
        case Promised(area=None, plan=None, subscriber=str() as name, device=None):
            return {"scope": SlaScope.SUBSCRIBER, "subscriber_id": await _key(transaction, name)}
        case Promised(area=None, plan=None, subscriber=None, device=str() as name):
            device = await devices.named(transaction, name)
            return {"scope": SlaScope.DEVICE, "device_id": device.device_id}
    raise Refused("that is several promises", remedy="make one at a time")


async def _key(transaction: AsyncConnection, reference: str) -> int:
    query = select(subscriber_table.c.subscriber_id).where(
        subscriber_table.c.reference == reference
    )
    found = await transaction.scalar(query)
    if found is None:
        remedy = f"look for him with `turnpike find {reference}`"
        raise Refused(f"there is no subscriber {reference}", remedy=remedy)
    return found


async def _numbered(transaction: AsyncConnection, number: int) -> Target:
    for each in await listed(transaction):
        if each.target == number:
            return each
    raise Refused(f"there is no promise {number}", remedy="see `turnpike sla list`")


async def _audit(
    transaction: AsyncConnection,
    tenant_id: int,
    action: str,
    about: Target,
    actor: str,
    now: datetime,
) -> None:
    await audit.record(
        transaction,
        tenant_id=tenant_id,
        actor=actor,
        action=action,
        object_kind="sla",
        object_name=str(about.target),
        after={"whom": about.whom, "percent": about.percent},
        now=now,
    )
