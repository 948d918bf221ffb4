"""One service as the operations that change it know it, found by its login or its key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.subscribers import (
    hold,
    plan,
    plan_version,
    service,
    service_identifier,
    subscriber,
)
from isp.errors import Refused
from isp.identifiers import normalise_login, normalise_mac
from isp.service import Hold, HoldKind, ServiceState

__all__ = ["ServiceRecord", "by_id", "by_login"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRecord:
    """A service. `open_holds` are those not released, begun or to come; at most one of a kind."""

    tenant_id: int
    subscriber_id: int
    service_id: int
    subscriber: str
    login: str
    kind: str
    state: ServiceState
    plan: str
    plan_version: int
    plan_version_id: int
    custom_price: Decimal | None
    started_on: date
    ended_on: date | None
    invoiced_until: date | None
    onu_serial: str | None
    open_holds: Mapping[HoldKind, Hold]

    def holds_in_force(self, now: datetime) -> tuple[Hold, ...]:
        """Those that keep it off the network at `now`."""
        return tuple(
            held
            for held in self.open_holds.values()
            if held.placed_at <= now and (held.until is None or now < held.until)
        )

    def state_at(self, now: datetime) -> ServiceState:
        """Its state as people call it: active with a hold in force is suspended."""
        held = self.state is ServiceState.ACTIVE and self.holds_in_force(now)
        return ServiceState.SUSPENDED if held else self.state


async def by_login(
    transaction: AsyncConnection, login: str, *, lock: bool = False
) -> ServiceRecord:
    """The service with that login (or MAC, circuit-id, remote-id); a living one before a dead one.

    `lock` keeps others from changing it until the transaction ends. Raises Refused.
    """
    values = {normalise_login(login), login.strip(), normalise_mac(login) or ""}
    named = select(service_identifier.c.service_id).where(service_identifier.c.value.in_(values))
    order = (service.c.state == "terminated", service.c.service_id.desc())
    query = _query().where(
        or_(service.c.service_id.in_(named), service.c.name == normalise_login(login))
    )
    found = await _first(transaction, query.order_by(*order), lock)
    if found is None:
        remedy = f"look for it with `turnpike find {login}`"
        raise Refused(f"no service has the login {login}", remedy=remedy)
    return found


async def by_id(
    transaction: AsyncConnection, service_id: int, *, lock: bool = False
) -> ServiceRecord:
    """The service with that key."""
    found = await _first(transaction, _query().where(service.c.service_id == service_id), lock)
    if found is None:
        message = f"there is no service {service_id}"
        raise LookupError(message)
    return found


async def _first(
    transaction: AsyncConnection, query: Select[Any], lock: bool
) -> ServiceRecord | None:
    if lock:
        query = query.with_for_update(of=service)
    row = (await transaction.execute(query.limit(1))).one_or_none()
    if row is None:
        return None
    open_holds = await transaction.execute(
        select(hold).where(hold.c.service_id == row.service_id, hold.c.released_at.is_(None))
    )
    return _record(row, {HoldKind(each.kind): _hold(each) for each in open_holds})


def _query() -> Select[Any]:
    return (
        select(
            service,
            subscriber.c.reference,
            plan.c.name.label("plan"),
            plan_version.c.version.label("plan_version"),
        )
        .join(subscriber, subscriber.c.subscriber_id == service.c.subscriber_id)
        .join(plan_version, plan_version.c.plan_version_id == service.c.plan_version_id)
        .join(plan, plan.c.plan_id == plan_version.c.plan_id)
    )


def _hold(row: Row[Any]) -> Hold:
    return Hold(
        kind=HoldKind(row.kind),
        author=row.author,
        reason=row.reason,
        placed_at=row.placed_at,
        until=row.until,
    )


def _record(row: Row[Any], open_holds: Mapping[HoldKind, Hold]) -> ServiceRecord:
    return ServiceRecord(
        tenant_id=row.tenant_id,
        subscriber_id=row.subscriber_id,
        service_id=row.service_id,
        subscriber=row.reference,
        login=row.name,
        kind=row.kind,
        state=ServiceState(row.state),
        plan=row.plan,
        plan_version=row.plan_version,
        plan_version_id=row.plan_version_id,
        custom_price=row.custom_price,
        started_on=row.started_on,
        ended_on=row.ended_on,
        invoiced_until=row.invoiced_until,
        onu_serial=row.onu_serial,
        open_holds=open_holds,
    )
