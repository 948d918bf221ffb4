"""Stories that cannot be told are refused by table and key."""

import copy
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.simulate import as_json, simulate
from isp.errors import Refused

GOOD = {
    "tenant": {"zone": "UTC", "currency": "USD"},
    "policy": {"due_days": 10},
    "plan": [{"name": "gold", "price": "30.00", "tax": "20"}],
    "event": [
        {"on": "2024-05-01", "do": "subscribe", "service": "s1", "plan": "gold"},
        {"on": "2024-05-01", "do": "run"},
    ],
}


def changed(table: str, at: int | None, **keys: object) -> dict:
    story = copy.deepcopy(GOOD)
    target = story[table] if at is None else story[table][at]
    target.update(keys)
    return story


def test_the_result_has_the_documented_form():
    assert {
        "documents": [
            {
                "number": "1",
                "kind": "invoice",
                "state": "final",
                "issued_on": "2024-05-01",
                "due_on": "2024-05-11",
                "lines": [
                    {
                        "service": "s1",
                        "kind": "recurring",
                        "description": "gold",
                        "from": "2024-05-01",
                        "to": "2024-06-01",
                        "quantity": "1",
                        "net": "30.00",
                        "tax": "6.00",
                        "charge_key": "s1/recurring/gold@1/2024-05-01..2024-06-01",
                    }
                ],
                "net": "30.00",
                "tax": "6.00",
                "total": "36.00",
                "open": "36.00",
            }
        ],
        "states": [
            {"on": "2024-05-01", "service": "s1", "state": "active", "why": "subscribed to gold"}
        ],
        "balance": "36.00",
        "credit": "0.00",
    } == as_json(simulate(GOOD))


@pytest.mark.parametrize(
    ("story", "problem"),
    [
        (changed("policy", None, dew_days=3), "policy: unknown key dew_days"),
        (changed("policy", None, timing="later"), "policy: timing = 'later'"),
        (changed("policy", None, anchor_day=32), "policy: anchor_day = 32"),
        (changed("policy", None, suspended_time="reduced:101"), "policy: suspended_time"),
        (changed("policy", None, dunning=[{"state": "x"}]), "policy: dunning 1: after_days"),
        (changed("policy", None, blocking_hours="15:00-10:00"), "policy: blocking_hours"),
        (changed("policy", None, blocking_weekdays=["noday"]), "policy: blocking_weekdays"),
        (changed("tenant", None, zone="Moon/Base"), "tenant: zone = 'Moon/Base'"),
        (changed("plan", 0, price="1.005"), "story: plan 1: price '1.005' has more digits"),
        (changed("plan", 0, price="-1"), "story: plan 1: price"),
        (changed("plan", 0, colour="red"), "story: plan 1: unknown key colour"),
        (changed("plan", 0, period="1 moon"), "period '1 moon'"),
        (changed("plan", 0, usage=[{"name": "d", "model": "m"}]), "plan 1: usage 1: model"),
        (changed("event", 0, plan="silver"), r"event 1 \(subscribe\): plan = 'silver'"),
        (changed("event", 0, on="2024-13-01"), r"event 1 \(subscribe\): on = '2024-13-01'"),
        (changed("event", 0, on="2024-05-01T10:00:00"), r"event 1 \(subscribe\): on"),
        (changed("event", 0, anchor=31), r"event 1 \(subscribe\): unknown key anchor"),
        (changed("event", 1, do="sing"), "event 2: do = 'sing'"),
        (changed("event", 1, do="pay"), r"event 2 \(pay\): amount is missing"),
        (changed("event", 1, do="pay", amount="-1"), r"event 2 \(pay\): amount"),
        (changed("event", 1, do="refund", amount="1"), "refund of 1.* is more than was ever paid"),
        (changed("event", 1, do="cancel", service="s2"), r"event 2 \(cancel\): service = 's2'"),
        (changed("event", 1, do="usage", quantity="1"), r"event 2 \(usage\): meter"),
        (changed("event", 1, on="2190-05-01"), "run from 2024-05-01 .* too long"),
        (changed("event", 1, on="4024-05-01"), r"event 2 \(run\): on"),
        ({**GOOD, "evnt": []}, "story: unknown key evnt"),
        ({**GOOD, "event": "run"}, "story: event = 'run'"),
    ],
)
def test_a_fault_is_refused_by_its_table_and_key(story, problem):
    with pytest.raises(Refused, match=problem):
        simulate(story)


def test_settings_may_be_text_as_a_command_line_gives_them():
    words = {"due_days": "10", "charge_last_day": "false", "anchor_day": "last"}

    assert "2024-05-11" == (as_json(simulate({**GOOD, "policy": words}))["documents"][0]["due_on"])


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**6),
    st.text(max_size=8),
    st.sampled_from(["2024-05-01", "1 month", "gold", "s1", "NaN", "-0", "1e40", "9999-12-31"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=1),
)


KEYS = (
    *("on", "do", "service", "plan", "name", "price", "tax", "period", "usage", "timing"),
    *("zone", "currency", "dunning", "anchor_day", "due_days", "block_threshold"),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["tenant", "policy", "plan", "event"]),
    st.sampled_from(KEYS),
    values,
)
def test_any_value_gives_a_result_or_a_refusal(table, key, value):
    story = copy.deepcopy(GOOD)
    target = story[table][0] if isinstance(story[table], list) else story[table]
    target[key] = value
    with suppress(Refused):
        as_json(simulate(story))
