"""What a service should be charged, as segments of days: one plan, one cycle grid, one percent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from billing.account import Account, Service
from billing.calendar import Alignment, CycleRule, cycle_rule
from billing.events import (
    Cancel,
    ChangePlan,
    Discount,
    Resume,
    ServiceEvent,
    SetAnchor,
    Subscribe,
    Suspend,
)
from billing.intervals import FOREVER, Interval
from billing.plans import PlanTerms
from billing.policy import WHOLE, Policy
from isp.service import HoldKind

__all__ = ["Segment", "first_day", "plan_segments", "timeline"]

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """Days that are charged alike.

    `percent` of the price is due. `since` is the first day of the unbroken charging that these
    days belong to: in advance they fall due at their cycle's start, but not before it.
    `unsettled`: a suspension whose end is not known; what was charged before it stays for now.
    """

    days: Interval
    plan: PlanTerms
    rule: CycleRule
    percent: Decimal = WHOLE
    since: date
    unsettled: bool = False


def timeline(account: Account, service: Service, policy: Policy) -> tuple[Segment, ...]:
    """The service's segments in order, from the first day that this system may charge."""
    events = sorted(service.events, key=lambda event: event.on)
    whole = plan_segments(account, service, policy)
    return _suspended(_discounted(whole, events), events, policy)


def plan_segments(account: Account, service: Service, policy: Policy) -> tuple[Segment, ...]:
    """The service's plans over time, before suspensions and discounts: what usage is rated by."""
    events = sorted(service.events, key=lambda event: event.on)
    first = first_day(account, service)
    return tuple(
        replace(each, days=days, since=max(each.since, first))
        for each in _plans(account, events, policy)
        if (days := each.days.intersect(Interval(first, FOREVER)))
    )


def first_day(account: Account, service: Service) -> date:
    """The first day of the service that this system may charge."""
    return max(account.billing_from or date.min, service.invoiced_until or date.min)


def _plans(account: Account, events: Sequence[ServiceEvent], policy: Policy) -> Iterator[Segment]:
    """Segments by plan and grid alone; a last day that is charged belongs to the old plan only."""
    segment: Segment | None = None
    told = date.min
    anchored: tuple[Alignment, int, date] = (policy.alignment, policy.anchor_day, date.min)
    for event in events:
        charged = policy.terms_on(event.on).charge_last_day
        last_day = charged and isinstance(event, Cancel | ChangePlan)
        end = max(event.on + ONE_DAY if last_day else event.on, told)
        following = segment
        match event:
            case Subscribe(plan=plan, anchor_day=anchor_day):
                day = anchor_day or account.anchor_day or policy.anchor_day
                anchored = (policy.alignment, day, event.on)
                following = _opened(plan, cycle_rule(plan.period, *_from(anchored, end)), end)
            case ChangePlan(plan=plan) if segment and plan != segment.plan:
                same = plan.period == segment.plan.period
                rule = segment.rule if same else cycle_rule(plan.period, *_from(anchored, end))
                following = _opened(plan, rule, end)
            case SetAnchor(anchor_day=anchor_day) if segment:
                anchored = (Alignment.ANCHOR, anchor_day, end)
                following = _opened(segment.plan, cycle_rule(segment.plan.period, *anchored), end)
            case Cancel() if segment:
                following = None
            case _:
                continue
        if segment and (days := Interval(segment.days.start, end)):
            yield replace(segment, days=days)
        segment, told = following, end
    if segment:
        yield segment


def _from(anchored: tuple[Alignment, int, date], start: date) -> tuple[Alignment, int, date]:
    """An anniversary counts from the subscription, an anchored grid from where it is needed."""
    alignment, anchor_day, subscribed = anchored
    return alignment, anchor_day, subscribed if alignment is Alignment.ANNIVERSARY else start


def _opened(plan: PlanTerms, rule: CycleRule, start: date) -> Segment:
    return Segment(days=Interval(start, FOREVER), plan=plan, rule=rule, since=start)


def _discounted(
    segments: tuple[Segment, ...], events: Sequence[ServiceEvent]
) -> tuple[Segment, ...]:
    for event in events:
        if isinstance(event, Discount):
            days = Interval(event.on, event.until or FOREVER)
            left = (WHOLE - event.percent) / WHOLE
            segments = tuple(
                replace(part, percent=part.percent * left) if inside else part
                for segment in segments
                for part, inside in _cut(segment, days)
            )
    return segments


def _suspended(
    segments: tuple[Segment, ...], events: Sequence[ServiceEvent], policy: Policy
) -> tuple[Segment, ...]:
    lasts = any(segment.days.end == FOREVER for segment in segments)
    for days, suspended_percent in _by_policy(_suspensions(events), policy):
        share = suspended_percent / WHOLE
        segments = tuple(
            _suspend(part, share, unsettled=days.end == FOREVER and lasts)
            if inside
            else replace(part, since=max(part.since, days.end))
            if part.days.start >= days.end
            else part
            for segment in segments
            for part, inside in _cut(segment, days)
        )
    return segments


def _suspend(segment: Segment, share: Decimal, *, unsettled: bool) -> Segment:
    return replace(segment, percent=segment.percent * share, unsettled=unsettled)


def _by_policy(
    suspensions: Iterable[Interval], policy: Policy
) -> Iterator[tuple[Interval, Decimal]]:
    """The suspended days that cost another share than others, each with its percentage."""
    changes = [
        each.until
        for each in policy.earlier
        if each.suspended_percent != policy.terms_on(each.until).suspended_percent
    ]
    for days in suspensions:
        start = days.start
        for end in (*changes, FOREVER):
            part = Interval(start, min(end, days.end))
            if part:
                percent = policy.terms_on(start).suspended_percent
                if percent != WHOLE:
                    yield part, percent
                start = part.end


def _suspensions(events: Sequence[ServiceEvent]) -> Iterator[Interval]:
    """The days under at least one hold; the end of one that lasts is FOREVER."""
    holds: set[HoldKind] = set()
    since = FOREVER
    for event in events:
        match event:
            case Suspend(hold=hold):
                since = since if holds else event.on
                holds.add(hold)
            case Resume(hold=hold) if hold in holds:
                holds.remove(hold)
                if not holds and since < event.on:
                    yield Interval(since, event.on)
            case _:
                pass
    if holds:
        yield Interval(since, FOREVER)


def _cut(segment: Segment, days: Interval) -> Iterator[tuple[Segment, bool]]:
    """The segment's parts before, in and after the days, each with whether it is inside."""
    before = Interval(segment.days.start, min(segment.days.end, days.start))
    inside = segment.days.intersect(days)
    after = Interval(max(segment.days.start, days.end), segment.days.end)
    for part, is_inside in ((before, False), (inside, True), (after, False)):
        if part:
            yield replace(segment, days=part), is_inside
