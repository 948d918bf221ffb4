"""Requests on real sockets."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chassis.clock import SystemClock
from chassis.secrets import Secret
from coa.client import Client, Destination
from lab.nas.dynamic_authorization import ErrorCause
from radius import numbers, wire
from radius.packet import Attribute, Code
from radius.retransmission import Schedule
from tests.coa.conftest import SECRET, Das

QUICK = Schedule(initial_seconds=0.05, wait_seconds_maximum=0.1, duration_seconds_maximum=0.3)
TARGET = (Attribute(numbers.ACCT_SESSION_ID, b"1"),)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    opened = Client(clock=SystemClock(), random=lambda: 0.5, schedule=QUICK)
    yield opened
    await opened.close()


class Listener(asyncio.DatagramProtocol):
    """Remembers what came from where; answers with `answer(datagram)` if there is one."""

    def __init__(self, answer=None):
        self.answer = answer
        self.came: list[tuple[bytes, tuple[str, int]]] = []

    def connection_made(self, transport):
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, addr):
        self.came.append((data, addr))
        for reply in self.answer(data) if self.answer else ():
            self.transport.sendto(reply, addr)


@pytest.fixture
async def listen():
    opened = []

    async def start(answer=None, host="127.0.0.1") -> Listener:
        loop = asyncio.get_running_loop()
        transport, listener = await loop.create_datagram_endpoint(
            lambda: Listener(answer), local_addr=(host, 0)
        )
        opened.append(transport)
        return listener

    yield start
    for transport in opened:
        transport.close()
    await asyncio.sleep(0)


def at(port: int, host: str = "127.0.0.1") -> Destination:
    return Destination(name="bras1", host=host, port=port, secrets=(Secret(SECRET),))


def ack(data: bytes, secret: bytes = SECRET, code: int = Code.DISCONNECT_ACK) -> bytes:
    return wire.build_reply(code, data[1], data[4:20], b"", secret)


async def ask(client: Client, destination: Destination, code: Code = Code.DISCONNECT_REQUEST):
    return await client.request(destination, destination.secrets[0], code, TARGET)


async def test_an_acknowledgement_ends_it_with_one_sending(client: Client, das: Das):
    answer = await ask(client, at(das.port))

    assert (Code.DISCONNECT_ACK, None, 1) == (answer.code, answer.error_cause, answer.tries)


async def test_a_refusal_comes_with_its_error_cause(client: Client, das: Das):
    das.error_cause = ErrorCause.UNSUPPORTED_ATTRIBUTE
    answer = await ask(client, at(das.port), Code.COA_REQUEST)

    assert (Code.COA_NAK, 401) == (answer.code, answer.error_cause)


async def test_silence_is_asked_again_with_the_same_octets_from_the_same_port(
    client: Client, listen
):
    listener = await listen()
    answer = await ask(client, at(listener.port))

    assert None is answer.code
    assert answer.tries == len(listener.came) >= 3
    assert 1 == len(set(listener.came))


async def test_answers_that_do_not_prove_the_secret_or_fit_the_request_are_dropped(
    client: Client, listen
):
    def wrong(data: bytes):
        other_identifier = data[:1] + bytes(((data[1] + 1) % 256,)) + data[2:]
        return (
            b"\x29",
            ack(data, b"another secret"),
            ack(data, code=Code.COA_ACK),
            ack(other_identifier),
        )

    listener = await listen(wrong)

    assert None is (await ask(client, at(listener.port))).code


async def test_a_right_answer_after_wrong_ones_is_taken(client: Client, listen):
    listener = await listen(lambda data: (ack(data, b"another secret"), ack(data)))

    assert Code.DISCONNECT_ACK == (await ask(client, at(listener.port))).code


async def test_more_than_256_at_once_go_out_from_several_ports(client: Client, listen):
    listener = await listen(lambda data: (ack(data),))
    answers = await asyncio.gather(*(ask(client, at(listener.port)) for _ in range(600)))

    assert {Code.DISCONNECT_ACK} == {answer.code for answer in answers}
    sent = {(address, data[1]) for data, address in listener.came}
    assert 600 == len(sent)
    assert 3 == len({address for address, _ in sent})


async def test_ipv6_works_alike(client: Client, listen):
    listener = await listen(lambda data: (ack(data),), host="::1")

    assert Code.DISCONNECT_ACK == (await ask(client, at(listener.port, "::1"))).code
