"""Plans: what is sold, in versions. A version never changes; a revision is a new one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.money import money
from database.tables.subscribers import plan, plan_version, service
from isp.access import Access, OnLimit
from isp.cap import OverCap
from isp.errors import Refused
from operations import audit, tenants
from operations.names import checked_name
from operations.plan_caps import over_cap_json, over_cap_of
from operations.taxes import ensure_tax_code
from policy.additions import AdditionError, parse_addition

__all__ = ["Plan", "PlanTerms", "add", "add_version", "listed", "named", "versions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTerms:
    """What one version of a plan sells. Rates are the subscriber's; None is unlimited.

    `tax` is a percentage, or the code of a tax whose dated rates exist; None is no tax.
    `attributes` are `Name=value` additions to every Access-Accept.
    """

    price: Decimal
    period: str = "1 month"
    setup_fee: Decimal = Decimal(0)
    tax: str | None = None
    down_kbps: int | None = None
    up_kbps: int | None = None
    pool: str | None = None
    sessions_max: int = 1
    on_limit: OnLimit = OnLimit.REPLACE
    unpaid_access: Access = Access.NONE
    cap_octets: int | None = None
    over_cap: OverCap | None = None
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One version of a plan, and how many services have it."""

    plan_id: int
    plan_version_id: int
    name: str
    kind: str
    version: int
    valid_from: date
    currency: str
    terms: PlanTerms
    services: int = 0


async def add(
    transaction: AsyncConnection,
    *,
    name: str,
    terms: PlanTerms,
    kind: str = "internet",
    actor: str,
    now: datetime,
) -> Plan:
    """A new plan with its first version."""
    owner = await tenants.current(transaction)
    checked_name("plan", name)
    if await transaction.scalar(select(plan.c.plan_id).where(plan.c.name == name)):
        remedy = f"change it with `turnpike plan revise {name}`, or choose another name"
        raise Refused(f"there is a plan {name} already", remedy=remedy)
    plan_id = await transaction.scalar(
        insert(plan)
        .values(tenant_id=owner.tenant_id, name=name, kind=kind, created_at=now)
        .returning(plan.c.plan_id)
    )
    made = await add_version(transaction, owner, plan_id, 1, owner.today(now), terms)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="plan.add",
        object_kind="plan",
        object_name=name,
        after=made,
        now=now,
    )
    return await named(transaction, name)


async def add_version(
    transaction: AsyncConnection,
    owner: tenants.Tenant,
    plan_id: int,
    version: int,
    valid_from: date,
    terms: PlanTerms,
) -> dict[str, Any]:
    """Write the plan's next version; returns its columns."""
    _refuse_half_a_cap(terms)
    _refuse_unreadable(terms.attributes)
    columns = _columns(owner, terms)
    columns["tax_code"] = await ensure_tax_code(transaction, owner.tenant_id, terms.tax)
    await transaction.execute(
        insert(plan_version).values(
            tenant_id=owner.tenant_id,
            plan_id=plan_id,
            version=version,
            valid_from=valid_from,
            currency=owner.currency,
            **columns,
        )
    )
    return columns | {"version": version}


async def named(transaction: AsyncConnection, name: str) -> Plan:
    """The newest version of the plan of that name."""
    found = await versions(transaction, name)
    if not found:
        known = ", ".join(each.name for each in await listed(transaction))
        remedy = f"there are: {known}" if known else "add it with `turnpike plan add`"
        raise Refused(f"there is no plan {name}", remedy=remedy)
    return found[-1]


async def listed(transaction: AsyncConnection) -> tuple[Plan, ...]:
    """Every plan that is sold, in its newest version; services are counted over all versions."""
    rows = await transaction.execute(_query().where(plan.c.retired_at.is_(None)))
    newest: dict[int, Plan] = {}
    for row in rows:
        found = _plan(row)
        before = newest.get(found.plan_id)
        newest[found.plan_id] = replace(
            found, services=found.services + (before.services if before else 0)
        )
    return tuple(newest.values())


async def versions(transaction: AsyncConnection, name: str) -> tuple[Plan, ...]:
    """Every version of the plan of that name, the oldest first."""
    rows = await transaction.execute(_query().where(plan.c.name == name))
    return tuple(_plan(row) for row in rows)


def _refuse_half_a_cap(terms: PlanTerms) -> None:
    if (terms.cap_octets is None) != (terms.over_cap is None):
        remedy = "give both, as --cap 500G --over throttle:2M/1M"
        raise Refused("a cap and what happens over it belong together", remedy=remedy)


def _refuse_unreadable(attributes: Sequence[str]) -> None:
    for attribute in attributes:
        try:
            parse_addition(attribute)
        except AdditionError as error:
            remedy = "write it as radclient does: 'Idle-Timeout=600', 'Cisco-AVPair=\"…\"'"
            raise Refused(f"{attribute}: {error}", remedy=remedy) from None


def _columns(owner: tenants.Tenant, terms: PlanTerms) -> dict[str, Any]:
    return {
        "price": money(terms.price, owner.currency, "the price"),
        "period": terms.period,
        "setup_fee": money(terms.setup_fee, owner.currency, "the setup fee"),
        "tax_code": terms.tax,
        "down_kbps": terms.down_kbps,
        "up_kbps": terms.up_kbps,
        "pool_name": terms.pool,
        "sessions_max": terms.sessions_max,
        "on_limit": terms.on_limit.value,
        "unpaid_access": terms.unpaid_access.value,
        "cap_octets": terms.cap_octets,
        "over_cap": over_cap_json(terms.over_cap),
        "attributes": list(terms.attributes),
    }


def _query() -> Select[Any]:
    services = (
        select(func.count())
        .where(
            service.c.plan_version_id == plan_version.c.plan_version_id,
            service.c.state != "terminated",
        )
        .scalar_subquery()
    )
    return (
        select(plan.c.name, plan.c.kind, plan_version, services.label("services"))
        .join(plan_version, plan_version.c.plan_id == plan.c.plan_id)
        .order_by(plan.c.name, plan_version.c.version)
    )


def _plan(row: Row[Any]) -> Plan:
    terms = PlanTerms(
        price=row.price,
        period=row.period,
        setup_fee=row.setup_fee,
        tax=row.tax_code,
        down_kbps=row.down_kbps,
        up_kbps=row.up_kbps,
        pool=row.pool_name,
        sessions_max=row.sessions_max,
        on_limit=OnLimit(row.on_limit),
        unpaid_access=Access(row.unpaid_access),
        cap_octets=row.cap_octets,
        over_cap=over_cap_of(row.over_cap),
        attributes=tuple(row.attributes),
    )
    return Plan(
        plan_id=row.plan_id,
        plan_version_id=row.plan_version_id,
        name=row.name,
        kind=row.kind,
        version=row.version,
        valid_from=row.valid_from,
        currency=row.currency,
        terms=terms,
        services=row.services,
    )
