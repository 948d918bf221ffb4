"""A plan sold at other terms: a new version, and who gets it when."""

from datetime import date, datetime

from sqlalchemy import insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.subscribers import plan_version, service, service_event
from isp.errors import Refused
from isp.service import ServiceState
from operations import audit, due_changes, services, tenants
from operations.plans import Plan, PlanTerms, add_version, named
from operations.tenants import Tenant

__all__ = ["revise"]


async def revise(
    transaction: AsyncConnection,
    *,
    name: str,
    terms: PlanTerms,
    existing_from: date | None = None,
    actor: str,
    now: datetime,
) -> Plan:
    """A new version of the plan for new services.

    Services that have the plan then keep their version until `existing_from`; None: for good.
    """
    old = await named(transaction, name)
    owner = await tenants.current(transaction)
    today = owner.today(now)
    if existing_from is not None and existing_from < today:
        raise Refused(f"{existing_from} is past", remedy=f"give {today} or a later day")
    made = await add_version(transaction, owner, old.plan_id, old.version + 1, today, terms)
    new = await named(transaction, name)
    if existing_from is not None:
        await _move_services(transaction, owner, new, existing_from, actor, now)
        await due_changes.apply_plan_changes(transaction, owner, now)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="plan.revise",
        object_kind="plan",
        object_name=name,
        before={"version": old.version},
        after=made | {"existing_from": existing_from},
        now=now,
    )
    return new


async def _move_services(
    transaction: AsyncConnection, owner: Tenant, new: Plan, on: date, actor: str, now: datetime
) -> None:
    """Write down that every service that would have an older version on that day has the new one.

    Who has ordered another plan by then is not moved back.
    """
    older = select(plan_version.c.plan_version_id).where(
        plan_version.c.plan_id == new.plan_id, plan_version.c.version < new.version
    )
    then = due_changes.plans_on(owner, on)
    moved = (
        select(
            then.c.tenant_id,
            then.c.subscriber_id,
            then.c.service_id,
            literal("change_plan"),
            literal(on),
            literal(new.plan_version_id),
            then.c.custom_price,
            literal(services.BY_REVISION),
            literal(now),
            literal(actor),
        )
        .join(service, service.c.service_id == then.c.service_id)
        .where(then.c.plan_version_id.in_(older), service.c.state != ServiceState.TERMINATED)
    )
    columns = (
        "tenant_id subscriber_id service_id kind on_date plan_version_id custom_price detail "
        "recorded_at actor"
    )
    await transaction.execute(insert(service_event).from_select(columns.split(), moved))
