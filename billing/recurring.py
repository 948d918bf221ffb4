"""Recurring charges: what should have been charged, less what was; and the reverse.

The net of one tariff (plan version, price, percent) in one cycle is the rounded share of the days
it covers, whatever the history: a charge adds what is missing to that share, a repair takes back
what is over. Running again over one's own documents therefore adds nothing.

It is more than the share only where other credits (a credit note, an adjustment) had given back of
days that are then taken back: a repair gives no more than they left, so what they gave stays over.
A later charge in the cycle is less by it and never below zero; a repair of other days does not
give it again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from billing.account import Account, Service
from billing.coverage import Charged, Coverage, coverage_of
from billing.documents import Basis, Line, LineKind, fresh_key
from billing.intervals import Interval
from billing.money import ZERO
from billing.policy import WHOLE, Policy, Timing
from billing.proration import DayCount, counted_by, day_count, share
from billing.timeline import Segment

__all__ = ["Slice", "next_due", "recurring_lines", "slices"]

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """The days of a segment in one cycle, and the day on which they fall due."""

    segment: Segment
    days: Interval
    cycle: Interval
    due_on: date


def slices(segment: Segment, days: Interval, through: date, timing: Timing) -> Iterator[Slice]:
    """Every slice of these days of the segment that falls due on or before `through`, in order.

    Prepaid days fall due one by one and never in arrears: only `through` itself is due.
    """
    if timing is Timing.PREPAID:
        days = days.intersect(Interval(through, through + ONE_DAY))
    day = days.start
    while day < days.end:
        cycle = segment.rule.cycle(day)
        part = cycle.intersect(days)
        match timing:
            case Timing.ARREARS:
                due_on = cycle.intersect(segment.days).end
            case Timing.ADVANCE:
                due_on = max(segment.since, cycle.start)
            case Timing.PREPAID:
                due_on = through
        if due_on > through:
            break
        yield Slice(segment=segment, days=part, cycle=cycle, due_on=due_on)
        day = part.end


def next_due(segments: Iterable[Segment], after: date, timing: Timing) -> Iterator[date]:
    """For each segment the first day later than `after` on which a slice of it falls due."""
    for segment in segments:
        day = max(segment.days.start, after)
        cycle = segment.rule.cycle(day)
        if timing is Timing.PREPAID:
            due_on = max(segment.days.start, after + ONE_DAY)
        elif timing is Timing.ARREARS:
            due_on = min(cycle.end, segment.days.end)
        else:
            first = max(segment.since, segment.rule.cycle(segment.days.start).start)
            due_on = first if first > after else cycle.end
        if after < due_on and (timing is Timing.ARREARS or due_on < segment.days.end):
            yield due_on


def recurring_lines(
    account: Account,
    service: Service,
    segments: tuple[Segment, ...],
    through: date,
    policy: Policy,
) -> tuple[Line, ...]:
    """Repairs of what is charged and should not be, then charges of what is due and is not.

    A line that rounding leaves at zero is a line: it says whose days they are. Days that are
    free have none.
    """
    taken = account.keys()
    coverage = coverage_of(account, service.service)
    lines: list[Line] = []
    for charged, days in tuple(coverage.unwanted(segments)):
        for line in _repairs(coverage, charged, days, account.currency, policy, taken):
            coverage = coverage.with_repair(line)
            lines.append(line)
    for segment in segments:
        if not segment.plan.price * segment.percent:
            continue
        for free in coverage.uncovered(segment):
            for due in slices(segment, free, through, policy.timing):
                line = _charge(coverage, service, due, account.currency, policy, taken)
                coverage = coverage.with_charge(line)
                lines.append(line)
    return tuple(lines)


def _charge(
    coverage: Coverage,
    service: Service,
    due: Slice,
    currency: str,
    policy: Policy,
    taken: tuple[str, ...],
) -> Line:
    plan = due.segment.plan
    basis = Basis(
        plan=plan.key,
        price=plan.price,
        percent=due.segment.percent,
        cycle=due.cycle,
        days=day_count(due.days, policy.day_count),
        of_days=day_count(due.cycle, policy.day_count),
    )
    covered, net = coverage.in_cycle(basis, policy.day_count)
    missing = _target(basis, covered + basis.days, currency) - net
    return Line(
        kind=LineKind.RECURRING,
        service=service.service,
        description=plan.name,
        period=due.days,
        unit_price=plan.price,
        net=max(ZERO, missing),
        tax_code=plan.tax.code,
        tax_percent=plan.tax.percent_on(due.due_on),
        charge_key=fresh_key(
            f"{service.service}/recurring/{plan.key}/{due.days.start}..{due.days.end}", taken
        ),
        basis=basis,
    )


def _repairs(
    coverage: Coverage,
    charged: Charged,
    days: Interval,
    currency: str,
    policy: Policy,
    taken: tuple[str, ...],
) -> Iterator[Line]:
    """Never more than is left of the line, whose days are counted as they were when it was made.

    What rounding had told to another line of the cycle goes back from that one. What other credits
    gave of days that are gone was given once: it is over before this repair, and stays so.
    """
    siblings = coverage.of_tariff(charged.basis)
    now = next(each for each in siblings if each.line == charged.line)
    convention = counted_by(now.basis.cycle, now.basis.of_days, policy.day_count)
    count = day_count(days, convention)
    covered, net = coverage.in_cycle(now.basis, convention)
    over = net - _target(now.basis, covered - count, currency)
    spent = sum((_spent(each, currency, convention) for each in siblings if each is not now), ZERO)
    before = max(ZERO, net - _target(now.basis, covered, currency))
    own = over - min(spent, before)
    yield _repair(now, days, count, max(ZERO, min(own, now.left)), taken)
    residue = over - spent - now.net
    for other in siblings:
        part = min(residue, other.left)
        if other is not now and part > ZERO:
            residue -= part
            yield _repair(other, days, 0, part, taken)


def _spent(charged: Charged, currency: str, convention: DayCount) -> Decimal:
    """What other credits gave of a line beyond the days that it has still."""
    worth = _target(charged.basis, charged.days(convention), currency)
    return max(ZERO, min(charged.net - charged.left, charged.net - worth))


def _repair(
    charged: Charged, days: Interval, count: int, amount: Decimal, taken: tuple[str, ...]
) -> Line:
    key = f"{charged.line.charge_key}/repair/{days.start}..{days.end}"
    return replace(
        charged.line,
        kind=LineKind.REPAIR,
        period=days,
        net=-amount,
        tax=ZERO,
        charge_key=fresh_key(key, taken),
        corrects=charged.line.charge_key,
        basis=replace(charged.basis, days=count),
    )


def _target(basis: Basis, days: int, currency: str) -> Decimal:
    return share(basis.price * basis.percent / WHOLE, days, basis.of_days, currency)
