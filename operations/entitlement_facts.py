"""The facts of services, as one query loads them, beside what was decided last."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Row,
    Select,
    any_,
    bindparam,
    case,
    cast,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.network import pool
from database.tables.sessions import usage_hourly
from database.tables.subscribers import entitlement, hold, plan, plan_version, service
from database.tables.tenancy import tenant
from isp.access import Access, Entitlement, OnLimit, Rates, Reason
from isp.service import Hold, HoldKind, ServiceState
from operations.plan_caps import over_cap_of
from policy.facts import Facts, PlanTerms, Usage

__all__ = ["Loaded", "entitlement_columns", "entitlement_of", "load_facts"]

IPV4 = "ipv4"
A_MONTH = text("interval '1 month'")
"""A cap's period is the tenant's calendar month, as the roller has it when one is crossed."""
DECIDED = [
    column
    for column in entitlement.c
    if column.name not in ("service_id", "version", "decided_at", "changed_xid")
]
"""The columns that a decision fills, in the order of the table."""


class Loaded(NamedTuple):
    """A service's facts, and the columns decided last with their version; None and 0: never."""

    facts: Facts
    decided: dict[str, Any] | None
    version: int


async def load_facts(
    transaction: AsyncConnection, service_ids: Collection[int], now: datetime
) -> list[Loaded]:
    """The facts of those services at `now`, in id order; one that does not exist is absent."""
    rows = await transaction.execute(_QUERY, {"service_ids": list(service_ids), "now": now})
    return [_loaded(row) for row in rows]


def entitlement_columns(decided: Entitlement) -> dict[str, Any]:
    """The decision as column values, without its version."""
    return {
        "tenant_id": decided.tenant_id,
        "subscriber_id": decided.subscriber_id,
        "access": decided.access.value,
        "down_kbps": decided.rates.down_kbps,
        "up_kbps": decided.rates.up_kbps,
        "sessions_max": decided.sessions_max,
        "on_limit": decided.on_limit.value,
        "session_timeout_seconds": decided.session_timeout_seconds,
        "idle_timeout_seconds": decided.idle_timeout_seconds,
        "interim_interval_seconds": decided.interim_interval_seconds,
        "ipv4_pool": decided.ipv4_pool,
        "ipv6_pool": decided.ipv6_pool,
        "delegated_pool": decided.delegated_pool,
        "attributes": list(decided.attributes),
        "reasons": [{"code": each.code, "text": each.text} for each in decided.reasons],
        "valid_until": decided.valid_until,
    }


def entitlement_of(row: Any) -> Entitlement:
    """The value of a row of table `entitlement`, whose columns are attributes."""
    return Entitlement(
        tenant_id=row.tenant_id,
        subscriber_id=row.subscriber_id,
        service_id=row.service_id,
        version=row.version,
        access=Access(row.access),
        rates=Rates(down_kbps=row.down_kbps, up_kbps=row.up_kbps),
        sessions_max=row.sessions_max,
        on_limit=OnLimit(row.on_limit),
        session_timeout_seconds=row.session_timeout_seconds,
        idle_timeout_seconds=row.idle_timeout_seconds,
        interim_interval_seconds=row.interim_interval_seconds,
        ipv4_pool=row.ipv4_pool,
        ipv6_pool=row.ipv6_pool,
        delegated_pool=row.delegated_pool,
        attributes=tuple(row.attributes),
        reasons=tuple(Reason(code=each["code"], text=each["text"]) for each in row.reasons),
        valid_until=row.valid_until,
    )


