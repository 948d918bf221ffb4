"""Services: what holds them, what they are sold as, when they end, the password they use.

Every change ends with `entitlement.rewrite`, and writes the dated `service_event` that billing is a
function of. A service is suspended while any kind of hold stands: its `suspend` and `resume` events
name the kind in `detail`. There a `change_plan` says whether a revision of its plan brought it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing
from chassis.secrets import Secret
from database.tables.network import lease
from database.tables.subscribers import (
    hold,
    service,
    service_event,
    service_identifier,
)
from isp.errors import Refused
from isp.identifiers import IdentifierKind
from isp.service import HoldKind, ServiceState
from operations import audit, entitlement, onu_linking, plans, tenants
from operations.passwords import password_columns
from operations.service_record import ServiceRecord

__all__ = [
    "BY_REVISION",
    "change_plan",
    "close",
    "event_row",
    "place_hold",
    "release_hold",
    "set_password",
    "terminate",
]

BY_REVISION: Final = "revision"
"""The `detail` of a `change_plan` that nobody ordered for this very service."""


async def place_hold(
    transaction: AsyncConnection,
    found: ServiceRecord,
    *,
    kind: HoldKind,
    reason: str,
    actor: str,
    now: datetime,
    begins: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Hold the service from `begins` (None: now) until `until` (None: until it is released).

    A hold of that kind that stands already is left as it is.
    """
    if kind in found.open_holds:
        return
    owner = await tenants.of(transaction, found.tenant_id)
    placed_at = begins or now
    await transaction.execute(
        insert(hold).values(
            tenant_id=found.tenant_id,
            subscriber_id=found.subscriber_id,
            service_id=found.service_id,
            kind=kind,
            author=actor,
            reason=reason,
            placed_at=placed_at,
            until=until,
        )
    )
    event = event_row(found, "suspend", owner.today(placed_at), actor, now) | {"detail": kind}
    await transaction.execute(insert(service_event), event)
    after = {"kind": kind, "from": placed_at, "until": until}
    await _finish(transaction, found, "service.hold", actor, now, after=after, reason=reason)


