"""Uptime, and the promises about it.

Pure. Downtime is the time in certain outages, once where several overlap; planned work is told
apart. A promise is about a calendar month, and broken as soon as no more of the month can save it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from isp.outage import SlaScope

__all__ = ["Down", "Downtime", "Promise", "Subject", "downtime", "is_broken", "promise_to"]

NARROWEST_FIRST: Final = (SlaScope.SUBSCRIBER, SlaScope.PLAN, SlaScope.PROVIDER)
"""What may be promised to a subscriber; an area's promise is about the area as a whole."""

WHOLE: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Down:
    """One outage of something, `end` None while it lasts."""

    begin: datetime
    end: datetime | None
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Downtime:
    """Seconds down unplanned, and down in planned work only."""

    down_seconds: int
    planned_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A target; of the keys, that of its scope is set."""

    sla_target_id: int
    scope: SlaScope
    percent: Decimal
    area: str | None = None
    plan_id: int | None = None
    subscriber_id: int | None = None
    device_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a promise may be about; a subscriber with his plans, an area, or a device."""

    scope: SlaScope
    subscriber_id: int = 0
    device_id: int = 0
    area: str = ""
    plan_ids: frozenset[int] = frozenset()


def downtime(downs: Iterable[Down], begin: datetime, end: datetime) -> Downtime:
    """How much of the time from `begin` to `end` something was down."""
    events = list(downs)
    unplanned = _union(((each.begin, each.end) for each in events if not each.planned), begin, end)
    either = _union(((each.begin, each.end) for each in events), begin, end)
    return Downtime(down_seconds=round(unplanned), planned_seconds=round(either - unplanned))


def promise_to(subject: Subject, promises: Iterable[Promise]) -> Promise | None:
    """The promise that counts: to a subscriber the narrowest, among equals the highest."""
    wanted = NARROWEST_FIRST if subject.scope is SlaScope.SUBSCRIBER else (subject.scope,)
    about = sorted(
        (
            promise
            for promise in promises
            if promise.scope in wanted and _is_about(promise, subject)
        ),
        key=lambda promise: (wanted.index(promise.scope), -promise.percent),
    )
    return about[0] if about else None


def is_broken(promise: Promise, down_seconds: int, period_seconds: float, members: int) -> bool:
    """Whether so much downtime, summed over `members`, is more than the whole period allows."""
    allowed = (WHOLE - promise.percent) / WHOLE * Decimal(period_seconds) * members
    return down_seconds > allowed


def _is_about(promise: Promise, subject: Subject) -> bool:
    keys: Mapping[SlaScope, bool] = {
        SlaScope.PROVIDER: True,
        SlaScope.AREA: promise.area == subject.area,
        SlaScope.PLAN: promise.plan_id in subject.plan_ids,
        SlaScope.SUBSCRIBER: promise.subscriber_id == subject.subscriber_id,
        SlaScope.DEVICE: promise.device_id == subject.device_id,
    }
    return keys[promise.scope]


def _union(
    intervals: Iterable[tuple[datetime, datetime | None]], begin: datetime, end: datetime
) -> float:
    """Seconds that any of the intervals covers within the bounds."""
    covered, until = 0.0, begin
    for first, last in sorted(intervals, key=lambda each: each[0]):
        start, stop = max(first, until), min(last or end, end)
        if stop > start:
            covered += (stop - start).total_seconds()
            until = stop
    return covered
