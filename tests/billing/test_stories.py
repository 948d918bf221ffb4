"""Golden stories: each `stories/*.toml` with all that it must come to beside it as JSON.

To rewrite one: `turnpike billing simulate STORY.toml --json > STORY.json`, and review the diff.
"""

import json
import tomllib
from pathlib import Path

import pytest

from billing.simulate import as_json, simulate

STORIES = sorted((Path(__file__).parent / "stories").glob("*.toml"))


def test_the_stories_are_all_here():
    assert len(STORIES) == len(list((Path(__file__).parent / "stories").glob("*.json")))
    assert 15 <= len(STORIES)


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_a_story_comes_to_what_is_written_beside_it(story: Path):
    expected = json.loads(story.with_suffix(".json").read_text(encoding="utf-8"))

    assert expected == as_json(simulate(tomllib.loads(story.read_text(encoding="utf-8"))))


def told(name: str) -> dict:
    path = Path(__file__).parent / "stories" / f"{name}.toml"
    return as_json(simulate(tomllib.loads(path.read_text(encoding="utf-8"))))


def test_a_deposit_of_half_a_month_lasts_fifteen_days():
    """T25: the days sum to the deposit, to the cent."""
    states = [(each["on"], each["state"]) for each in told("prepaid_by_the_day")["states"]]

    assert [
        ("2024-04-01", "active"),
        ("2024-04-16", "blocked"),
        ("2024-04-19", "active"),
        ("2024-04-20", "blocked"),
    ] == states


def test_warning_blocking_and_deactivation_follow_the_third_invoice():
    """T46, which Kill Bill fails."""
    states = [(e["on"], e["state"]) for e in told("no_dunning_state_is_skipped")["states"]]

    assert [
        ("2012-05-31", "active"),
        ("2012-06-07", "warning"),
        ("2012-06-09", "blocked"),
        ("2012-06-13", "deactivated"),
    ] == states


@pytest.mark.parametrize(
    ("paid", "credited", "balance"), [("20th", "-80.63", "169.32"), ("31st", "-169.32", "80.63")]
)
def test_blocked_days_come_back_on_the_next_invoice(paid, credited, balance):
    """T45."""
    result = told(f"blocked_days_are_credited_from_the_{paid}")
    repairs = [x["net"] for d in result["documents"] for x in d["lines"] if x["kind"] == "repair"]

    assert [credited] == repairs
    assert balance == result["balance"]


def test_late_usage_is_billed_with_its_own_service_period():
    """T26: May's 5.90 beside July's 11.80, and April's point that Kill Bill ignores."""
    lines = [
        (line["from"], line["net"])
        for line in told("late_usage_of_a_closed_month")["documents"][1]["lines"]
    ]

    assert [("2012-04-01", "2.95"), ("2012-05-01", "5.90"), ("2012-07-01", "11.80")] == lines


def test_partial_credits_sum_to_the_invoice():
    """T39."""
    totals = [each["total"] for each in told("four_credit_notes_of_one_invoice")["documents"]]

    assert ["334.99", "-82.00", "-82.00", "-69.00", "-101.99"] == totals


def test_a_discounted_basis_is_taxed_by_category():
    """T41."""
    document = told("coupon_over_three_rates")["documents"][0]

    assert ("19.00", "209.00") == (document["tax"], document["total"])


@pytest.mark.parametrize(
    ("story", "credit"),
    [("adjusted_line_is_not_given_back_twice", "230.32"), ("downgrade_with_a_fee", "8.71")],
)
def test_what_is_left_over_becomes_credit(story, credit):
    """T9 and T22."""
    assert credit == told(story)["credit"]


def test_usage_counts_on_local_days_over_summer_time():
    """T35: New York, usage at local midnights around the change of 2023-03-12."""
    documents = told("usage_over_summer_time")["documents"]
    described = [line["description"] for each in documents for line in each["lines"]]

    assert ["mobile calls: 3", "mobile calls: 4", "mobile calls: 2"] == described
