"""What an Accounting-Request says."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radius import numbers
from radiusd.accounting import Record, Refusal, Status
from radiusd.accounting_fields import (
    FOREIGN,
    IMPLAUSIBLE,
    NO_GIGAWORDS,
    NO_SESSION_TIME,
    TIME_CLAMPED,
    TIME_ESTIMATED,
)
from tests.support.accounting import (
    SERVICE_ID,
    START,
    SUBSCRIBER_ID,
    attributes,
    cookie,
    microseconds,
    number,
    read,
    record,
)

WEEK = timedelta(days=7)


def interim(received_at=START, octets_reversed=False, services=None, **more) -> Record:
    taken = read(
        attributes(Status.INTERIM, **({"seconds": 60, "up": 1, "down": 2} | more)),
        received_at=received_at,
        octets_reversed=octets_reversed,
        services=services,
    )
    assert isinstance(taken, Record)
    return taken


def test_counters_are_seen_from_the_subscriber_and_joined_with_gigawords():
    taken = interim(up=3, down=(5 << 32) + 7)

    assert (3, (5 << 32) + 7, 60) == (
        taken.octets_up,
        taken.octets_down,
        taken.session_time_seconds,
    )


def test_a_nas_that_counts_the_other_way_round_is_turned():
    assert (2, 1) == (
        interim(octets_reversed=True).octets_up,
        interim(octets_reversed=True).octets_down,
    )


def test_counters_without_gigawords_are_marked():
    assert NO_GIGAWORDS == interim(gigawords=False).flags & NO_GIGAWORDS
    assert 0 == interim().flags & NO_GIGAWORDS


@pytest.mark.parametrize(
    ("seconds", "up", "counted"),
    [
        (60, 700_000_000_000, 700_000_000_000),
        (60, 800_000_000_000, 0),
        (None, 800_000_000_000, 800_000_000_000),
        (None, (1 << 64) - 1, 0),
    ],
    ids=["a fast line", "no line", "a session without time", "more than ever was"],
)
def test_a_counter_beyond_any_line_is_none_and_marked(seconds, up, counted):
    taken = interim(seconds=seconds, up=up)

    assert (counted, 2) == (taken.octets_up, taken.octets_down)
    assert (0 if counted else IMPLAUSIBLE) == taken.flags & IMPLAUSIBLE


def test_the_event_timestamp_is_the_event():
    taken = interim(at=START - timedelta(hours=5))

    assert microseconds(START - timedelta(hours=5)) == taken.event_at
    assert microseconds(START - timedelta(hours=5, seconds=60)) == taken.started_at
    assert 0 == taken.flags & TIME_ESTIMATED


def test_a_clock_slightly_ahead_is_taken_as_now():
    assert microseconds(START) == interim(at=START + timedelta(minutes=4)).event_at


@pytest.mark.parametrize("off", [timedelta(minutes=6), timedelta(days=-8), timedelta(days=-9000)])
def test_an_insane_event_timestamp_gives_way_to_the_delay(off):
    delayed = ((numbers.ACCT_DELAY_TIME, number(90)),)
    taken = interim(at=START + off, extra=delayed)

    assert microseconds(START - timedelta(seconds=90)) == taken.event_at
    assert TIME_ESTIMATED == taken.flags & TIME_ESTIMATED


def test_the_delay_does_not_count_beside_an_event_timestamp():
    delayed = ((numbers.ACCT_DELAY_TIME, number(90)),)

    assert microseconds(START) == interim(at=START, extra=delayed).event_at


def test_an_absurd_delay_is_a_week():
    taken = interim(extra=((numbers.ACCT_DELAY_TIME, number(1 << 31)),))

    assert microseconds(START - WEEK) == taken.event_at
    assert TIME_CLAMPED == taken.flags & TIME_CLAMPED


def test_our_class_names_service_and_grant():
    taken = interim(class_value=cookie(version=7))

    assert (SUBSCRIBER_ID, SERVICE_ID, 7, "full", 100_000, 20_000) == (
        taken.subscriber_id,
        taken.service_id,
        taken.granted_version,
        taken.granted_access,
        taken.granted_down_kbps,
        taken.granted_up_kbps,
    )


def test_our_class_is_found_behind_another_one():
    behind = ((numbers.CLASS, cookie()),)

    assert SERVICE_ID == interim(class_value=b"somebody else's", extra=behind).service_id


def test_the_class_of_another_tenant_is_not_believed():
    taken = interim(class_value=cookie(tenant_id=2))

    assert (0, FOREIGN) == (taken.service_id, taken.flags & FOREIGN)


def test_without_our_class_the_login_decides():
    taken = interim(login=" Ann@ISP ", services={"ann@isp": (5, 6)})

    assert (5, 6, FOREIGN) == (taken.subscriber_id, taken.service_id, taken.flags & FOREIGN)


def test_an_unknown_login_is_recorded_as_nobodys():
    assert (0, 0) == (interim().subscriber_id, interim().service_id)


def test_a_session_keeps_its_key_when_the_grant_changes():
    assert (
        interim(class_value=cookie(version=1)).session_key
        == interim(class_value=cookie(version=2)).session_key
    )


def test_a_reused_session_id_is_another_session_by_its_nonce_and_near_it_by_its_half():
    first, second = interim(class_value=cookie(1)), interim(class_value=cookie(2))

    assert first.session_key != second.session_key
    assert first.session_key[:8] == second.session_key[:8]


def test_a_packet_that_lost_its_class_lands_beside_its_session():
    assert interim(class_value=cookie()).session_key[:8] == interim().session_key[:8]


def test_the_same_session_id_on_another_nas_is_another_session():
    assert (
        record(Status.START, nas_id=1).session_key[:8]
        != record(Status.START, nas_id=2).session_key[:8]
    )


def test_a_retransmission_with_another_delay_is_the_same_record():
    first = interim(extra=((numbers.ACCT_DELAY_TIME, number(0)),))
    again = interim(
        received_at=START + timedelta(seconds=3),
        extra=((numbers.ACCT_DELAY_TIME, number(3)),),
    )

    assert (first.session_key, first.record_key) == (again.session_key, again.record_key)


def test_start_and_interim_and_stop_without_counters_are_three_records():
    keys = {
        record(status, session_id="x").record_key
        for status in (Status.START, Status.INTERIM, Status.STOP)
    }

    assert 3 == len(keys)


def test_two_reboots_are_two_records():
    def on(at):
        return read(attributes(Status.ACCOUNTING_ON, at=at), received_at=at)

    assert on(START).record_key != on(START + timedelta(minutes=5)).record_key


@pytest.mark.parametrize("value", [None, b"", b"\0\0\1", number(999)])
def test_without_a_status_it_is_refused(value):
    found = [(numbers.ACCT_SESSION_ID, b"x")]
    if value is not None:
        found.append((numbers.ACCT_STATUS_TYPE, value))

    assert Refusal.NO_STATUS == read(found, received_at=START)


def test_without_a_session_id_it_is_refused_unless_it_is_about_the_nas():
    assert Refusal.NO_SESSION_ID == read(
        [(numbers.ACCT_STATUS_TYPE, number(Status.START))], received_at=START
    )
    assert isinstance(
        read([(numbers.ACCT_STATUS_TYPE, number(Status.ACCOUNTING_ON))], received_at=START), Record
    )


def test_a_stop_without_session_time_says_so():
    taken = read(attributes(Status.STOP), received_at=START)

    assert NO_SESSION_TIME == taken.flags & NO_SESSION_TIME


def test_secrets_are_not_kept():
    secret = (
        (numbers.USER_PASSWORD, b"hidden password!"),
        (numbers.VENDOR_SPECIFIC, numbers.VENDOR_MICROSOFT.to_bytes(4, "big") + b"\x10\x06keys"),
        (numbers.FILTER_ID, b"kept"),
    )
    kept = interim(extra=secret).attributes

    assert b"hidden password!" not in kept
    assert b"keys" not in kept
    assert kept.endswith(b"\x0b\x06kept")


def test_attributes_that_nobody_models_are_kept_as_received():
    assert interim(extra=((222, b"whatever"),)).attributes.endswith(b"\xde\x0awhatever")


def test_texts_lose_what_a_database_does_not_take():
    taken = interim(session_id="a\0b", extra=((numbers.NAS_PORT_ID, b"caf\xe9\0\0"),))

    assert (b"a\\x00b", b"caf\\xe9") == (taken.acct_session_id, taken.nas_port_id)


@pytest.mark.parametrize(
    "spelling", ["02-00-00-00-00-0A", "0200.0000.000a", "1:2:0:0:0:0:a", "02:00:00:00:00:0a"]
)
def test_a_mac_has_one_spelling(spelling):
    assert b"02:00:00:00:00:0a" == interim(station=spelling).calling_station_id


def test_lines_and_prefixes_are_read():
    line = numbers.VENDOR_ADSL_FORUM.to_bytes(4, "big") + b"\x01\x06olt1\x02\x05onu"
    found = (
        (numbers.VENDOR_SPECIFIC, line),
        (numbers.DELEGATED_IPV6_PREFIX, b"\0\x38" + bytes.fromhex("20010db800ff11")),
        (numbers.FRAMED_IP_ADDRESS, bytes([192, 0, 2, 1])),
    )
    taken = interim(extra=found)

    assert (b"olt1", b"onu") == (taken.circuit_id, taken.remote_id)
    assert b"\x38" + bytes.fromhex("20010db800ff11").ljust(16, b"\0") == taken.delegated_ipv6_prefix
    assert bytes([192, 0, 2, 1]) == taken.framed_ip


def test_an_address_that_asks_for_one_is_none():
    assert interim(extra=((numbers.FRAMED_IP_ADDRESS, b"\xff\xff\xff\xfe"),)).framed_ip is None


PAIRS = st.lists(
    st.tuples(st.integers(1, 255), st.binary(max_size=40) | st.binary(min_size=4, max_size=4)),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(PAIRS, st.sampled_from([1, 2, 3, 7, 8, 15]))
def test_anything_is_a_record_that_a_database_takes_or_a_refusal(found, status):
    taken = read([(numbers.ACCT_STATUS_TYPE, number(status)), *found], received_at=START)

    if isinstance(taken, Refusal):
        return
    assert 16 == len(taken.session_key)
    assert -(1 << 63) <= taken.record_key < 1 << 63
    assert microseconds(START - WEEK) <= taken.event_at <= microseconds(START)
    for name in ("acct_session_id", "login", "calling_station_id", "nas_port_id", "circuit_id"):
        value = getattr(taken, name)
        assert value is None or "\0" not in value.decode()
