"""Another policy is for the days after it: what was charged before stays as it was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from billing.events import Cancel, Resume, Subscribe, Suspend
from billing.policy import WHOLE, Earlier, Policy
from billing.proration import DayCount
from billing.settings import parse_policy
from isp.errors import Refused
from tests.billing.accounts import account, and_then, billed, day, plan

CHARGES = Policy()
CREDITS = replace(CHARGES, suspended_percent=Decimal(0))
STORY = account(
    Subscribe(service="s1", on=day("2024-05-01"), plan=plan("310.00")),
    Suspend(service="s1", on=day("2024-05-11")),
    Resume(service="s1", on=day("2024-05-21")),
)


def since(until: str, policy: Policy, before: Policy) -> Policy:
    was = Earlier(
        until=day(until),
        charge_last_day=before.charge_last_day,
        suspended_percent=before.suspended_percent,
    )
    return replace(policy, earlier=(was,))


def given_back(policy: Policy) -> Decimal:
    story = billed(STORY, "2024-06-01", policy)
    return 2 * Decimal(310) - sum(line.net for line in story.standing_lines())


@pytest.mark.parametrize(
    ("policy", "amount"),
    [
        (CREDITS, "100.00"),
        (since("2024-05-01", CREDITS, CHARGES), "100.00"),
        (since("2024-05-16", CREDITS, CHARGES), "50.00"),
        (since("2024-05-21", CREDITS, CHARGES), "0"),
        (since("2024-05-16", CHARGES, CREDITS), "50.00"),
        (since("2024-05-16", CREDITS, replace(CREDITS, suspended_percent=Decimal(50))), "75.00"),
    ],
)
def test_a_suspended_day_costs_what_the_policy_of_the_day_says(policy, amount):
    assert Decimal(amount) == given_back(policy)


def test_an_end_is_charged_as_the_policy_of_its_day_says():
    ended = account(
        Subscribe(service="s1", on=day("2024-05-01"), plan=plan("310.00")),
        Cancel(service="s1", on=day("2024-05-11")),
    )
    to_the_day = replace(CHARGES, charge_last_day=True)
    later, earlier = (
        since("2024-05-12", to_the_day, CHARGES),
        since("2024-05-11", to_the_day, CHARGES),
    )

    assert (Decimal(100), Decimal(110)) == tuple(
        sum(line.net for line in billed(ended, "2024-06-01", policy).standing_lines())
        for policy in (later, earlier)
    )


def test_what_was_before_is_written_as_the_rest_of_a_policy_is():
    told = [
        {"until": "2024-03-01"},
        {"until": "2024-05-01", "suspended_time": "reduced:50", "charge_last_day": True},
    ]
    policy = parse_policy({"suspended_time": "credit", "earlier": told}, "USD")
    terms = [policy.terms_on(day(each)) for each in ("2024-02-29", "2024-03-01", "2024-05-01")]

    assert [(False, WHOLE), (True, Decimal(50)), (False, Decimal(0))] == [
        (each.charge_last_day, each.suspended_percent) for each in terms
    ]
    with pytest.raises(Refused, match="earlier"):
        parse_policy({"earlier": told[::-1]}, "USD")


@pytest.mark.parametrize(
    ("charged_by", "then", "used"),
    [
        (DayCount.ACTUAL, DayCount.THIRTY_360, "300.00"),
        (DayCount.THIRTY_360, DayCount.ACTUAL, "299.67"),
    ],
)
def test_what_goes_back_of_a_charge_is_counted_as_the_charge_was(charged_by, then, used):
    """All but the 31st of May: 30 of 31 days, or 29 of 30."""
    sold = account(Subscribe(service="s1", on=day("2024-05-01"), plan=plan("310.00")))
    paid = billed(sold, "2024-05-01", replace(CHARGES, day_count=charged_by))
    ended = and_then(paid, Cancel(service="s1", on=day("2024-05-31")))
    story = billed(ended, "2024-06-01", replace(CHARGES, day_count=then))

    assert Decimal(used) == sum(line.net for line in story.standing_lines())
