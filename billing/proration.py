"""The price of part of a cycle: one side is computed, the other is what is left."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.intervals import Interval
from billing.money import rounded

__all__ = ["DayCount", "counted_by", "day_count", "share"]

DAYS_PER_MONTH = 30
DAYS_PER_YEAR = 360


class DayCount(StrEnum):
    """How days are counted: as they are, or every month as 30 and every year as 360."""

    ACTUAL = "actual"
    THIRTY_360 = "30/360"


def day_count(interval: Interval, convention: DayCount) -> int:
    """Days in the interval; additive, so that the parts of a cycle count as the whole does."""
    match convention:
        case DayCount.ACTUAL:
            return (interval.end - interval.start).days
        case DayCount.THIRTY_360:
            return _day_number_30_360(interval.end) - _day_number_30_360(interval.start)


def counted_by(cycle: Interval, of_days: int, usual: DayCount) -> DayCount:
    """The convention by which the cycle has that many days; the usual one where it fits."""
    fitting = (each for each in (usual, *DayCount) if day_count(cycle, each) == of_days)
    return next(fitting, usual)


def share(price: Decimal, days: int, of_days: int, currency: str) -> Decimal:
    """What `days` of a cycle of `of_days` cost, rounded; the whole costs `price`."""
    return rounded(price * days / of_days, currency) if of_days else rounded(price, currency)


def _day_number_30_360(day: date) -> int:
    """The day's number where the last day of every month is its 30th (30E/360 ISDA)."""
    last = day.day == monthrange(day.year, day.month)[1]
    of_month = DAYS_PER_MONTH if last else min(day.day, DAYS_PER_MONTH)
    return day.year * DAYS_PER_YEAR + day.month * DAYS_PER_MONTH + of_month
