"""Unattended blocking: hours, weekdays, holidays, warnings, batches; and the run by hand."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from billing.blocking import (
    BatchVerdict,
    BlockVerdict,
    batch_verdict,
    block_verdict,
    service_standing,
)
from billing.dunning import Standing, dunning_state
from billing.events import Subscribe
from billing.policy import OFFERED
from billing.settings import parse_policy
from tests.billing.accounts import account, billed, day, plan

ZONE = "Europe/Paris"
POLICY = parse_policy(OFFERED, "EUR")
STORY = billed(
    account(Subscribe(service="s1", on=day("2024-05-01"), plan=plan("100.00")), currency="EUR"),
    "2024-05-01",
    POLICY,
)
DUE = day("2024-05-15")


def verdict(now: str, *, warned: str | None = "2024-05-16", by_hand: bool = False, holidays=()):
    moment = datetime.fromisoformat(now)
    return block_verdict(
        dunning_state(STORY, POLICY, moment.date()),
        POLICY,
        warned_on=day(warned) if warned else None,
        now=moment,
        zone=ZONE,
        holidays={day(each) for each in holidays},
        by_hand=by_hand,
    )


def test_the_policy_offered_blocks_seven_days_after_due():
    assert day("2024-05-22") == dunning_state(STORY, POLICY, DUE).next_block_on


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2024-05-15T12:00:00+02:00", BlockVerdict.NOTHING),
        ("2024-05-21T12:00:00+02:00", BlockVerdict.NOTHING),
        ("2024-05-22T09:59:59+02:00", BlockVerdict.WAIT),
        ("2024-05-22T10:00:00+02:00", BlockVerdict.BLOCK),
        ("2024-05-22T14:59:59+02:00", BlockVerdict.BLOCK),
        ("2024-05-22T15:00:00+02:00", BlockVerdict.WAIT),
        ("2024-05-22T08:30:00+00:00", BlockVerdict.BLOCK),
        ("2024-05-24T12:00:00+02:00", BlockVerdict.WAIT),
        ("2024-05-25T12:00:00+02:00", BlockVerdict.WAIT),
        ("2024-05-26T12:00:00+02:00", BlockVerdict.WAIT),
        ("2024-05-27T12:00:00+02:00", BlockVerdict.BLOCK),
    ],
)
def test_blocks_happen_in_office_hours_from_monday_to_thursday(now, expected):
    assert expected is verdict(now)


def test_nobody_is_blocked_on_a_holiday():
    assert BlockVerdict.WAIT is verdict("2024-05-22T12:00:00+02:00", holidays=["2024-05-22"])


def test_a_debt_past_due_is_warned_of_first_and_three_days_must_pass():
    assert BlockVerdict.WARN is verdict("2024-05-16T12:00:00+02:00", warned=None)
    assert BlockVerdict.WARN is verdict("2024-05-27T12:00:00+02:00", warned=None)
    assert BlockVerdict.WAIT is verdict("2024-05-29T12:00:00+02:00", warned="2024-05-27")
    assert BlockVerdict.BLOCK is verdict("2024-05-30T12:00:00+02:00", warned="2024-05-27")


def test_a_run_by_hand_skips_hours_holidays_and_warnings_but_not_the_debt():
    saturday = "2024-05-25T23:00:00+02:00"

    assert BlockVerdict.BLOCK is verdict(saturday, warned=None, by_hand=True)
    assert BlockVerdict.NOTHING is verdict("2024-05-20T12:00:00+02:00", by_hand=True)


def test_nobody_is_blocked_unattended_before_a_policy_is_chosen():
    state = dunning_state(STORY, POLICY, day("2024-06-27"))
    neutral = replace(POLICY, unattended_blocking=False)
    now = datetime.fromisoformat("2024-06-27T12:00:00+02:00")
    verdict = block_verdict(state, neutral, warned_on=DUE, now=now, zone=ZONE, holidays=())

    assert BlockVerdict.NOTHING is verdict


@pytest.mark.parametrize(
    ("held_on", "expected"),
    [
        ("2024-07-02", Standing.DEACTIVATED),
        ("2024-07-03", Standing.BLOCKED),
        (None, Standing.BLOCKED),
    ],
)
def test_a_service_is_ended_by_the_days_of_its_own_hold(held_on, expected):
    state = dunning_state(STORY, POLICY, day("2024-08-31"))

    assert Standing.DEACTIVATED is state.standing
    assert expected is service_standing(state, POLICY, day(held_on) if held_on else None)


def test_no_service_is_blocked_of_one_who_owes_nothing_yet():
    assert Standing.GOOD is service_standing(dunning_state(STORY, POLICY, DUE), POLICY, None)


@pytest.mark.parametrize(
    ("blocks", "services", "usual", "expected"),
    [
        (20, 100, None, BatchVerdict.EXECUTE),
        (21, 100, None, BatchVerdict.AWAIT_APPROVAL),
        (100, 5000, None, BatchVerdict.EXECUTE),
        (101, 5000, None, BatchVerdict.AWAIT_APPROVAL),
        (15, 5000, "5", BatchVerdict.EXECUTE),
        (16, 5000, "5", BatchVerdict.AWAIT_APPROVAL),
    ],
)
def test_an_unusual_batch_awaits_approval(blocks, services, usual, expected):
    usual = Decimal(usual) if usual else None

    assert expected is batch_verdict(
        blocks, services=services, usual=usual, schedule=POLICY.blocking
    )
