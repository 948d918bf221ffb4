"""What requests offer, and what it proves."""

from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import mschap, numbers, wire
from radius.attributes import read
from radius.authentication import (
    Chap,
    Eap,
    MsChap,
    MsChap2,
    Pap,
    Proof,
    Unusable,
    accept_attributes,
    offered,
    reject_attributes,
    verify,
)
from radius.dictionaries import shipped
from radius.hiding import Hiding
from radius.passwords import StoredPassword, parse_password
from radius.text import format_items

SECRET = b"xyzzy5461"
AUTHENTICATOR = bytes(range(16))
HIDING = Hiding(secret=SECRET, authenticator=AUTHENTICATOR, first_salt=1)
CLEAR = parse_password("clientPass")
HASHED = parse_password("{MD5}" + md5(b"clientPass").hexdigest())
NT = parse_password("{NT}" + mschap.nt_password_hash("clientPass").hex())

USER = (1, b"User")
PASSWORD = (2, wire.hide_password(b"clientPass", AUTHENTICATOR, SECRET))
CHAP_OF_REQUEST = (3, b"\xc8" + md5(b"\xc8clientPass" + AUTHENTICATOR).digest())
CHAP_OF_CHALLENGE = (3, b"\x01" + md5(b"\x01clientPass" + b"challenge").digest())
CHALLENGE_16 = bytes.fromhex("5b5d7c7d7b3f2f3e3c2c602132262628")
CHALLENGE_8 = bytes.fromhex("102db5df085d3041")
PEER_CHALLENGE = bytes.fromhex("21402324255e262a28295f2b3a337c7e")
NT_RESPONSE = bytes.fromhex("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df")


def microsoft(kind: int, value: bytes) -> tuple[int, bytes]:
    return 26, wire.vendor_attribute(numbers.VENDOR_MICROSOFT, kind, value)[2:]


MS_CHAP2 = [
    USER,
    microsoft(11, CHALLENGE_16),
    microsoft(25, b"\x07\0" + PEER_CHALLENGE + bytes(8) + NT_RESPONSE),
]
MS_CHAP = [
    USER,
    microsoft(11, CHALLENGE_8),
    microsoft(1, b"\x09\1" + bytes(24) + mschap.challenge_response(CHALLENGE_8, NT.digest)),
]


def offer_of(attributes: list[tuple[int, bytes]]):
    return offered(attributes, AUTHENTICATOR, SECRET)


def test_rfc_2865_7_2_chap_without_a_challenge_answers_the_authenticator() -> None:
    request = bytes.fromhex(
        "01010047 2aee86f08d0d55969ca5978e0d3367a2 0108666c6f707379"
        "031316e97557c316185895f293ff634407727504 06c0a80110 050600000014"
        "060600000002 070600000001"
    )
    frame = wire.split(request)
    offer = offered(frame.attributes, frame.authenticator, SECRET)

    assert Proof.RIGHT is verify(offer, parse_password("arctangent"))
    assert Proof.WRONG is verify(offer, parse_password("arcsine"))


METHODS = {
    "PAP": ([USER, PASSWORD], Pap),
    "row 38: CHAP of the authenticator": ([USER, CHAP_OF_REQUEST], Chap),
    "CHAP of a challenge": ([USER, CHAP_OF_CHALLENGE, (60, b"challenge")], Chap),
    "MS-CHAP": (MS_CHAP, MsChap),
    "MS-CHAPv2": (MS_CHAP2, MsChap2),
}


@pytest.mark.parametrize(("attributes", "method"), METHODS.values(), ids=METHODS)
def test_each_method_proves_the_clear_password(
    attributes: list[tuple[int, bytes]], method: type
) -> None:
    offer = offer_of(attributes)

    assert method is type(offer)
    assert Proof.RIGHT is verify(offer, CLEAR)
    assert Proof.WRONG is verify(offer, parse_password("other"))
    assert "clientPass" not in repr(offer)


