"""The load generator does not take the answer to one request for that to another."""

import os
import socket
import threading
from contextlib import closing

import pytest

from chassis.clock import SystemClock
from radius import wire
from turnpike.load import generator
from turnpike.load.packets import Slots

SECRET = b"a secret of thirty-two octets ..."


@pytest.fixture
def server():
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


def answer_copies_late(server: socket.socket) -> None:
    """The first request only when its copy has come, and then both; the others at once; until
    an empty datagram.
    """
    held: list[bytes] = []
    received = 0
    while True:
        request, peer = server.recvfrom(4096)
        if not request:
            return
        received += 1
        held.append(wire.build_reply(2, request[1], request[4:20], b"", SECRET))
        if received > 1:
            for reply in (b"\x02", *held):
                server.sendto(reply, peer)
            held.clear()


def test_the_answers_to_both_copies_of_a_request_are_one_answer(server, monkeypatch):
    monkeypatch.setattr(generator, "RETRANSMIT_SECONDS", 0.2)
    requests = [wire.build_access_request(0, os.urandom(16), b"", SECRET) for _ in range(5)]
    serving = threading.Thread(target=answer_copies_late, args=(server,))
    serving.start()
    result = generator.generate(
        requests,
        host="127.0.0.1",
        port=server.getsockname()[1],
        secret=SECRET,
        slots=Slots(concurrency=1, sockets=1),
        clock=SystemClock(),
    )
    server.sendto(b"", server.getsockname())
    serving.join()

    assert {2: 5} == result.codes
    assert (0, 0) == (result.wrong_authenticators, result.unanswered)