def _query() -> Select[Any]:
    holds = (
        select(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_array(
                        hold.c.kind, hold.c.author, hold.c.reason, hold.c.placed_at, hold.c.until
                    ),
                    hold.c.hold_id,
                )
            )
        )
        .where(hold.c.service_id == service.c.service_id, hold.c.released_at.is_(None))
        .scalar_subquery()
    )
    pool_kinds = (
        select(func.array_agg(pool.c.kind.distinct()))
        .where(
            pool.c.tenant_id == plan_version.c.tenant_id,
            pool.c.name == plan_version.c.pool_name,
            pool.c.removed_at.is_(None),
        )
        .scalar_subquery()
    )
    period_ends_at, used_octets = _usage()
    wanted = bindparam("service_ids", type_=ARRAY(BIGINT))
    return (
        select(
            service.c.tenant_id,
            service.c.subscriber_id,
            service.c.service_id,
            service.c.state,
            _midnight(service.c.started_on).label("starts_at"),
            _midnight(service.c.ended_on).label("ends_at"),
            plan.c.name.label("plan_name"),
            plan_version.c.pool_name,
            plan_version.c.down_kbps,
            plan_version.c.up_kbps,
            plan_version.c.sessions_max,
            plan_version.c.on_limit,
            plan_version.c.unpaid_access,
            plan_version.c.attributes,
            plan_version.c.cap_octets,
            plan_version.c.over_cap,
            used_octets.label("used_octets"),
            period_ends_at.label("period_ends_at"),
            holds.label("holds"),
            pool_kinds.label("pool_kinds"),
            entitlement.c.version,
            *(column.label(f"decided_{column.name}") for column in DECIDED),
        )
        .join_from(service, tenant, tenant.c.tenant_id == service.c.tenant_id)
        .join(plan_version, plan_version.c.plan_version_id == service.c.plan_version_id)
        .join(plan, plan.c.plan_id == plan_version.c.plan_id)
        .outerjoin(entitlement, entitlement.c.service_id == service.c.service_id)
        .where(service.c.service_id == any_(wanted))
        .order_by(service.c.service_id)
    )


def _usage() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """When the cap's period ends, and the octets of it so far; null where the plan has no cap."""
    now = bindparam("now", type_=DateTime(timezone=True))
    period_begins_at = func.date_trunc("month", now, tenant.c.zone)
    period_ends_at = func.timezone(
        tenant.c.zone, func.timezone(tenant.c.zone, period_begins_at) + A_MONTH
    )
    counted = (
        select(func.coalesce(func.sum(usage_hourly.c.octets_up + usage_hourly.c.octets_down), 0))
        .where(
            usage_hourly.c.subscriber_id == service.c.subscriber_id,
            usage_hourly.c.service_id == service.c.service_id,
            usage_hourly.c.hour >= period_begins_at,
            usage_hourly.c.hour < period_ends_at,
        )
        .scalar_subquery()
    )
    return period_ends_at, case((plan_version.c.cap_octets.is_not(None), counted))


def _midnight(day: Any) -> Any:
    """When a date begins in the tenant's zone."""
    return func.timezone(tenant.c.zone, cast(day, DateTime(timezone=False)))


_QUERY = _query()


def _loaded(row: Row[Any]) -> Loaded:
    decided = None
    if row.version is not None:
        values = row._mapping
        decided = {column.name: values[f"decided_{column.name}"] for column in DECIDED}
    return Loaded(_facts(row), decided, row.version or 0)


def _facts(row: Row[Any]) -> Facts:
    return Facts(
        tenant_id=row.tenant_id,
        subscriber_id=row.subscriber_id,
        service_id=row.service_id,
        state=ServiceState(row.state),
        plan=_plan_terms(row),
        holds=tuple(_hold(*each) for each in row.holds or ()),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        usage=None
        if row.used_octets is None
        else Usage(octets=int(row.used_octets), period_ends_at=row.period_ends_at),
    )


def _plan_terms(row: Row[Any]) -> PlanTerms:
    """A pool name that no pool here has is the NAS's own IPv4 pool."""
    kinds = row.pool_kinds or (IPV4,)
    return PlanTerms(
        name=row.plan_name,
        rates=Rates(down_kbps=row.down_kbps, up_kbps=row.up_kbps),
        sessions_max=row.sessions_max,
        on_limit=OnLimit(row.on_limit),
        unpaid_access=Access(row.unpaid_access),
        ipv4_pool=row.pool_name if IPV4 in kinds else None,
        ipv6_pool=row.pool_name if "ipv6_prefix" in kinds else None,
        delegated_pool=row.pool_name if "delegated_prefix" in kinds else None,
        attributes=tuple(row.attributes),
        cap_octets=row.cap_octets,
        over_cap=over_cap_of(row.over_cap),
    )


def _hold(kind: str, author: str, reason: str, placed_at: str, until: str | None) -> Hold:
    return Hold(
        kind=HoldKind(kind),
        author=author,
        reason=reason,
        placed_at=datetime.fromisoformat(placed_at),
        until=None if until is None else datetime.fromisoformat(until),
    )