@pytest.mark.parametrize(
    ("attributes", "stored", "proof"),
    [
        ([USER, PASSWORD], HASHED, Proof.RIGHT),
        ([USER, PASSWORD], NT, Proof.RIGHT),
        ([USER, CHAP_OF_REQUEST], HASHED, Proof.IMPOSSIBLE),
        ([USER, CHAP_OF_REQUEST], NT, Proof.IMPOSSIBLE),
        (MS_CHAP, NT, Proof.RIGHT),
        (MS_CHAP2, NT, Proof.RIGHT),
        (MS_CHAP2, HASHED, Proof.IMPOSSIBLE),
    ],
)
def test_a_hashed_password_answers_the_methods_that_it_can(
    attributes: list[tuple[int, bytes]], stored: StoredPassword, proof: Proof
) -> None:
    assert proof is verify(offer_of(attributes), stored)


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        pytest.param([USER], Unusable.NOTHING, id="no credential"),
        pytest.param([(2, bytes(15))], Unusable.MALFORMED, id="row 35: 15 octets of password"),
        pytest.param([(2, bytes(17))], Unusable.MALFORMED, id="row 35: 17 octets of password"),
        pytest.param([(2, bytes(144))], Unusable.MALFORMED, id="row 35: 144 octets of password"),
        pytest.param([(3, bytes(16))], Unusable.MALFORMED, id="row 37: 16 octets of CHAP"),
        pytest.param([(3, b"")], Unusable.MALFORMED, id="row 37: no octets of CHAP"),
        pytest.param([PASSWORD, CHAP_OF_REQUEST], Unusable.SEVERAL, id="row 39: PAP and CHAP"),
        pytest.param([PASSWORD, *MS_CHAP2], Unusable.SEVERAL, id="row 39: PAP and MS-CHAPv2"),
        pytest.param(
            [PASSWORD, (79, b"\2\0\0\4")], Unusable.EAP_AND_OTHERS, id="row 40: EAP and PAP"
        ),
        pytest.param(MS_CHAP2[:1] + MS_CHAP2[2:], Unusable.MALFORMED, id="no MS challenge"),
        pytest.param(
            [microsoft(11, CHALLENGE_8), microsoft(1, bytes(50))],
            Unusable.MALFORMED,
            id="only the LM response",
        ),
    ],
)
def test_a_request_that_proves_nothing_says_why(
    attributes: list[tuple[int, bytes]], why: Unusable
) -> None:
    assert why is offer_of(attributes)


def test_an_eap_message_is_put_together() -> None:
    assert Eap(b"\2\0\0\6ab") == offer_of([USER, (79, b"\2\0\0"), (79, b"\6ab")])


@given(st.lists(st.tuples(st.sampled_from([2, 3, 26, 60, 79]), st.binary(max_size=60))))
def test_any_attributes_are_an_offer_or_unusable(attributes: list[tuple[int, bytes]]) -> None:
    offer = offer_of([(kind, b"\0\0\1\x37" + value) for kind, value in attributes])
    if not isinstance(offer, Unusable | Eap):
        assert verify(offer, CLEAR) in Proof


def lines(octets: bytes) -> list[str]:
    header = bytes(2) + (20 + len(octets)).to_bytes(2, "big") + AUTHENTICATOR
    return format_items(read(wire.split(header + octets).attributes, shipped(), HIDING), shipped())


def test_an_accept_of_ms_chap2_carries_our_proof_and_the_keys() -> None:
    octets = accept_attributes(offer_of(MS_CHAP2), CLEAR, HIDING)
    success = b"\x07S=407A5589115FD0D6209F510FE9C04566932CDA56"

    assert [
        f"MS-CHAP2-Success = 0x{success.hex()}",
        "MS-MPPE-Send-Key = 0x8b7cdc149b993a1ba118cb153f56dccb",
        "MS-MPPE-Recv-Key",
    ] == [line.split(" = ")[0] if "Recv" in line else line for line in lines(octets)]


def test_an_accept_of_ms_chap_carries_the_hash_of_the_hash() -> None:
    keys = bytes(8) + mschap.hash_hash(NT.digest)

    assert [f"MS-CHAP-MPPE-Keys = 0x{keys.hex()}"] == lines(
        accept_attributes(offer_of(MS_CHAP), NT, HIDING)
    )


def test_an_accept_of_pap_and_chap_owes_nothing() -> None:
    assert b"" == accept_attributes(offer_of([PASSWORD]), CLEAR, HIDING)
    assert b"" == accept_attributes(offer_of([CHAP_OF_REQUEST]), CLEAR, HIDING)
    assert b"" == reject_attributes(offer_of([PASSWORD]), bytes(16))


def test_a_reject_of_ms_chap_says_691() -> None:
    assert ['MS-CHAP-Error = "\\tE=691 R=0 C=0000000000000000 V=2"'] == lines(
        reject_attributes(offer_of(MS_CHAP), bytes(16))
    )
    assert ['MS-CHAP-Error = "\\007E=691 R=0 C=00000000000000000000000000000000 V=3"'] == lines(
        reject_attributes(offer_of(MS_CHAP2), bytes(16))
    )


def test_a_reject_of_eap_is_an_eap_failure_with_the_identifier_of_what_it_answers() -> None:
    identity = (numbers.EAP_MESSAGE, bytes.fromhex("024f000801616e6e"))

    assert ["EAP-Message = 0x044f0004"] == lines(reject_attributes(offer_of([identity]), bytes(16)))
