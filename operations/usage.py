"""What a service used, by the calendar days of its tenant."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Date, Row, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.sessions import usage_hourly
from isp.errors import ExitCode, Refused
from operations import tenants
from operations.service_record import ServiceRecord

__all__ = ["DAYS_SHOWN", "DayOfUsage", "by_day"]

DAYS_SHOWN = 31
"""From when usage is shown unless it is said: a month and the day before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayOfUsage:
    """Octets of one day and traffic class, seen from the subscriber."""

    day: date
    traffic_class: str
    octets_down: int
    octets_up: int


async def by_day(
    transaction: AsyncConnection,
    found: ServiceRecord,
    *,
    since: date | None = None,
    until: date | None = None,
    now: datetime,
) -> tuple[DayOfUsage, ...]:
    """Usage from `since` to, and without, `until`; None: the last month, up to now."""
    owner = await tenants.of(transaction, found.tenant_id)
    since = since or owner.today(now) - timedelta(days=DAYS_SHOWN)
    until = until or owner.today(now) + timedelta(days=1)
    if since >= until:
        problem = f"{since} is not before {until}, the first day not shown"
        raise Refused(problem, remedy="give an earlier first day", exit_code=ExitCode.USAGE)
    day = cast(func.timezone(owner.zone, usage_hourly.c.hour), Date)
    rows = await transaction.execute(
        select(
            day.label("day"),
            usage_hourly.c.traffic_class,
            func.sum(usage_hourly.c.octets_down).label("octets_down"),
            func.sum(usage_hourly.c.octets_up).label("octets_up"),
        )
        .where(
            usage_hourly.c.subscriber_id == found.subscriber_id,
            usage_hourly.c.service_id == found.service_id,
            usage_hourly.c.hour >= owner.midnight(since),
            usage_hourly.c.hour < owner.midnight(until),
        )
        .group_by(day, usage_hourly.c.traffic_class)
        .order_by(day, usage_hourly.c.traffic_class)
    )
    return tuple(_day(row) for row in rows)


def _day(row: Row) -> DayOfUsage:
    return DayOfUsage(
        day=row.day,
        traffic_class=row.traffic_class,
        octets_down=int(row.octets_down),
        octets_up=int(row.octets_up),
    )
