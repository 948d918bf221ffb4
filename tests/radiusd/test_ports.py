"""One socket: what a fault of ours costs, and how often a Status-Server is answered."""

import os

import pytest

from chassis.datagrams import peer_of
from radius import numbers, wire
from radius.packet import Code
from radiusd.ports import AccessPort
from radiusd.status_server import ANSWERS_PER_SECOND, StatusServer
from tests.support.answering import PEER, SECRET, Answerer, rows_of


class Datagrams:
    """The socket, which is not asked here."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bytes]] = []

    def send_batch(self, replies: list[tuple[bytes, bytes]]) -> None:
        self.sent += replies


@pytest.fixture
def answerer(tmp_path):
    one = Answerer(tmp_path)
    one.apply(rows_of(one.keys))
    yield one
    one.close()


def port_of(answerer: Answerer, *, able: bool = True) -> AccessPort:
    return AccessPort(
        Datagrams(),
        answerer.intake,
        StatusServer(Code.ACCESS_ACCEPT, lambda: able, answerer.tally),
        answerer.errors.append,
        fast_path=answerer.fast_path,
        desk=answerer.desk,
    )


def send(
    answerer: Answerer, port: AccessPort, *datagrams: bytes, peer: bytes = PEER
) -> list[bytes]:
    """What is answered at once."""
    port.datagrams.sent.clear()
    with answerer.snapshot.reading() as reading:
        batch = [(datagram, peer) for datagram in datagrams]
        port.answer_batch(batch, reading, answerer.moment())
    return [reply for reply, _ in port.datagrams.sent]


def drops(answerer: Answerer) -> dict[str, int]:
    return {key.reason: count for key, count in answerer.tally.take(100).drops}


def wrong_login() -> bytes:
    own = os.urandom(16)
    hidden = wire.hide_password(b"wrong", own, SECRET)
    said = wire.attribute(numbers.USER_NAME, b"ann") + wire.attribute(numbers.USER_PASSWORD, hidden)
    return wire.build_access_request(3, own, said, SECRET)


def status_server(identifier: int) -> bytes:
    return wire.build_access_request(identifier, os.urandom(16), b"", SECRET, code=12)


def test_a_fault_of_ours_costs_one_request_and_is_decided_anew_when_it_is_repeated(
    answerer, monkeypatch
):
    port = port_of(answerer)
    datagram = wrong_login()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(answerer.desk, "answer", fail)
        first = send(answerer, port, datagram, status_server(1))
    again = send(answerer, port, datagram)

    assert [Code.ACCESS_ACCEPT] == [reply[0] for reply in first]
    assert [Code.ACCESS_REJECT] == [reply[0] for reply in again]
    assert {"internal_error": 1} == drops(answerer)
    assert 1 == len(answerer.errors)


def test_row_80_a_flood_of_status_servers_is_answered_so_often_a_second(answerer):
    port = port_of(answerer)
    flood = [status_server(number) for number in range(250)]
    first = send(answerer, port, *flood)
    answerer.clock.advance(1)
    next_second = send(answerer, port, flood[0])

    assert ANSWERS_PER_SECOND == len(first)
    assert 1 == len(next_second)
    assert {"status_too_often": 250 - ANSWERS_PER_SECOND} == drops(answerer)


def test_row_84_nothing_is_done_for_who_cannot_be_answered(answerer):
    nowhere = peer_of("192.0.2.1", 0)

    assert [] == send(answerer, port_of(answerer), wrong_login(), status_server(1), peer=nowhere)
    assert {"no_way_back": 2} == drops(answerer)
    assert [] == answerer.recorded()


def test_a_status_server_is_not_answered_by_who_cannot_keep_accounting(answerer):
    assert [] == send(answerer, port_of(answerer, able=False), status_server(1))
    assert {"not_healthy": 1} == drops(answerer)
