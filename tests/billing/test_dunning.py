"""Debts: what is overdue, what is missing, when the block comes, and that it goes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from billing.account import Account
from billing.corrections import voided
from billing.dunning import Standing, dunning_state, entered
from billing.events import Subscribe, Void
from billing.policy import DunningStep, Policy
from tests.billing.accounts import account, billed, day, paid, plan

SPLYNX = Policy(due_days=14)


def monthly(price: str = "100.00") -> Account:
    return account(Subscribe(service="s1", on=day("2024-05-01"), plan=plan(price)))


def invoiced(policy: Policy, price: str = "100.00", through: str = "2024-05-01") -> Account:
    return billed(monthly(price), through, policy)


def test_the_due_day_is_the_last_to_pay_and_the_block_comes_on_the_next():
    """T47 (Splynx): day 1, due the 15th, blocked on the 16th."""
    story = invoiced(SPLYNX)

    assert Standing.GOOD is dunning_state(story, SPLYNX, day("2024-05-15")).standing
    assert day("2024-05-16") == dunning_state(story, SPLYNX, day("2024-05-15")).next_block_on
    assert Standing.BLOCKED is dunning_state(story, SPLYNX, day("2024-05-16")).standing


@pytest.mark.parametrize(
    ("minimum", "payment", "standing"),
    [
        ("0", "100.00", Standing.GOOD),
        ("50", "100.00", Standing.BLOCKED),
        ("50", "150.00", Standing.GOOD),
        ("-50", "50.00", Standing.GOOD),
        ("-50", "49.99", Standing.BLOCKED),
    ],
)
def test_the_minimum_balance_must_be_kept_and_may_be_negative(minimum, payment, standing):
    """T47 (Splynx)."""
    policy = replace(SPLYNX, minimum_balance=Decimal(minimum))
    story = paid(invoiced(policy), "2024-05-01", payment)

    assert standing is dunning_state(story, policy, day("2024-05-16")).standing


def test_a_part_payment_leaves_the_exact_sum_missing():
    story = paid(invoiced(SPLYNX, "120.00"), "2024-05-20", "50.00")
    state = dunning_state(story, SPLYNX, day("2024-05-20"))

    assert (Standing.BLOCKED, Decimal("70.00")) == (state.standing, state.missing)
    assert Standing.BLOCKED is (
        dunning_state(paid(story, "2024-05-21", "69.99"), SPLYNX, day("2024-05-21")).standing
    )
    assert Standing.GOOD is (
        dunning_state(paid(story, "2024-05-21", "70.00"), SPLYNX, day("2024-05-21")).standing
    )


def test_only_what_blocks_must_be_paid_not_the_invoice_that_is_not_yet_due():
    story = invoiced(SPLYNX, through="2024-06-01")
    state = dunning_state(story, SPLYNX, day("2024-06-01"))

    assert Decimal("200.00") == sum(document.total for document in story.documents)
    assert Decimal("100.00") == state.missing
    assert Standing.GOOD is (
        dunning_state(paid(story, "2024-06-01", "100.00"), SPLYNX, day("2024-06-01")).standing
    )


def test_a_debt_up_to_the_threshold_blocks_nobody():
    policy = replace(SPLYNX, block_threshold=Decimal("5.00"))
    story = paid(invoiced(policy), "2024-05-01", "95.00")
    state = dunning_state(story, policy, day("2024-07-01"))

    assert (Standing.GOOD, Decimal(0), None) == (state.standing, state.missing, state.next_block_on)


def test_states_are_entered_one_by_one_even_when_the_debt_comes_to_light_late():
    """Invariant 45: a balance brought along is old at once; no state is skipped."""
    policy = Policy(
        due_days=0,
        blocking_days=7,
        dunning=(DunningStep(state="warning", after_days=5),),
    )
    old = invoiced(policy).documents[0]
    before = monthly()
    after = replace(before, documents=(replace(old, due_on=day("2024-03-01")),))
    as_of = day("2024-05-02")
    steps = entered(dunning_state(before, policy, as_of), dunning_state(after, policy, as_of))

    assert ["warning", "blocked"] == [step.state for step in steps][:2]


def test_paying_the_oldest_moves_every_step_to_the_next_oldest():
    policy = Policy(due_days=0, blocking_days=10)
    story = invoiced(policy, through="2024-06-01")

    assert day("2024-05-11") == _blocked_on(story, policy)
    assert day("2024-06-11") == _blocked_on(paid(story, "2024-06-01", "100.00"), policy)
    assert None is _blocked_on(paid(story, "2024-06-01", "200.00"), policy)


def _blocked_on(story: Account, policy: Policy):
    ladder = dunning_state(story, policy, day("2024-07-01")).reached
    return next((step.on for step in ladder if step.state == Standing.BLOCKED), None)


def test_deactivation_counts_from_the_day_of_the_block_that_really_was():
    story = replace(invoiced(SPLYNX), blocked_on=day("2024-05-20"))

    assert day("2024-07-19") == dunning_state(story, SPLYNX, day("2024-06-01")).deactivate_on


def test_a_void_document_is_owed_by_nobody():
    story = invoiced(SPLYNX)
    void = voided(story, Void(on=day("2024-05-02"), reference="v"))
    state = dunning_state(replace(story, documents=(void,)), SPLYNX, day("2024-07-01"))

    assert (Standing.GOOD, ()) == (state.standing, state.reached)
