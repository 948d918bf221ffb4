"""What still has to be published, and under which names."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.outbox import Outbox, changed
from collectors.topics import Topics, state, versioned

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_newest_state_of_a_topic_wins_and_keeps_its_place():
    outbox = Outbox()
    for topic, payload in [("a", b"1"), ("b", b"1"), ("a", b"2")]:
        outbox.put(topic, payload)

    assert [("a", b"2"), ("b", b"1")] == outbox.take(9)


def test_what_does_not_fit_is_told():
    outbox = Outbox(topics_max=2)
    fitted = [outbox.put(topic, b"") for topic in "abca"]

    assert ([True, True, False, True], True) == (fitted, outbox.overflowed)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=2))), st.integers(1, 6))
def test_taking_turns_gives_every_topic_its_newest_state_and_never_more_than_fits(changes, most):
    outbox, sent, newest = Outbox(topics_max=most), {}, {}
    for topic, payload in changes:
        if outbox.put(topic, payload):
            newest[topic] = payload
        assert len(outbox) <= most
        if payload.startswith(b"\0"):
            sent |= dict(outbox.take(2))
    sent |= dict(outbox.take(most))

    assert newest == sent


def test_only_what_differs_is_published():
    wanted = {"a": b"1", "b": b"2", "c": b"3"}

    assert {"b": b"2", "c": b"3"} == changed({"a": hash(b"1"), "b": hash(b"1"), "z": 0}, wanted)


@pytest.mark.parametrize(
    ("serial", "topic"),
    [
        ("HWTC1234ABCD", "net/default/onu/HWTC1234ABCD"),
        ("aa:bb:cc:00:11:22", "net/default/onu/aa:bb:cc:00:11:22"),
        ("+#/%\0é", "net/default/onu/%2B%23%2F%25%00%C3%A9"),
    ],
)
def test_no_serial_breaks_a_topic(serial, topic):
    assert topic == Topics("net").onu("default", serial)


def test_a_port_is_one_level():
    assert "net/north/device/7/pon/0%2F1%2F3" == Topics("net").pon("north", 7, "0/1/3")


def test_a_payload_says_its_version_and_its_time():
    payload = versioned(state(NOON, {"state": "los"}), 42)

    assert {"version": 42, "at": "2026-03-01T12:00:00+00:00", "state": "los"} == (
        msgspec.json.decode(payload)
    )
