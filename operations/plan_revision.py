"""A plan sold at other terms: a new version, and who gets it when."""

from datetime import date, datetime

from sqlalchemy import insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.subscribers import plan_version, service, service_event
from isp.errors import Refused
from operations import audit, due_changes, tenants
from operations.plans import Plan, PlanTerms, add_version, named

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

    Services that have the plan keep their version until `existing_from`; None: for good.
    """
    old = await named(transaction, name)
    owner = await tenants.current(transaction)
    today = owner.today(now)
    if existing_from is not None and existing_from < today:
        raise Refused(f"{existing_from} is past", remedy=f"give {today} or a later day")
    made = await add_version(transaction, owner, old.plan_id, old.version + 1, today, terms)
    new = await named(transaction, name)
    if existing_from is not None:
        await _move_services(transaction, new, existing_from, actor, now)
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
    transaction: AsyncConnection, new: Plan, on: date, actor: str, now: datetime
) -> None:
    """Write down that every service of an older version has the new one from `on`."""
    older = select(plan_version.c.plan_version_id).where(
        plan_version.c.plan_id == new.plan_id, plan_version.c.version < new.version
    )
    moved = select(
        service.c.tenant_id,
        service.c.subscriber_id,
        service.c.service_id,
        literal("change_plan"),
        literal(on),
        literal(new.plan_version_id),
        service.c.custom_price,
        literal(now),
        literal(actor),
    ).where(service.c.plan_version_id.in_(older), service.c.state != "terminated")
    columns = (
        "tenant_id subscriber_id service_id kind on_date plan_version_id custom_price recorded_at "
        "actor"
    )
    await transaction.execute(insert(service_event).from_select(columns.split(), moved))
