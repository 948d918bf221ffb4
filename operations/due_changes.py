"""What was decided for a day that has come: plan changes, ends, holds that ran out.

`billingd` applies it, tenant by tenant; it changes nothing twice.
"""

from datetime import date, datetime

from sqlalchemy import Subquery, and_, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.subscribers import hold, service, service_event
from isp.service import HoldKind, ServiceState
from operations import entitlement, service_record, services
from operations.tenants import Tenant

__all__ = ["apply", "apply_plan_changes", "plans_on"]

SERVICES_PER_TRANSACTION = 500
"""Keeps the writing transaction under a second."""

AUTHOR = "billingd"


async def apply(transaction: AsyncConnection, owner: Tenant, now: datetime) -> int:
    """Apply what is due for that tenant; returns how many services changed, 0 when done."""
    changed = await apply_plan_changes(transaction, owner, now)
    changed += await _release_expired_holds(transaction, owner, now)
    return changed + await _terminate_ended(transaction, owner, now)


async def apply_plan_changes(transaction: AsyncConnection, owner: Tenant, now: datetime) -> int:
    """Give services the plan version and the price that their last event up to today names."""
    last = plans_on(owner, owner.today(now))
    differs = and_(
        last.c.service_id == service.c.service_id,
        or_(
            last.c.plan_version_id != service.c.plan_version_id,
            last.c.custom_price.is_distinct_from(service.c.custom_price),
        ),
        service.c.state != ServiceState.TERMINATED,
    )
    due = (
        select(service.c.service_id, last.c.plan_version_id, last.c.custom_price)
        .join(last, differs)
        .order_by(service.c.service_id)
        .limit(SERVICES_PER_TRANSACTION)
        .subquery()
    )
    ids = (
        await transaction.scalars(
            update(service)
            .where(service.c.service_id == due.c.service_id)
            .values(plan_version_id=due.c.plan_version_id, custom_price=due.c.custom_price)
            .returning(service.c.service_id)
        )
    ).all()
    await entitlement.rewrite(transaction, ids, now)
    return len(ids)


def plans_on(owner: Tenant, day: date) -> Subquery:
    """The `service_event` that says what each service is sold as on that day, by what is known."""
    return (
        select(service_event)
        .where(
            service_event.c.tenant_id == owner.tenant_id,
            service_event.c.kind.in_(("subscribe", "change_plan")),
            service_event.c.on_date <= day,
        )
        .order_by(
            service_event.c.service_id,
            service_event.c.on_date.desc(),
            service_event.c.service_event_id.desc(),
        )
        .ext(distinct_on(service_event.c.service_id))
        .subquery()
    )


async def _release_expired_holds(transaction: AsyncConnection, owner: Tenant, now: datetime) -> int:
    expired = await transaction.execute(
        select(hold.c.service_id, hold.c.kind)
        .where(
            hold.c.tenant_id == owner.tenant_id, hold.c.released_at.is_(None), hold.c.until <= now
        )
        .order_by(hold.c.service_id)
        .limit(SERVICES_PER_TRANSACTION)
    )
    rows = expired.all()
    for row in rows:
        found = await service_record.by_id(transaction, row.service_id, lock=True)
        await services.release_hold(
            transaction, found, kind=HoldKind(row.kind), actor=AUTHOR, reason="it ran out", now=now
        )
    return len(rows)


async def _terminate_ended(transaction: AsyncConnection, owner: Tenant, now: datetime) -> int:
    ended = await transaction.scalars(
        select(service.c.service_id)
        .where(
            service.c.tenant_id == owner.tenant_id,
            service.c.state != ServiceState.TERMINATED,
            service.c.ended_on <= owner.today(now),
        )
        .order_by(service.c.service_id)
        .limit(SERVICES_PER_TRANSACTION)
    )
    ids = ended.all()
    await services.close(transaction, ids, now)
    return len(ids)