async def release_hold(
    transaction: AsyncConnection,
    found: ServiceRecord,
    *,
    kind: HoldKind,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Release the service's hold of that kind, whether it has begun or not; none is no change."""
    held = found.open_holds.get(kind)
    if held is None:
        return
    owner = await tenants.of(transaction, found.tenant_id)
    ended = min(now, held.until) if held.until else now
    await transaction.execute(
        update(hold)
        .where(
            hold.c.service_id == found.service_id,
            hold.c.kind == kind,
            hold.c.released_at.is_(None),
        )
        .values(released_at=ended, released_by=actor)
    )
    on = owner.today(max(ended, held.placed_at))
    event = event_row(found, "resume", on, actor, now) | {"detail": kind}
    await transaction.execute(insert(service_event), event)
    before = {"kind": kind}
    await _finish(transaction, found, "service.release", actor, now, before=before, reason=reason)


async def change_plan(
    transaction: AsyncConnection,
    found: ServiceRecord,
    *,
    plan: str,
    on: date | None = None,
    custom_price: Decimal | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Sell the service as the newest version of `plan` from `on` (None: today, or its start).

    What a revision of the plan that it leaves had decided for a later day is overtaken; what a
    person ordered for a later day stands.
    """
    _refuse_terminated(found)
    owner = await tenants.of(transaction, found.tenant_id)
    on = on or max(owner.today(now), found.started_on)
    _refuse_before_start(found, on)
    new = await plans.named(transaction, plan)
    sold_as = {"plan_version_id": new.plan_version_id, "custom_price": custom_price}
    days = {on: None} | dict.fromkeys(await _overtaken(transaction, found, on), BY_REVISION)
    events = [
        event_row(found, "change_plan", day, actor, now) | sold_as | {"detail": detail}
        for day, detail in days.items()
    ]
    await transaction.execute(insert(service_event), events)
    if on <= owner.today(now):
        await transaction.execute(
            update(service).where(service.c.service_id == found.service_id).values(sold_as)
        )
    before = {"plan": found.plan, "custom_price": found.custom_price}
    after = {"plan": plan, "custom_price": custom_price, "on": on}
    await _finish(transaction, found, "service.change_plan", actor, now, before=before, after=after)


async def _overtaken(
    transaction: AsyncConnection, found: ServiceRecord, after: date
) -> Sequence[date]:
    """The later days of revisions, as far as the next change that a person ordered."""
    later = await transaction.execute(
        select(service_event.c.on_date, service_event.c.detail).where(
            service_event.c.subscriber_id == found.subscriber_id,
            service_event.c.service_id == found.service_id,
            service_event.c.kind == "change_plan",
            service_event.c.on_date > after,
        )
    )
    changes = later.all()
    ordered = min((each.on_date for each in changes if each.detail is None), default=date.max)
    revised = {each.on_date for each in changes if each.detail == BY_REVISION}
    return sorted(day for day in revised if day < ordered)


async def terminate(
    transaction: AsyncConnection,
    found: ServiceRecord,
    *,
    on: date | None = None,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """End the service; `on` is its first day without service (None: today).

    Its addresses are free at once when it ends; its login stays its own until another service is
    given it, so that a request for it is still explained.
    """
    _refuse_terminated(found)
    owner = await tenants.of(transaction, found.tenant_id)
    today = owner.today(now)
    on = on or today
    _refuse_before_start(found, on)
    await transaction.execute(insert(service_event), event_row(found, "cancel", on, actor, now))
    await transaction.execute(
        update(service).where(service.c.service_id == found.service_id).values(ended_on=on)
    )
    if on <= today:
        await close(transaction, [found.service_id], now)
    await _finish(
        transaction, found, "service.terminate", actor, now, after={"ended_on": on}, reason=reason
    )


async def close(transaction: AsyncConnection, service_ids: Collection[int], now: datetime) -> None:
    """Make services terminated whose last day is past, and free their addresses and ONUs."""
    await transaction.execute(
        update(service)
        .where(service.c.service_id.in_(service_ids))
        .values(state=ServiceState.TERMINATED)
    )
    await transaction.execute(
        update(lease)
        .where(lease.c.service_id.in_(service_ids), lease.c.removed_at.is_(None))
        .values(removed_at=now)
    )
    await onu_linking.release(transaction, service_ids)
    await entitlement.rewrite(transaction, service_ids, now)


async def set_password(
    transaction: AsyncConnection,
    found: ServiceRecord,
    *,
    password: Secret[str],
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> None:
    """Give the service's login that password."""
    _refuse_terminated(found)
    changed = await transaction.execute(
        update(service_identifier)
        .where(
            service_identifier.c.service_id == found.service_id,
            service_identifier.c.kind == IdentifierKind.LOGIN,
            service_identifier.c.removed_at.is_(None),
        )
        .values(**password_columns(password, keys))
    )
    if changed.rowcount == 0:
        remedy = "it is known by its line; only a login has a password"
        raise Refused(f"{found.login} has no login", remedy=remedy)
    await _finish(transaction, found, "service.set_password", actor, now)


def event_row(
    found: ServiceRecord, kind: str, on: date, actor: str, now: datetime
) -> dict[str, object]:
    """A `service_event` of that service."""
    return {
        "tenant_id": found.tenant_id,
        "subscriber_id": found.subscriber_id,
        "service_id": found.service_id,
        "kind": kind,
        "on_date": on,
        "recorded_at": now,
        "actor": actor,
    }


def _refuse_before_start(found: ServiceRecord, on: date) -> None:
    if on < found.started_on:
        raise Refused(
            f"{found.login} started on {found.started_on}", remedy="give that day or a later one"
        )


def _refuse_terminated(found: ServiceRecord) -> None:
    if found.state is ServiceState.TERMINATED:
        remedy = "give the subscriber a new one with `turnpike service add`"
        raise Refused(f"{found.login} is terminated", remedy=remedy)


async def _finish(
    transaction: AsyncConnection,
    found: ServiceRecord,
    action: str,
    actor: str,
    now: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str | None = None,
) -> None:
    await entitlement.rewrite(transaction, [found.service_id], now)
    await audit.record(
        transaction,
        tenant_id=found.tenant_id,
        actor=actor,
        action=action,
        object_kind="service",
        object_name=found.login,
        before=before,
        after=after,
        reason=reason,
        now=now,
    )
