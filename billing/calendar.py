"""Billing cycles: every boundary is computed from the anchor, none from the boundary before.

A 31st that was clamped to 28 February is the 31st again in March. "last" is therefore the
same rule as 31: both are the last day of each month.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from billing.intervals import Interval
from isp.errors import Refused

__all__ = ["LAST_DAY", "Alignment", "CycleRule", "Period", "Unit", "cycle_rule", "local_day"]

LAST_DAY = 31
MONTHS_PER_YEAR = 12
DAYS_PER_WEEK = 7
A_MONDAY = date(2001, 1, 1)
LONGEST_PERIOD = 1200  # a hundred years of months: what is longer is a slip of the pen
PERIOD_FORM = re.compile(r"(?:(\d{1,4}) +)?(day|week|month|quarter|year)s?")


class Unit(StrEnum):
    """What cycles are counted in; quarters and years are months, weeks are days."""

    DAY = "day"
    MONTH = "month"


class Alignment(StrEnum):
    """Where cycles begin: on the anchor day, with the calendar, or with the service's own start."""

    ANCHOR = "anchor"
    CALENDAR = "calendar"
    ANNIVERSARY = "anniversary"


@dataclass(frozen=True, slots=True)
class Period:
    """How long one price pays for."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Period":
        """`"1 month"`, `"3 months"`, `"quarter"`, `"2 weeks"`, `"1 year"`."""
        match = PERIOD_FORM.fullmatch(text.strip().lower())
        count = int(match[1] or 1) if match else 0
        if not match or not 0 < count <= LONGEST_PERIOD:
            raise Refused(
                f"period {text!r} is not one that can be billed",
                remedy='write it as "N day|week|month|quarter|year", as "1 month"',
            )
        months = {"month": 1, "quarter": 3, "year": MONTHS_PER_YEAR}.get(match[2])
        if months:
            return cls(count * months, Unit.MONTH)
        return cls(count * (DAYS_PER_WEEK if match[2] == "week" else 1), Unit.DAY)


@dataclass(frozen=True, slots=True)
class CycleRule:
    """An endless grid of cycles: every `period`, such that `origin` is in the grid.

    For months the grid falls on `anchor_day` of the month, clamped to that month's last day.
    """

    period: Period
    origin: date
    anchor_day: int

    def cycle(self, day: date) -> Interval:
        """The cycle that contains `day`."""
        at = self._guess(day)
        while self.boundary(at) > day:
            at -= 1
        while self.boundary(at + 1) <= day:
            at += 1
        return Interval(self.boundary(at), self.boundary(at + 1))

    def boundary(self, number: int) -> date:
        """First day of the cycle `number` (0 begins at the origin, negative ones before)."""
        if self.period.unit is Unit.DAY:
            return self.origin + timedelta(days=number * self.period.count)
        month = _month_number(self.origin) + number * self.period.count
        return _day_of_month(month, self.anchor_day)

    def _guess(self, day: date) -> int:
        if self.period.unit is Unit.DAY:
            return (day - self.origin).days // self.period.count
        return (_month_number(day) - _month_number(self.origin)) // self.period.count


def cycle_rule(period: Period, alignment: Alignment, anchor_day: int, start: date) -> CycleRule:
    """The grid of a service that starts (or changes its anchor or its period) on `start`."""
    match alignment:
        case Alignment.ANNIVERSARY:
            return CycleRule(period, start, start.day)
        case Alignment.CALENDAR if period.unit is Unit.MONTH:
            first = _month_number(start) // period.count * period.count
            return CycleRule(period, _day_of_month(first, 1), 1)
        case Alignment.CALENDAR if period.count % DAYS_PER_WEEK == 0:
            return CycleRule(period, A_MONDAY, anchor_day)
        case Alignment.ANCHOR if period.unit is Unit.MONTH:
            month = _month_number(start)
            anchor = _day_of_month(month, anchor_day)
            later = anchor if anchor >= start else _day_of_month(month + 1, anchor_day)
            return CycleRule(period, later, anchor_day)
        case _:
            return CycleRule(period, start, anchor_day)


def local_day(instant: datetime, zone: str) -> date:
    """The calendar day of an instant where the subscriber lives."""
    return instant.astimezone(ZoneInfo(zone)).date()


def _month_number(day: date) -> int:
    return day.year * MONTHS_PER_YEAR + day.month - 1


def _day_of_month(month_number: int, day: int) -> date:
    year, month = divmod(month_number, MONTHS_PER_YEAR)
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
