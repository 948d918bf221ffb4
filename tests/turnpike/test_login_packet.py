"""Logins as `turnpike radius test` sends them, judged by the server's own rules."""

import pytest

from radius import wire
from radius.authentication import Proof, accept_attributes, offered, verify
from radius.hiding import Hiding
from radius.integrity import Verdict, check_request
from radius.passwords import parse_password
from turnpike.login_packet import Login, Method, access_request, expected_proof

SECRET = b"a-secret-of-tests-1"
AUTHENTICATOR = bytes(range(16))


def attempt(method: Method, password: str = "hunter2") -> Login:
    return Login(
        login="ann",
        password=password,
        method=method,
        authenticator=AUTHENTICATOR,
        peer_challenge=bytes(range(16, 32)),
    )


def sent(login: Login, nas_address: str = "192.0.2.1") -> bytes:
    return access_request(
        login, identifier=7, secret=SECRET, nas_address=nas_address, mac="02:00:00:00:00:01"
    )


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize(("stored", "proof"), [("hunter2", Proof.RIGHT), ("other", Proof.WRONG)])
def test_each_method_proves_the_password(method: Method, stored: str, proof: Proof) -> None:
    frame = wire.split(sent(attempt(method)))
    offer = offered(frame.attributes, frame.authenticator, SECRET)

    assert proof is verify(offer, parse_password(stored))


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_the_request_is_signed(address: str) -> None:
    datagram = sent(attempt(Method.PAP), address)

    assert Verdict.VALID is check_request(
        datagram, wire.split(datagram), SECRET, signature_required=True
    )


def test_with_mschapv2_the_server_proves_itself_too() -> None:
    login = attempt(Method.MSCHAPV2)
    frame = wire.split(sent(login))
    offer = offered(frame.attributes, frame.authenticator, SECRET)
    hiding = Hiding(secret=SECRET, authenticator=AUTHENTICATOR)
    proof = expected_proof(login)

    assert proof is not None
    assert proof in accept_attributes(offer, parse_password("hunter2"), hiding)
    assert expected_proof(attempt(Method.PAP)) is None
