"""`turnpike nas test`: a NAS is asked on its dynamic authorization port, and told of as it is."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from chassis.sealing import KEYS_FILE
from radius import integrity, numbers, wire
from radius.packet import Code
from radius.retransmission import Schedule
from tests.turnpike.conftest import Turnpike
from turnpike import nas_question

ONCE = Schedule(
    initial_seconds=2.0, wait_seconds_maximum=2.0, sendings_maximum=1, duration_seconds_maximum=2.0
)
SECRET = b"a-secret-of-tests-2"
STOP = b""
SESSION_CONTEXT_NOT_FOUND = (503).to_bytes(4, "big")


@pytest.fixture
def coa_server() -> Iterator[tuple[int, list[wire.Frame]]]:
    """A NAS that has no session: its port, and what it was asked."""
    asked: list[wire.Frame] = []
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]

        def answer() -> None:
            while (received := line.recvfrom(4096))[0] != STOP:
                datagram, peer = received
                frame = wire.split(datagram)
                asked.append(frame)
                cause = wire.attribute(numbers.ERROR_CAUSE, SESSION_CONTEXT_NOT_FOUND)
                reply = integrity.build(
                    Code.DISCONNECT_NAK, frame.identifier, cause, SECRET, frame.authenticator
                )
                line.sendto(reply, peer)

        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield port, asked
        line.sendto(STOP, line.getsockname())
        thread.join()


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


def test_a_nas_that_has_the_secret_before_still_is_asked_with_that(
    shop: Turnpike, coa_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nas_question, "PATIENCE", ONCE)
    port, asked = coa_server
    add(shop, "127.0.0.1", port)
    assert 0 == shop("nas", "rotate-secret", "bras2").exit_code
    answer = shop("nas", "test", "bras2", "--json")

    assert ("Disconnect-NAK", True) == (
        answer.json["coa"]["code"],
        answer.json["coa"]["secret_before"],
    )
    assert {Code.DISCONNECT_REQUEST} == {request.code for request in asked}


@pytest.mark.parametrize("words", [("test",), ("config", "--server", "198.51.100.5")])
def test_a_secret_that_no_key_opens_is_refused_with_what_to_do(
    shop: Turnpike, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / KEYS_FILE).unlink()
    command, *more = words
    answer = shop("nas", command, "bras1", *more)

    assert "the secret of bras1 does not open" in answer.errors
    assert "`turnpike nas rotate-secret bras1`" in answer.errors
    assert "Traceback" not in answer.errors


def test_after_a_loss_of_the_ring_a_new_secret_is_the_only_one(
    shop: Turnpike, tmp_path: Path
) -> None:
    (tmp_path / KEYS_FILE).unlink()
    assert 0 == shop("nas", "rotate-secret", "bras1").exit_code

    assert 0 == shop("nas", "config", "bras1", "--server", "198.51.100.5").exit_code


def test_a_source_address_that_is_not_here_is_refused_with_what_to_do(
    shop: Turnpike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURNPIKE_COA__SOURCE_ADDRESS", "198.51.100.77")
    answer = shop("nas", "test", "bras1")

    assert "nothing can be sent from 198.51.100.77" in answer.errors
    assert "set coa.source_address" in answer.errors
    assert "Traceback" not in answer.errors
