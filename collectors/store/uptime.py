"""Who was down when, uptime by day, and the promises with what broke them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.uptime import Down, Downtime, Promise, Subject
from database.tables.outages import (
    alarm,
    outage,
    outage_subscriber,
    sla_breach,
    sla_target,
    uptime_daily,
)
from database.tables.subscribers import plan_version, service, subscriber
from isp.outage import AlarmKind, OutageState, SlaScope

__all__ = ["DayRow", "Downs", "MonthRow", "breach", "downs", "month", "promises", "write_days"]

CERTAIN = (OutageState.OPEN, OutageState.RESTORING, OutageState.RESTORED)
KEYS = ("tenant_id", "day", "scope", "subscriber_id", "device_id", "area")


@dataclass(frozen=True, slots=True, kw_only=True)
class Downs:
    """What was down in a time: by subscriber, by device; areas of those subscribers, their size."""

    subscribers: Mapping[int, Sequence[Down]]
    devices: Mapping[int, Sequence[Down]]
    areas: Mapping[int, str]
    members: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day of one subscriber, device or area."""

    scope: SlaScope
    downtime: Downtime
    subscriber_id: int = 0
    device_id: int = 0
    area: str = ""
    members: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    """A month of the same, summed over `members`."""

    subject: Subject
    down_seconds: int
    members: int


async def downs(
    transaction: AsyncConnection, tenant_id: int, begin: datetime, end: datetime
) -> Downs:
    """What was down within a time, as far as anybody is known to have been met."""
    met = outage_subscriber
    rows = await transaction.execute(
        select(
            met.c.subscriber_id,
            met.c.down_at,
            func.coalesce(met.c.restored_at, outage.c.restored_at).label("restored_at"),
            outage.c.planned,
            func.coalesce(subscriber.c.area, "").label("area"),
        )
        .join(outage, outage.c.outage_id == met.c.outage_id)
        .join(subscriber, subscriber.c.subscriber_id == met.c.subscriber_id)
        .where(
            met.c.tenant_id == tenant_id,
            outage.c.state.in_(CERTAIN),
            outage.c.started_at < end,
            func.coalesce(outage.c.restored_at, end) > begin,
        )
    )
    subscribers: defaultdict[int, list[Down]] = defaultdict(list)
    areas: dict[int, str] = {}
    for row in rows:
        event = Down(begin=row.down_at, end=row.restored_at, planned=row.planned)
        subscribers[row.subscriber_id].append(event)
        areas[row.subscriber_id] = row.area
    return Downs(
        subscribers=subscribers,
        devices=await _devices(transaction, tenant_id, begin, end),
        areas=areas,
        members=await _members(transaction, tenant_id, set(areas.values())),
    )


async def write_days(
    transaction: AsyncConnection, tenant_id: int, day: date, rows: Sequence[DayRow]
) -> None:
    """Replace the day of each."""
    values = [
        {
            "tenant_id": tenant_id,
            "day": day,
            "scope": row.scope,
            "subscriber_id": row.subscriber_id,
            "device_id": row.device_id,
            "area": row.area,
            "down_seconds": row.downtime.down_seconds,
            "planned_seconds": row.downtime.planned_seconds,
            "members": row.members,
        }
        for row in rows
    ]
    if values:
        statement = insert(uptime_daily)
        replaced = {
            name: statement.excluded[name]
            for name in ("down_seconds", "planned_seconds", "members")
        }
        await transaction.execute(
            statement.on_conflict_do_update(index_elements=KEYS, set_=replaced), values
        )


async def promises(transaction: AsyncConnection, tenant_id: int) -> Sequence[Promise]:
    """The targets that stand."""
    rows = await transaction.execute(
        select(sla_target).where(
            sla_target.c.tenant_id == tenant_id, sla_target.c.removed_at.is_(None)
        )
    )
    return [
        Promise(
            sla_target_id=row.sla_target_id,
            scope=SlaScope(row.scope),
            percent=row.percent,
            area=row.area,
            plan_id=row.plan_id,
            subscriber_id=row.subscriber_id,
            device_id=row.device_id,
        )
        for row in rows
    ]


async def month(
    transaction: AsyncConnection, tenant_id: int, first: date, following: date
) -> Sequence[MonthRow]:
    """Everything that had downtime from the day `first` until before `following`."""
    daily = uptime_daily
    plans = (
        select(func.array_agg(plan_version.c.plan_id.distinct()))
        .join(service, service.c.plan_version_id == plan_version.c.plan_version_id)
        .where(service.c.subscriber_id == daily.c.subscriber_id, service.c.state == "active")
        .scalar_subquery()
    )
    rows = await transaction.execute(
        select(
            daily.c.scope,
            daily.c.subscriber_id,
            daily.c.device_id,
            daily.c.area,
            func.sum(daily.c.down_seconds).label("down_seconds"),
            func.max(daily.c.members).label("members"),
            plans.label("plan_ids"),
        )
        .where(daily.c.tenant_id == tenant_id, daily.c.day >= first, daily.c.day < following)
        .group_by(daily.c.scope, daily.c.subscriber_id, daily.c.device_id, daily.c.area)
    )
    return [
        MonthRow(
            subject=Subject(
                scope=SlaScope(row.scope),
                subscriber_id=row.subscriber_id,
                device_id=row.device_id,
                area=row.area,
                plan_ids=frozenset(row.plan_ids or ()),
            ),
            down_seconds=int(row.down_seconds),
            members=row.members,
        )
        for row in rows
    ]


async def breach(
    transaction: AsyncConnection,
    tenant_id: int,
    first: date,
    promise: Promise,
    row: MonthRow,
    now: datetime,
) -> bool:
    """Write that a promise was broken in a month; False where that was known already."""
    subject = row.subject
    made = await transaction.execute(
        insert(sla_breach)
        .values(
            tenant_id=tenant_id,
            sla_target_id=promise.sla_target_id,
            scope=subject.scope,
            subscriber_id=subject.subscriber_id,
            device_id=subject.device_id,
            area=subject.area,
            month=first,
            percent=promise.percent,
            down_seconds=row.down_seconds,
            found_at=now,
        )
        .on_conflict_do_nothing()
    )
    return bool(made.rowcount)


async def _devices(
    transaction: AsyncConnection, tenant_id: int, begin: datetime, end: datetime
) -> Mapping[int, Sequence[Down]]:
    rows = await transaction.execute(
        select(alarm.c.device_id, alarm.c.raised_at, alarm.c.cleared_at).where(
            alarm.c.tenant_id == tenant_id,
            alarm.c.kind == AlarmKind.DEVICE_UNREACHABLE,
            alarm.c.raised_at < end,
            func.coalesce(alarm.c.cleared_at, end) > begin,
        )
    )
    found: defaultdict[int, list[Down]] = defaultdict(list)
    for row in rows:
        found[row.device_id].append(Down(begin=row.raised_at, end=row.cleared_at))
    return found


async def _members(
    transaction: AsyncConnection, tenant_id: int, areas: set[str]
) -> Mapping[str, int]:
    rows = await transaction.execute(
        select(subscriber.c.area, func.count().label("members"))
        .where(
            subscriber.c.tenant_id == tenant_id,
            subscriber.c.area.in_(areas),
            subscriber.c.closed_at.is_(None),
        )
        .group_by(subscriber.c.area)
    )
    return dict.fromkeys(areas, 1) | {row.area: row.members for row in rows}
