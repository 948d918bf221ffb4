"""The fast path decides nothing that the long way would decide otherwise."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isp.nas import MessageAuthenticatorPolicy
from radius import numbers, wire
from tests.support.answering import PEER, SECRET, Answerer, rows_of

SERVICES = {
    1: {"login": "ann", "leases": [("ipv4", "10.0.0.1/32"), ("route", "10.8.0.0/24")]},
    2: {"login": "walled", "access": "walled"},
    3: {"login": "held", "access": "none", "reasons": [{"code": "hold_unpaid", "text": "owes"}]},
    4: {"login": "limited", "on_limit": "reject"},
    5: {"login": "pooled", "ipv4_pool": "the NAS's"},
    6: {"login": "open", "password": None},
    7: {"login": "straße@isp", "attributes": ["Filter-Id = x", "Nonsense = 1"]},
    8: {"login": "long", "attributes": [f'Reply-Message = "{"x" * 200}"'] * 20},
}
LOGINS = ["ann", " ANN", "walled", "held", "limited", "pooled", "open", "Strasse@ISP", "long"]
EXTRAS = [
    b"",
    wire.attribute(numbers.CALLING_STATION_ID, b"AA-BB-CC-00-11-22"),
    wire.attribute(numbers.CALLING_STATION_ID, b"\xff\xfe"),
    wire.attribute(numbers.PROXY_STATE, b"one"),
    wire.attribute(numbers.EAP_MESSAGE, b"\x02\x01\x00\x05\x01"),
    wire.attribute(numbers.CHAP_PASSWORD, bytes(17)),
    wire.attribute(numbers.USER_NAME, b"bob"),
    wire.attribute(numbers.USER_PASSWORD, bytes(16)),
    wire.vendor_attribute(numbers.VENDOR_MICROSOFT, numbers.MS_CHAP2_RESPONSE, bytes(50)),
    wire.vendor_attribute(numbers.VENDOR_ADSL_FORUM, 1, b"olt-1/1/3:7"),
    wire.attribute(numbers.NAS_IDENTIFIER, b"bras"),
]


@pytest.fixture(scope="module")
def answerer():
    with tempfile.TemporaryDirectory() as directory:
        one = Answerer(Path(directory))
        for service_id, terms in SERVICES.items():
            one.apply(rows_of(one.keys, service_id=service_id, **terms))
        yield one
        one.close()


def request(login: bytes, password: bytes, extras: list[bytes], *, signed: bool) -> bytes:
    authenticator = os.urandom(16)
    hidden = wire.hide_password(password, authenticator, SECRET)
    attributes = wire.attribute(numbers.USER_NAME, login) + wire.attribute(
        numbers.USER_PASSWORD, hidden
    )
    attributes += b"".join(extras)
    if signed:
        return wire.build_access_request(9, authenticator, attributes, SECRET)
    length = wire.HEADER_OCTETS + len(attributes)
    return bytes((1, 9, length >> 8, length & 255)) + authenticator + attributes


def said(reply: bytes | None) -> tuple[int, list[tuple[int, bytes]]] | None:
    """Code and attributes of a reply, without what is random or computed over it."""
    if reply is None:
        return None
    frame = wire.split(reply)
    return frame.code, [
        (kind, value[:-8] if kind == numbers.CLASS else value)
        for kind, value in frame.attributes
        if kind != numbers.MESSAGE_AUTHENTICATOR
    ]


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    login=st.one_of(
        st.sampled_from(LOGINS).map(str.encode), st.binary(max_size=20), st.just(b"ann\0")
    ),
    password=st.sampled_from([b"opensesame", b"wrong", b"", b"x" * 128]),
    extras=st.lists(st.sampled_from(EXTRAS), max_size=2),
    signed=st.booleans(),
    policy=st.sampled_from(MessageAuthenticatorPolicy),
    seen=st.booleans(),
    flipped=st.one_of(st.none(), st.integers(0, 200)),
)
def test_both_ways_say_and_record_the_same(
    answerer, login, password, extras, signed, policy, seen, flipped
):
    datagram = bytearray(request(login, password, extras, signed=signed))
    if flipped is not None:
        datagram[flipped % len(datagram)] ^= 0x40
    answerer.set_policy(policy, seen=seen)
    fast = answerer.fast(bytes(datagram))
    recorded_fast = answerer.recorded()
    if fast is None:
        assert [] == recorded_fast
        return
    answerer.begin()
    long = answerer.long(bytes(datagram))

    assert said(long) == said(fast)
    assert answerer.recorded() == recorded_fast


def test_the_usual_login_takes_the_fast_path(answerer):
    answerer.set_policy(MessageAuthenticatorPolicy.LEARN, seen=True)
    reply = answerer.fast(request(b"ann", b"opensesame", [], signed=True))

    assert [("ann", "accept", "accepted")] == answerer.recorded()
    assert numbers.MESSAGE_AUTHENTICATOR == reply[wire.HEADER_OCTETS]


def test_a_duplicate_is_left_to_the_long_way_which_repeats_the_octets(answerer):
    answerer.set_policy(MessageAuthenticatorPolicy.LEARN, seen=True)
    datagram = request(b"ann", b"opensesame", [], signed=True)
    reply = answerer.fast(datagram)
    again = answerer.fast(datagram)
    taken = answerer.intake.take(datagram, PEER, answerer.moment())

    assert again is None
    assert reply == taken.reply


def test_every_login_has_a_nonce_of_its_own(answerer):
    answerer.set_policy(MessageAuthenticatorPolicy.LEARN, seen=True)
    classes = set()
    for _ in range(600):
        frame = wire.split(answerer.fast(request(b"ann", b"opensesame", [], signed=True)))
        classes.add(dict(frame.attributes)[numbers.CLASS])

    assert 600 == len(classes)
