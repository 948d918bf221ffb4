"""Subscribers: who pays. Adding one with a service, listing, showing, finding duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing
from database.tables.subscribers import hold, plan, plan_version, service, subscriber
from isp.errors import Refused
from isp.identifiers import normalise_login
from isp.service import ServiceState
from operations import service_record, tenants
from operations.enrolment import enrol
from operations.enrolment_check import check_rows
from operations.enrolment_known import load_known
from operations.import_rows import ImportRow, refuse_faulty
from operations.service_record import ServiceRecord

__all__ = [
    "LISTED_MAX",
    "Duplicate",
    "Listed",
    "Subscriber",
    "add",
    "duplicates",
    "listed",
    "named",
]

LISTED_MAX: Final = 1000
"""What one call lists at most; the view `report.services` has them all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A service in a list, with its subscriber."""

    subscriber: str
    name: str | None
    login: str
    plan: str
    state: ServiceState
    area: str | None
    phone: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """A subscriber and his services."""

    subscriber_id: int
    reference: str
    name: str | None
    email: str | None
    phone: str | None
    area: str | None
    currency: str
    billing: bool
    anchor_day: int | None
    created_at: datetime
    services: tuple[ServiceRecord, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Duplicate:
    """Subscribers who have the same name, phone or e-mail address."""

    column: str
    value: str
    subscribers: tuple[str, ...]


async def add(
    transaction: AsyncConnection,
    *,
    row: ImportRow,
    existing: bool = False,
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> ServiceRecord:
    """A subscriber and one service; `existing`: one more service of a subscriber who is there."""
    owner = await tenants.current(transaction)
    known = await load_known(transaction, owner.currency, [row])
    there = row.subscriber in known.subscribers
    if there and not existing:
        remedy = f"give him another service: `turnpike service add {row.subscriber} LOGIN`"
        raise Refused(f"there is a subscriber {row.subscriber} already", remedy=remedy)
    if existing and not there:
        remedy = "add him with his first service: `turnpike subscriber add LOGIN`"
        raise Refused(f"there is no subscriber {row.subscriber}", remedy=remedy)
    refuse_faulty(check_rows([row], known, update=False))
    (service_id,) = await enrol(transaction, owner, [row], known, keys=keys, actor=actor, now=now)
    return await service_record.by_id(transaction, service_id)


async def listed(
    transaction: AsyncConnection,
    *,
    state: ServiceState | None = None,
    plan_name: str | None = None,
    area: str | None = None,
    now: datetime,
) -> tuple[Listed, ...]:
    """Services with their subscribers, by login; terminated ones only where `state` asks so."""
    query = _listing(now).order_by(service.c.name).limit(LISTED_MAX)
    if plan_name is not None:
        query = query.where(plan.c.name == plan_name)
    if area is not None:
        query = query.where(subscriber.c.area == area)
    rows = await transaction.execute(query.where(*_in_state(state, now)))
    return tuple(_listed(row) for row in rows)


async def named(transaction: AsyncConnection, reference: str) -> Subscriber:
    """The subscriber of that reference, or the one whose service has that login."""
    wanted = or_(
        subscriber.c.reference == reference,
        subscriber.c.subscriber_id.in_(
            select(service.c.subscriber_id).where(service.c.name == normalise_login(reference))
        ),
    )
    order = (subscriber.c.reference != reference, subscriber.c.subscriber_id.desc())
    row = (
        await transaction.execute(select(subscriber).where(wanted).order_by(*order).limit(1))
    ).one_or_none()
    if row is None:
        remedy = f"look for him with `turnpike find {reference}`"
        raise Refused(f"there is no subscriber {reference}", remedy=remedy)
    ids = await transaction.scalars(
        select(service.c.service_id)
        .where(service.c.subscriber_id == row.subscriber_id)
        .order_by(service.c.service_id)
    )
    services = [await service_record.by_id(transaction, each) for each in ids.all()]
    return _subscriber(row, services)


async def duplicates(transaction: AsyncConnection) -> tuple[Duplicate, ...]:
    """Subscribers that may have been entered twice."""
    found: list[Duplicate] = []
    for column in (subscriber.c.name, subscriber.c.phone, subscriber.c.email):
        same = func.lower(func.trim(column))
        rows = await transaction.execute(
            select(
                same.label("value"),
                func.array_agg(subscriber.c.reference).label("subscribers"),
            )
            .where(column.is_not(None), subscriber.c.closed_at.is_(None))
            .group_by(same)
            .having(func.count() > 1)
            .order_by(same)
        )
        found += [
            Duplicate(
                column=column.name, value=row.value, subscribers=tuple(sorted(row.subscribers))
            )
            for row in rows
        ]
    return tuple(found)


def _held(now: datetime) -> Any:
    return (
        select(hold.c.hold_id)
        .where(
            hold.c.service_id == service.c.service_id,
            hold.c.released_at.is_(None),
            hold.c.placed_at <= now,
            or_(hold.c.until.is_(None), hold.c.until > now),
        )
        .exists()
    )


def _in_state(state: ServiceState | None, now: datetime) -> Sequence[Any]:
    match state:
        case None:
            return (service.c.state != ServiceState.TERMINATED,)
        case ServiceState.SUSPENDED:
            return (and_(service.c.state == ServiceState.ACTIVE, _held(now)),)
        case ServiceState.ACTIVE:
            return (and_(service.c.state == state, ~_held(now)),)
        case _:
            return (service.c.state == state,)


def _listing(now: datetime) -> Select[Any]:
    return (
        select(
            subscriber.c.reference,
            subscriber.c.name.label("subscriber_name"),
            subscriber.c.area,
            subscriber.c.phone,
            service.c.name,
            service.c.state,
            plan.c.name.label("plan"),
            _held(now).label("held"),
        )
        .join(service, service.c.subscriber_id == subscriber.c.subscriber_id)
        .join(plan_version, plan_version.c.plan_version_id == service.c.plan_version_id)
        .join(plan, plan.c.plan_id == plan_version.c.plan_id)
    )


def _listed(row: Row[Any]) -> Listed:
    state = ServiceState(row.state)
    held = row.held and state is ServiceState.ACTIVE
    return Listed(
        subscriber=row.reference,
        name=row.subscriber_name,
        login=row.name,
        plan=row.plan,
        state=ServiceState.SUSPENDED if held else state,
        area=row.area,
        phone=row.phone,
    )


def _subscriber(row: Row[Any], services: Sequence[ServiceRecord]) -> Subscriber:
    return Subscriber(
        subscriber_id=row.subscriber_id,
        reference=row.reference,
        name=row.name,
        email=row.email,
        phone=row.phone,
        area=row.area,
        currency=row.currency,
        billing=row.billing,
        anchor_day=row.anchor_day,
        created_at=row.created_at,
        services=tuple(services),
    )
