"""Whose a datagram is, what it is proven with, and how later replies leave."""

import asyncio
import os
from datetime import timedelta

import pytest

from isp.nas import MessageAuthenticatorPolicy, Nas
from radius import numbers, wire
from radius.packet import Code
from radiusd.delay import DelayedReplies
from radiusd.nas_table import NasTable, NasWithSecrets
from radiusd.snapshot import LeaseKind
from radiusd.tally import Tally
from tests.support.answering import NAS, NOW, PEER, SECRET, Answerer, rows_of


def known(network: str, name: str, identifier: str | None = None) -> NasWithSecrets:
    nas = Nas(
        nas_id=hash(name) % 1000,
        tenant_id=1,
        name=name,
        address=network.partition("/")[0],
        nas_identifier=identifier,
    )
    return NasWithSecrets(nas=nas, network=network, secret=SECRET)


@pytest.mark.parametrize(
    ("host", "identifier", "name"),
    [
        ("192.0.2.1", "", "one"),
        ("192.0.2.1", "anything", "one"),
        ("192.0.2.9", "", "any"),
        ("192.0.2.9", "east", "east"),
        ("198.51.100.1", "", None),
        ("2001:db8::7", "", "six"),
        ("2001:db8:1::7", "", None),
    ],
)
def test_the_longest_prefix_and_the_identifier_name_the_nas(host, identifier, name):
    table = NasTable(
        [
            known("192.0.2.1/32", "one"),
            known("192.0.2.0/24", "any"),
            known("192.0.2.0/24", "east", "east"),
            known("2001:db8::/64", "six"),
        ]
    )
    found = table.find(host, identifier)

    assert name == (None if found is None else found.nas.name)


@pytest.fixture
def answerer(tmp_path):
    one = Answerer(tmp_path)
    one.apply(rows_of(one.keys))
    yield one
    one.close()


def pap(secret: bytes, *, signed: bool, password: bytes = b"opensesame") -> bytes:
    authenticator = os.urandom(16)
    attributes = wire.attribute(numbers.USER_NAME, b"ann") + wire.attribute(
        numbers.USER_PASSWORD, wire.hide_password(password, authenticator, secret)
    )
    if signed:
        return wire.build_access_request(3, authenticator, attributes, secret)
    length = wire.HEADER_OCTETS + len(attributes)
    return bytes((1, 3, length >> 8, length & 255)) + authenticator + attributes


@pytest.mark.parametrize("signed", [True, False])
def test_while_a_secret_is_rotated_both_are_good(answerer, signed):
    previous = b"the secret that was before......"
    answerer.set_policy(MessageAuthenticatorPolicy.OPTIONAL, seen=False)
    answerer.known.secret_previous = previous
    answerer.known.secret_previous_until = NOW + timedelta(hours=1)
    datagram = pap(previous, signed=signed)
    reply = answerer.long(datagram)

    assert Code.ACCESS_ACCEPT == reply[0]
    assert wire.verify_response_authenticator(reply, wire.split(reply), previous, datagram[4:20])


@pytest.mark.parametrize("hidden_by", ["previous", "present"])
def test_while_a_secret_is_rotated_a_wrong_password_is_answered_by_the_secret_that_hides_it(
    answerer, hidden_by
):
    secrets = {"previous": b"the secret that was before......", "present": SECRET}
    answerer.set_policy(MessageAuthenticatorPolicy.OPTIONAL, seen=False)
    answerer.known.secret_previous = secrets["previous"]
    answerer.known.secret_previous_until = NOW + timedelta(hours=1)
    datagram = pap(secrets[hidden_by], signed=False, password=b"a wrong but readable password")
    reply = answerer.long(datagram)

    assert wire.verify_response_authenticator(
        reply, wire.split(reply), secrets[hidden_by], datagram[4:20]
    )
    assert [("ann", "reject", "wrong_password")] == answerer.recorded()


def test_after_its_time_the_previous_secret_is_no_good(answerer):
    answerer.known.secret_previous = b"the secret that was before......"
    answerer.known.secret_previous_until = NOW

    assert answerer.long(pap(answerer.known.secret_previous, signed=True)) is None


def test_a_duplicate_gets_the_same_octets_and_is_not_decided_again(answerer):
    datagram = pap(SECRET, signed=True)
    first = answerer.long(datagram)
    again = answerer.intake.take(datagram, PEER, answerer.moment())

    assert first == again.reply
    assert 1 == len(answerer.recorded())


def test_silence_is_decided_anew_when_asked_again(answerer):
    answerer.database_present = False
    authenticator = os.urandom(16)
    stranger = wire.build_access_request(
        3,
        authenticator,
        wire.attribute(numbers.USER_NAME, b"bob")
        + wire.attribute(
            numbers.USER_PASSWORD, wire.hide_password(b"opensesame", authenticator, SECRET)
        ),
        SECRET,
    )
    assert answerer.long(stranger) is None
    answerer.apply(rows_of(answerer.keys, service_id=9, login="bob"))

    assert Code.ACCESS_ACCEPT == answerer.long(stranger)[0]


async def test_while_an_address_is_awaited_a_duplicate_is_dropped(answerer):
    rows = rows_of(answerer.keys, ipv4_pool="home")
    pool = type(rows["entitlement"][0])(
        pool_id=1, tenant_id=1, kind=LeaseKind.IPV4, name="home", removed_at=None
    )
    answerer.apply(rows | {"pool": [pool]})
    datagram = pap(SECRET, signed=True)
    at_once = answerer.long(datagram)
    duplicate = answerer.intake.take(datagram, PEER, answerer.moment())
    await answerer.desk.drain()
    afterwards = answerer.intake.take(datagram, PEER, answerer.moment())

    assert at_once is None
    assert duplicate is None
    assert [(afterwards.reply, PEER)] == answerer.later
    assert Code.ACCESS_ACCEPT == afterwards.reply[0]


async def test_refusals_leave_in_order_after_their_delay():
    delayed, left = DelayedReplies(0.02), []
    for number in range(3):
        assert delayed.add(lambda number=number: left.append(number))
    at_once = list(left)
    await asyncio.sleep(0.1)

    assert [] == at_once
    assert [0, 1, 2] == left


def test_without_a_delay_refusals_leave_at_once():
    assert not DelayedReplies(0).add(lambda: None)


def test_what_could_not_be_sent_on_is_kept():
    tally = Tally()
    one = NasWithSecrets(nas=NAS, network="192.0.2.1/32", secret=SECRET)
    tally.drop(one, "late")
    tally.drop(one, "late")
    tally.stranger("198.51.100.1", "east")
    totals = tally.take(100)
    tally.put_back(totals)
    tally.drop(one, "late")

    assert ((totals.drops[0][0], 3),) == tally.take(100).drops
    assert ((totals.drops[0][0], 4),) == totals.plus(totals).drops
