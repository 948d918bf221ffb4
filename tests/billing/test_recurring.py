"""What is charged and what is given back: the acceptance cases of other engines, and our own."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.account import Account
from billing.allocation import position
from billing.calendar import Alignment
from billing.corrections import adjustment, credit_note
from billing.events import (
    Adjust,
    Cancel,
    ChangePlan,
    CreditNote,
    Resume,
    ServiceEvent,
    SetAnchor,
    Subscribe,
    Suspend,
)
from billing.policy import Policy, Timing
from billing.proration import DayCount
from billing.trace import from_trace, to_trace
from tests.billing.accounts import account, and_then, billed, charges, day, paid, plan


def subscribe(on: str, price: str, anchor: int | None = None, **terms: str) -> Subscribe:
    return Subscribe(service="s1", on=day(on), plan=plan(price, **terms), anchor_day=anchor)


def change(on: str, price: str, name: str = "other") -> ChangePlan:
    return ChangePlan(service="s1", on=day(on), plan=plan(price, name=name))


def test_the_31st_is_clamped_in_short_months_and_comes_back():
    """T1 (Kill Bill): the first stub is 29 of the 31 days of its full cycle."""
    story = billed(account(subscribe("2012-03-02", "599.95", anchor=31)), "2012-03-02")
    story = billed(and_then(story, change("2012-03-31", "29.95")), "2012-06-30")

    assert charges(story.documents) == [
        ("2012-03-02", "2012-03-31", "561.24"),
        ("2012-03-31", "2012-04-30", "29.95"),
        ("2012-04-30", "2012-05-31", "29.95"),
        ("2012-05-31", "2012-06-30", "29.95"),
        ("2012-06-30", "2012-07-31", "29.95"),
    ]


def test_a_changed_anchor_charges_the_stub_by_the_length_of_the_new_cycle():
    """T3 (Kill Bill)."""
    story = account(
        subscribe("2016-05-01", "249.95"),
        SetAnchor(service="s1", on=day("2016-05-01"), anchor_day=15),
    )

    assert charges(billed(story, "2016-05-15").documents) == [
        ("2016-05-01", "2016-05-15", "116.64"),
        ("2016-05-15", "2016-06-15", "249.95"),
    ]


def test_days_already_paid_are_not_charged_again_after_an_anchor_change():
    """Invariant 28 (Kill Bill): 14 of 31, then 26 of 31."""
    story = billed(account(subscribe("2016-05-01", "249.95")), "2016-05-01")
    story = and_then(story, SetAnchor(service="s1", on=day("2016-05-02"), anchor_day=15))
    story = billed(story, "2016-06-15")
    story = and_then(story, SetAnchor(service="s1", on=day("2016-06-16"), anchor_day=10))

    assert charges(billed(story, "2016-07-10").documents) == [
        ("2016-05-01", "2016-06-01", "249.95"),
        ("2016-06-01", "2016-06-15", "112.88"),
        ("2016-06-15", "2016-07-15", "249.95"),
        ("2016-07-15", "2016-08-10", "209.64"),
    ]


def test_an_upgrade_after_an_anchor_change_credits_what_is_left_of_the_old_plan():
    """T5 (Kill Bill)."""
    story = billed(account(subscribe("2016-05-01", "249.95")), "2016-05-01")
    story = and_then(
        story,
        SetAnchor(service="s1", on=day("2016-05-02"), anchor_day=10),
        change("2016-05-05", "599.95"),
    )
    story = billed(story, "2016-05-05")

    assert (charges(story.documents[1:])) == [
        ("2016-05-05", "2016-06-01", "-217.70"),
        ("2016-05-05", "2016-05-10", "99.99"),
    ]
    assert Decimal("-117.71") == story.documents[1].total
    assert (charges(billed(story, "2016-05-10").documents[2:])) == [
        ("2016-05-10", "2016-06-10", "599.95")
    ]


def test_thirty_360_counts_every_month_as_thirty_days():
    """T7 (Kill Bill): 8 and 22 days, whether the month has 30 days or 31."""
    policy = Policy(day_count=DayCount.THIRTY_360, anchor_day=15)
    story = billed(account(subscribe("2023-05-15", "19.95")), "2023-05-15", policy)
    story = billed(
        and_then(story, Cancel(service="s1", on=day("2023-05-23"))), "2023-05-23", policy
    )

    assert (charges(story.documents)) == [
        ("2023-05-15", "2023-06-15", "19.95"),
        ("2023-05-23", "2023-06-15", "-14.63"),
    ]


def test_an_annual_plan_cancelled_after_a_month_gives_back_335_of_365_days():
    """T11 (Kill Bill)."""
    story = account(subscribe("2013-08-18", "2399.95", anchor=18, period="1 year"))
    story = billed(story, "2013-08-18")
    story = billed(and_then(story, Cancel(service="s1", on=day("2013-09-17"))), "2013-09-17")

    assert Decimal("-2202.69") == story.documents[1].total

    story = paid(story, "2013-08-18", "2399.95")

    assert Decimal("2202.69") == position(story, day("2013-09-17")).credit


def test_a_quarter_in_arrears_charges_the_last_day_when_the_policy_says_so():
    """T13 (Lago): 32 of 91 days at 10.00."""
    policy = Policy(timing=Timing.ARREARS, alignment=Alignment.CALENDAR, charge_last_day=True)
    story = account(
        subscribe("2024-05-20", "910.00", period="1 quarter"),
        Cancel(service="s1", on=day("2024-06-20")),
    )

    assert (charges(billed(story, "2024-07-01", policy).documents)) == [
        ("2024-05-20", "2024-06-21", "320.00")
    ]


@pytest.mark.parametrize(("charge_last_day", "given_back"), [(True, "-17.00"), (False, "-18.00")])
def test_the_day_of_a_cancel_is_charged_or_not_by_policy(charge_last_day, given_back):
    """T15 (Lago): 17 or 18 of 29 days."""
    policy = Policy(charge_last_day=charge_last_day)
    story = billed(account(subscribe("2024-02-01", "29.00")), "2024-02-01", policy)
    story = and_then(story, Cancel(service="s1", on=day("2024-02-12")))

    assert given_back == charges(billed(story, "2024-02-14", policy).documents)[1][2]


def test_a_leap_february_has_29_days():
    """T21 (OpenMeter)."""
    story = billed(account(subscribe("2024-02-01", "100.00")), "2024-02-01")
    story = and_then(story, Cancel(service="s1", on=day("2024-02-16")))

    assert (charges(billed(story, "2024-02-16").documents)[1]) == (
        "2024-02-16",
        "2024-03-01",
        "-48.28",
    )


def test_a_repair_that_rounding_leaves_at_zero_still_says_whose_days_they_are():
    """16 of 31 days of a yen are a yen: nothing goes back, and no line covers a day twice."""
    story = billed(account(subscribe("2024-01-01", "1"), currency="JPY"), "2024-01-01")
    story = billed(and_then(story, change("2024-01-17", "310")), "2024-01-17")

    assert charges(story.documents[1:]) == [
        ("2024-01-17", "2024-02-01", "0"),
        ("2024-01-17", "2024-02-01", "150"),
    ]


def test_lines_of_nothing_make_no_document_and_go_with_the_next():
    story = billed(account(subscribe("2024-01-01", "1"), currency="JPY"), "2024-01-01")
    ended = and_then(story, Cancel(service="s1", on=day("2024-01-17")))
    again = and_then(ended, replace(subscribe("2024-01-20", "310"), service="s1"))

    assert len(billed(ended, "2024-01-31").documents) == 1
    assert charges(billed(again, "2024-01-20").documents[1:]) == [
        ("2024-01-17", "2024-02-01", "0"),
        ("2024-01-20", "2024-02-01", "120"),
    ]


def test_free_days_have_no_line():
    assert billed(account(subscribe("2024-01-01", "0")), "2024-03-01").documents == ()


def test_what_rounding_told_to_another_line_of_the_cycle_goes_back_from_that_one():
    """9 and 11 of 31 days were charged as 0.29 and 0.36; the 11 alone are 0.35."""
    story = billed(account(subscribe("2024-01-01", "1.00")), "2024-01-01")
    story = billed(and_then(story, change("2024-01-10", "50.00")), "2024-01-10")
    back = ChangePlan(service="s1", on=day("2024-01-21"), plan=plan("1.00"))
    story = billed(and_then(story, back), "2024-01-21")
    late = replace(change("2024-01-01", "0", name="free"), recorded_on=day("2024-01-26"))
    story = billed(and_then(story, late), "2024-01-26")

    assert charges(story.documents[-1:]) == [
        ("2024-01-01", "2024-01-10", "-0.29"),
        ("2024-01-01", "2024-01-10", "-0.01"),
    ]


def test_a_charge_is_never_negative_after_a_goodwill_that_outlived_its_days():
    """10.00 were given, then all days taken back; one day sold again is covered by what is left."""
    story = billed(account(subscribe("2024-01-01", "31.00")), "2024-01-01")
    goodwill = Adjust(
        on=day("2024-01-01"),
        reference="g",
        amount=Decimal("-10.00"),
        description="goodwill",
        service="s1",
    )
    given = adjustment(story, goodwill, Policy())
    story = replace(story, documents=(*story.documents, given))
    story = billed(and_then(story, Cancel(service="s1", on=day("2024-01-01"))), "2024-01-01")
    story = and_then(story, subscribe("2024-01-05", "31.00"))
    for_a_day = Cancel(service="s1", on=day("2024-01-06"), recorded_on=day("2024-01-05"))
    story = billed(and_then(story, for_a_day), "2024-01-31")

    assert charges(story.documents[2:]) == [("2024-01-01", "2024-02-01", "-21.00")]


def test_prepaid_days_worth_less_than_the_smallest_coin_sum_to_the_price():
    policy = Policy(timing=Timing.PREPAID)
    story = paid(account(subscribe("2024-04-01", "20"), currency="JPY"), "2024-04-01", "100")
    for each in range(1, 31):
        story = billed(story, f"2024-04-{each:02}", policy)

    assert sum(document.total for document in story.documents) == 20


def test_a_run_repeated_makes_nothing():
    """T49 (Kill Bill): a daily plan, run twice for one day."""
    story = billed(account(subscribe("2024-04-13", "1.00", period="1 day")), "2024-04-13")

    assert len(story.documents) == 1
    assert story == billed(story, "2024-04-13")


def test_no_document_covers_a_day_before_billing_from():
    story = account(subscribe("2024-01-01", "30.00"), billing_from=date(2024, 4, 11))

    assert charges(billed(story, "2024-04-30").documents) == [("2024-04-11", "2024-05-01", "20.00")]


def test_a_charged_last_day_is_not_charged_again_to_a_service_that_starts_on_it():
    policy = Policy(charge_last_day=True)
    story = account(
        subscribe("2024-06-01", "30.00"),
        Cancel(service="s1", on=day("2024-06-10")),
        subscribe("2024-06-10", "60.00", name="other"),
    )

    assert [
        ("2024-06-01", "2024-07-01", "30.00"),
        ("2024-06-11", "2024-07-01", "-20.00"),
        ("2024-06-11", "2024-07-01", "40.00"),
    ] == charges(billed(story, "2024-06-30", policy).documents)


def test_no_document_covers_a_day_that_an_earlier_system_has_invoiced():
    story = account(subscribe("2020-01-17", "30.00"))
    service = replace(story.services[0], invoiced_until=day("2024-04-11"))
    story = billed(replace(story, services=(service,)), "2024-05-01")

    assert [("2024-04-11", "2024-05-01", "20.00"), ("2024-05-01", "2024-06-01", "30.00")] == (
        charges(story.documents)
    )


@pytest.mark.parametrize(
    ("start", "end", "price", "policy", "expected"),
    [
        # T17 (Lago): a calendar month from its 11th, the trial being over
        ("2024-03-11", None, "35.00", Policy(alignment=Alignment.CALENDAR), "23.71"),
        # T19 (Lago): two of 30 days, the last one charged
        (
            "2023-09-05",
            "2023-09-06",
            "10.00",
            Policy(alignment=Alignment.CALENDAR, timing=Timing.ARREARS, charge_last_day=True),
            "0.67",
        ),
    ],
)
def test_a_part_of_a_calendar_month_costs_its_days(start, end, price, policy, expected):
    events = [subscribe(start, price)]
    if end:
        events.append(Cancel(service="s1", on=day(end)))
    first = billed(account(*events), "2024-03-31", policy).documents[0]

    assert expected == str(first.net)


def test_a_service_entered_late_gets_one_invoice_and_one_entered_in_time_gets_two():
    """T23 (Splynx): 15 to 31 March in March, or 15 March to 30 April in April."""
    in_time = subscribe("2024-03-15", "31.00")
    late = replace(in_time, recorded_on=day("2024-04-01"))
    days = [("2024-03-15", "2024-04-01", "17.00"), ("2024-04-01", "2024-05-01", "31.00")]

    assert days == charges(billed(account(late), "2024-04-01").documents)
    assert 1 == len(billed(account(late), "2024-04-01").documents)
    assert 2 == len(billed(account(in_time), "2024-04-01").documents)


def test_a_line_survives_being_stored():
    story = billed(account(subscribe("2024-02-01", "29.00")), "2024-02-01")
    story = billed(and_then(story, Cancel(service="s1", on=day("2024-02-12"))), "2024-02-14")
    for line in (line for document in story.documents for line in document.lines):
        assert (line.corrects, line.basis) == from_trace(json.loads(json.dumps(to_trace(line))))


SUSPENDED_FREE = Policy(suspended_percent=Decimal(0))


def stays(*days: tuple[str, str]) -> tuple[ServiceEvent, ...]:
    """One subscription of 31.00 a month, suspended between its stays; told on 30 January."""
    [(first, _), *later] = days
    events = (
        subscribe(f"2024-01-{first}", "31.00", anchor=1),
        *(Suspend(service="s1", on=day(f"2024-01-{until}")) for _, until in days if until),
        *(Resume(service="s1", on=day(f"2024-01-{since}")) for since, _ in later),
    )
    return tuple(replace(event, recorded_on=day("2024-01-30")) for event in events)


def after_credit(amount: str) -> Account:
    """Charged 9.00 for 1 to 10 January and 11.00 for 21 to 31; the first is credited in part."""
    story = billed(account(*stays(("01", "10"), ("21", ""))), "2024-01-30", SUSPENDED_FREE)
    event = CreditNote(on=day("2024-01-30"), reference="c1", amount=Decimal(amount))
    credit = credit_note(story, event, SUSPENDED_FREE)
    return replace(story, documents=(*story.documents, credit))


def rewritten(story: Account, *days: tuple[str, str]) -> tuple[Account, list[str]]:
    """The same documents and another history, as a late correction leaves it; what it changes."""
    services = account(*stays(*days)).services
    after = billed(replace(story, services=services), "2024-01-30", SUSPENDED_FREE)
    made = after.documents[len(story.documents) :]
    return after, [str(line.net) for document in made for line in document.lines if line.net]


def test_what_a_credit_gave_of_days_that_are_gone_is_not_given_again_with_others():
    story, gone = rewritten(after_credit("5.00"), ("21", ""))
    story, one_day = rewritten(story, ("22", ""))
    story, the_rest = rewritten(story, ("31", ""))

    assert (["-4.00"], ["-1.00"], ["-9.00"]) == (gone, one_day, the_rest)


def test_what_a_credit_gave_beyond_the_days_left_of_a_line_is_not_given_again_with_others():
    story, gone = rewritten(after_credit("9.00"), ("01", "02"), ("21", ""))
    story, one_day = rewritten(story, ("01", "02"), ("22", ""))

    assert ([], ["-1.00"]) == (gone, one_day)


def test_what_a_credit_gave_lowers_the_charge_of_the_same_days_and_their_repair():
    story, gone = rewritten(after_credit("5.00"), ("21", ""))
    story, again = rewritten(story, ("01", "10"), ("21", ""))
    story, one_day = rewritten(story, ("01", "09"), ("21", ""))
    story, the_rest = rewritten(story, ("21", ""))

    assert (["-4.00"], ["4.00"], ["-1.00"], ["-3.00"]) == (gone, again, one_day, the_rest)


def test_a_change_to_the_plan_that_he_has_splits_no_cycle():
    story = account(
        Subscribe(service="s1", on=day("2024-05-01"), plan=plan("31.00")),
        ChangePlan(
            service="s1", on=day("2024-05-15"), plan=plan("31.00"), recorded_on=day("2024-05-01")
        ),
    )

    assert [Decimal("31.00")] == [
        document.total for document in billed(story, "2024-05-31").documents
    ]
