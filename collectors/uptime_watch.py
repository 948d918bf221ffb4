"""Uptime by day of subscribers, areas and devices, and promises that cannot be kept any more."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from chassis.log import get_logger
from collectors import metrics
from collectors.alarms import Reading
from collectors.store import alarms, tenants
from collectors.store import uptime as store
from collectors.store.only_here import only_here
from collectors.store.uptime import DayRow, Downs, MonthRow
from collectors.symptoms import Limits, Symptom, rules
from collectors.uptime import Downtime, downtime, is_broken, promise_to
from database.connect import Database
from isp.outage import AlarmKind, SlaScope

__all__ = ["UPTIME_SECONDS", "UptimeWatch"]

UPTIME_SECONDS: Final = 300.0
"""How old today's figures may be."""

DAY: Final = timedelta(days=1)
BREACH: Final = rules(Limits())[AlarmKind.SLA_BREACH]


@dataclass
class UptimeWatch:
    """Counts today and yesterday again each turn, which gives the same however often."""

    database: Database
    clock: Clock

    async def turn(self) -> None:
        """Bring uptime and breaches of every tenant up to now."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            zones = await tenants.zones(transaction)
        for tenant_id, zone in zones.items():
            today = now.astimezone(ZoneInfo(zone)).date()
            async with self.database.transaction() as transaction:
                if await only_here(transaction, "count uptime"):
                    for day in (today - DAY, today):
                        await _count_day(transaction, tenant_id, day, zone, now)
                    begun = _midnight(today.replace(day=1), zone)
                    kind = AlarmKind.SLA_BREACH
                    await alarms.clear_older(transaction, tenant_id, kind, begun, now)
                    for month in {(today - DAY).replace(day=1), today.replace(day=1)}:
                        await _look_for_breaches(transaction, tenant_id, month, zone, now)


async def _count_day(transaction: Any, tenant_id: int, day: date, zone: str, now: datetime) -> None:
    begin, end = _midnight(day, zone), min(_midnight(day + DAY, zone), now)
    downs = await store.downs(transaction, tenant_id, begin, end)
    await store.write_days(transaction, tenant_id, day, _rows(downs, begin, end))


def _rows(downs: Downs, begin: datetime, end: datetime) -> list[DayRow]:
    """A row for everything that was down; an area is down by as much as its subscribers are."""
    rows: list[DayRow] = []
    by_area: defaultdict[str, list[Downtime]] = defaultdict(list)
    for subscriber_id, events in downs.subscribers.items():
        found = downtime(events, begin, end)
        rows.append(DayRow(SlaScope.SUBSCRIBER, found, subscriber_id=subscriber_id))
        by_area[downs.areas[subscriber_id]].append(found)
    for device_id, events in downs.devices.items():
        rows.append(DayRow(SlaScope.DEVICE, downtime(events, begin, end), device_id=device_id))
    for area, times in by_area.items():
        if area:
            whole = Downtime(
                down_seconds=sum(each.down_seconds for each in times),
                planned_seconds=sum(each.planned_seconds for each in times),
            )
            rows.append(DayRow(SlaScope.AREA, whole, area=area, members=downs.members[area]))
    return rows


async def _look_for_breaches(
    transaction: Any, tenant_id: int, month: date, zone: str, now: datetime
) -> None:
    promises = await store.promises(transaction, tenant_id)
    if not promises:
        return
    following = (month + 31 * DAY).replace(day=1)
    seconds = (_midnight(following, zone) - _midnight(month, zone)).total_seconds()
    for row in await store.month(transaction, tenant_id, month, following):
        promise = promise_to(row.subject, promises)
        if promise is None or not is_broken(promise, row.down_seconds, seconds, row.members):
            continue
        if await store.breach(transaction, tenant_id, month, promise, row, now):
            await alarms.raise_at_once(transaction, tenant_id, _symptom(row), BREACH, now)
            metrics.sla_breaches.add(promise.scope)
            get_logger("uptime").warning("sla_breached", month=str(month), **_keys(row))


def _symptom(row: MonthRow) -> Symptom:
    keys = _keys(row)
    return Symptom(
        subject=f"sla {' '.join(str(value) for value in keys.values())}",
        kind=AlarmKind.SLA_BREACH,
        reading=Reading.BAD,
        place=row.subject.area,
        device_id=row.subject.device_id or None,
        subscriber_id=row.subject.subscriber_id,
        value=row.down_seconds,
    )


def _keys(row: MonthRow) -> Mapping[str, Any]:
    subject = row.subject
    return {
        "scope": subject.scope,
        "subscriber_id": subject.subscriber_id,
        "device_id": subject.device_id,
        "area": subject.area,
    }


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
