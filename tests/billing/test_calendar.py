"""Cycles: computed from the anchor, never from the cycle before."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.calendar import Alignment, CycleRule, Period, cycle_rule, local_day
from billing.intervals import Interval, subtract
from billing.proration import DayCount, day_count
from isp.errors import Refused
from tests.billing.accounts import day

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
periods = st.sampled_from(
    ["1 day", "10 days", "1 week", "1 month", "2 months", "quarter", "1 year"]
)
rules = st.builds(
    cycle_rule, periods.map(Period.parse), st.sampled_from(Alignment), st.integers(1, 31), days
)


@settings(max_examples=200, deadline=None)
@given(rules, days)
def test_every_day_is_in_one_cycle_and_cycles_touch(rule: CycleRule, at: date):
    cycle = rule.cycle(at)

    assert at in cycle
    assert rule.cycle(cycle.start) == cycle
    assert rule.cycle(cycle.end).start == cycle.end


@settings(max_examples=200, deadline=None)
@given(rules, days, st.sampled_from(DayCount))
def test_the_parts_of_a_cycle_count_as_the_whole(rule: CycleRule, at: date, convention):
    cycle = rule.cycle(at)
    parts = (Interval(cycle.start, at), Interval(at, cycle.end))

    assert day_count(cycle, convention) == sum(day_count(part, convention) for part in parts)


def boundaries(rule: CycleRule, start: str, count: int) -> list[str]:
    at = day(start)
    found = []
    for _ in range(count):
        at = rule.cycle(at).end
        found.append(str(at))
    return found


def test_a_31st_comes_back_after_february():
    rule = cycle_rule(Period.parse("1 month"), Alignment.ANCHOR, 31, day("2024-01-31"))

    assert ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"] == (
        boundaries(rule, "2024-01-31", 4)
    )


def test_a_29_february_comes_back_in_leap_years():
    rule = cycle_rule(Period.parse("1 year"), Alignment.ANNIVERSARY, 1, day("2024-02-29"))

    assert ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"] == (
        boundaries(rule, "2024-02-29", 4)
    )


@pytest.mark.parametrize(
    ("period", "start", "expected"),
    [
        ("quarter", "2024-05-20", ("2024-04-01", "2024-07-01")),
        ("1 year", "2024-05-20", ("2024-01-01", "2025-01-01")),
        ("1 week", "2024-05-22", ("2024-05-20", "2024-05-27")),
        ("1 month", "2024-05-20", ("2024-05-01", "2024-06-01")),
    ],
)
def test_calendar_cycles_begin_with_the_calendar(period, start, expected):
    rule = cycle_rule(Period.parse(period), Alignment.CALENDAR, 17, day(start))
    cycle = rule.cycle(day(start))

    assert expected == (str(cycle.start), str(cycle.end))


@pytest.mark.parametrize("text", ["", "month 1", "0 months", "1.5 months", "9999 years", "1 moon"])
def test_a_period_that_cannot_be_billed_is_refused(text):
    with pytest.raises(Refused, match="period"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("zone", "expected"), [("America/New_York", "2024-03-31"), ("Europe/Paris", "2024-04-01")]
)
def test_the_local_day_decides(zone, expected):
    """Invariant 25."""
    assert day(expected) == local_day(datetime.fromisoformat("2024-04-01T01:00:00+00:00"), zone)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_subtracting_leaves_exactly_the_other_days(pairs):
    first = date(2024, 1, 1).toordinal()
    whole = Interval(date.fromordinal(first + 5), date.fromordinal(first + 35))
    taken = [
        Interval(date.fromordinal(first + min(p)), date.fromordinal(first + max(p))) for p in pairs
    ]
    every = {date.fromordinal(n) for n in range(first + 5, first + 35)}
    rest = subtract(whole, taken)

    assert {d for d in every if not any(d in t for t in taken)} == {
        d for d in every if any(d in r for r in rest)
    }
    assert all(rest)
