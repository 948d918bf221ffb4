"""`turnpike nas test`: a NAS is asked on its dynamic authorization port, and told of as it is."""

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest

from radius import integrity, numbers, wire
from radius.packet import Code
from tests.turnpike.conftest import Turnpike

SECRET = b"a-secret-of-tests-2"
SESSION_CONTEXT_NOT_FOUND = (503).to_bytes(4, "big")


@pytest.fixture
def coa_server() -> Iterator[tuple[int, list[wire.Frame]]]:
    """A NAS that has no session: its port, and what it was asked."""
    asked: list[wire.Frame] = []
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(30)
        port = line.getsockname()[1]

        def answer_once() -> None:
            datagram, peer = line.recvfrom(4096)
            frame = wire.split(datagram)
            asked.append(frame)
            cause = wire.attribute(numbers.ERROR_CAUSE, SESSION_CONTEXT_NOT_FOUND)
            reply = integrity.build(
                Code.DISCONNECT_NAK, frame.identifier, cause, SECRET, frame.authenticator
            )
            line.sendto(reply, peer)

        thread = Thread(target=answer_once, daemon=True)
        thread.start()
        yield port, asked


def add(shop: Turnpike, address: str, port: int) -> None:
    words = ("--secret", SECRET.decode(), "--coa-port", str(port))
    assert 0 == shop("nas", "add", "bras2", address, *words).exit_code


def test_a_nas_that_answers_is_asked_to_end_a_session_that_nobody_has(
    shop: Turnpike, coa_server
) -> None:
    port, asked = coa_server
    add(shop, "127.0.0.1", port)
    answer = shop("nas", "test", "bras2", "--json")
    (request,) = asked
    names = [value for kind, value in request.attributes if kind == numbers.USER_NAME]

    assert ("Disconnect-NAK", 503) == (
        answer.json["coa"]["code"],
        answer.json["coa"]["error_cause"],
    )
    assert Code.DISCONNECT_REQUEST == request.code
    assert [True] == [name.startswith(b"turnpike-test-") for name in names]
    # Nothing came from it yet, which is told beside.
    assert ["nothing was heard of bras2 yet"] == answer.json["problems"]
    assert 69 == answer.exit_code


def test_a_nas_of_several_addresses_is_not_asked(shop: Turnpike) -> None:
    add(shop, "192.0.2.64/29", 3799)
    answer = shop("nas", "test", "bras2")

    assert "not asked: its address is a prefix" in answer.output
    assert "paste `turnpike nas config bras2`" in answer.errors
