"""What is given back of the days of a hold, and when."""

from decimal import Decimal

from billing.events import ChangePlan, Resume, Subscribe, Suspend
from billing.policy import Policy
from tests.billing.accounts import account, and_then, billed, charges, day, plan


def subscribe(on: str, price: str) -> Subscribe:
    return Subscribe(service="s1", on=day(on), plan=plan(price))


def test_a_suspension_is_credited_to_the_day_when_it_has_ended():
    """T45 (Kill Bill): ten of 31 days."""
    policy = Policy(suspended_percent=Decimal(0), anchor_day=31)
    story = billed(account(subscribe("2012-06-30", "249.95")), "2012-06-30", policy)
    story = billed(
        and_then(story, Suspend(service="s1", on=day("2012-07-10"))), "2012-07-15", policy
    )

    assert len(story.documents) == 1

    story = billed(
        and_then(story, Resume(service="s1", on=day("2012-07-20"))), "2012-07-31", policy
    )

    assert (charges(story.documents[1:])) == [
        ("2012-07-10", "2012-07-20", "-80.63"),
        ("2012-07-31", "2012-08-31", "249.95"),
    ]


def test_a_suspension_that_lasts_is_credited_no_sooner_for_what_changes_in_it():
    policy = Policy(suspended_percent=Decimal(0))
    other = ChangePlan(service="s1", on=day("2024-01-21"), plan=plan("620", name="other"))
    began = account(subscribe("2024-01-01", "310"), other)
    story = billed(began, "2024-01-25", policy)
    held = and_then(story, Suspend(service="s1", on=day("2024-01-11")))

    assert charges(story.documents) == charges(billed(held, "2024-01-25", policy).documents)

    story = billed(and_then(held, Resume(service="s1", on=day("2024-01-26"))), "2024-01-26", policy)

    assert charges(story.documents[2:]) == [
        ("2024-01-11", "2024-01-21", "-100.00"),
        ("2024-01-21", "2024-01-26", "-100.00"),
    ]
