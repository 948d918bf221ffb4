"""Framing, authenticators and hidden passwords, as they are done once per packet."""

import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radius import wire
from radius.malformed import MalformedPacketError, MalformedReason
from radius.packet import Attribute, Code, Packet, decode, encode

SECRET = b"xyzzy5461"
REQUEST_2865_7_1 = bytes.fromhex(
    "01000038 0f403f9473978057bd83d5cb98f4227a 01066e656d6f"
    "02120dbe708d93d413ce3196e43f782a0aee 0406c0a80110 050600000003"
)
REPLY_2865_7_1 = bytes.fromhex(
    "02000026 86fe220e7624ba2a1005f6bf9b55e0b2 060600000001 0f0600000000 0e06c0a80103"
)
AUTHENTICATOR = bytes(range(16))

attributes = st.builds(Attribute, st.integers(1, 255), st.binary(max_size=253)).filter(
    lambda each: each.type != 80
)
packets = st.builds(
    Packet,
    code=st.integers(0, 255),
    identifier=st.integers(0, 255),
    authenticator=st.binary(min_size=16, max_size=16),
    attributes=st.lists(attributes, max_size=14).map(tuple),
)
bodies = st.lists(attributes, max_size=14).map(
    lambda many: b"".join(wire.attribute(each.type, each.value) for each in many)
)


def header(*, length: int, code: int = 1) -> bytes:
    return bytes((code, 7)) + length.to_bytes(2, "big") + AUTHENTICATOR


def packet_of(attribute_bytes: bytes) -> bytes:
    return header(length=20 + len(attribute_bytes)) + attribute_bytes


MALFORMED = {
    "row 1: nothing at all": (b"", MalformedReason.DATAGRAM_TOO_SHORT),
    "row 2: 19 octets": (bytes(19), MalformedReason.DATAGRAM_TOO_SHORT),
    "row 3: length 0": (header(length=0), MalformedReason.LENGTH_TOO_SHORT),
    "row 3: length 19": (header(length=19), MalformedReason.LENGTH_TOO_SHORT),
    "row 4: length beyond the datagram": (
        header(length=21),
        MalformedReason.LENGTH_BEYOND_DATAGRAM,
    ),
    "row 6: length 4097, not there": (header(length=4097), MalformedReason.LENGTH_TOO_LONG),
    "row 6: length 4097, all there": (
        header(length=4097) + bytes((1, 251)) * 2038 + b"\1",
        MalformedReason.LENGTH_TOO_LONG,
    ),
    "row 6: length 65535": (header(length=65535), MalformedReason.LENGTH_TOO_LONG),
    "row 8: 201 attributes": (packet_of(b"\1\3x" * 201), MalformedReason.TOO_MANY_ATTRIBUTES),
    "row 15: attribute length 0": (packet_of(b"\1\0"), MalformedReason.ATTRIBUTE_TOO_SHORT),
    "row 16: attribute length 1": (packet_of(b"\1\1"), MalformedReason.ATTRIBUTE_TOO_SHORT),
    "row 17: attribute overruns": (packet_of(b"\1\4x"), MalformedReason.ATTRIBUTE_OVERRUN),
    "row 18: one stray octet": (packet_of(b"\1\3x\1"), MalformedReason.ATTRIBUTE_STRAY_OCTET),
    "row 18: only a stray octet": (packet_of(b"\1"), MalformedReason.ATTRIBUTE_STRAY_OCTET),
    "row 19: attribute type 0": (packet_of(b"\0\3x"), MalformedReason.ATTRIBUTE_TYPE_ZERO),
    "row 45: a short Message-Authenticator": (
        packet_of(wire.attribute(80, bytes(15))),
        MalformedReason.MESSAGE_AUTHENTICATOR_LENGTH,
    ),
    "row 46: two Message-Authenticators": (
        packet_of(wire.attribute(80, bytes(16)) * 2),
        MalformedReason.MESSAGE_AUTHENTICATOR_REPEATED,
    ),
}


@pytest.mark.parametrize(("datagram", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_packet_has_one_named_reason(datagram: bytes, reason: MalformedReason) -> None:
    with pytest.raises(MalformedPacketError) as raised:
        wire.split(datagram)

    assert reason is raised.value.reason


def test_row_5_padding_after_the_length_is_ignored() -> None:
    assert decode(REQUEST_2865_7_1) == decode(REQUEST_2865_7_1 + b"padding")


def test_row_7_a_packet_of_4096_octets_and_200_attributes_is_processed() -> None:
    body = wire.attribute(1, bytes(18)) * 199 + wire.attribute(1, bytes(94))

    frame = wire.split(packet_of(body))

    assert (frame.length, len(frame.attributes)) == (4096, 200)


def test_a_continuation_in_the_padding_does_not_complete_a_stray_octet() -> None:
    with pytest.raises(MalformedPacketError, match="stray"):
        wire.split(header(length=21) + b"\1\2")


@given(packets)
def test_what_is_encoded_is_decoded(packet: Packet) -> None:
    assert packet == decode(encode(packet))


@given(st.binary(max_size=200))
def test_random_octets_are_a_packet_or_malformed(datagram: bytes) -> None:
    try:
        packet = decode(datagram)
    except MalformedPacketError:
        return

    assert encode(packet) == datagram[: len(encode(packet))]


@given(st.binary(max_size=60))
def test_random_attributes_are_a_packet_or_malformed(body: bytes) -> None:
    try:
        packet = decode(packet_of(body))
    except MalformedPacketError:
        return

    assert packet_of(body) == encode(packet)


def reference(body: bytes) -> list[tuple[int, bytes]] | None:
    """The framing of attributes in the words of RFC 2865 §5, without regard to speed."""
    found = []
    while body:
        if len(body) < 2 or body[0] == 0 or not 2 <= body[1] <= len(body):
            return None
        found.append((body[0], body[2 : body[1]]))
        body = body[body[1] :]
    signatures = [value for kind, value in found if kind == 80]
    fits = len(signatures) < 2 and all(len(value) == 16 for value in signatures)
    return found if fits and len(found) <= 200 else None


@settings(max_examples=500)
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 26, 80]), st.integers(0, 20), st.binary(max_size=18)),
        max_size=8,
    )
)
def test_the_fast_framing_agrees_with_the_plain_words(
    parts: list[tuple[int, int, bytes]],
) -> None:
    body = b"".join(bytes((kind, length)) + value for kind, length, value in parts)
    try:
        framed = wire.split(packet_of(body)).attributes
    except MalformedPacketError:
        framed = None

    assert reference(body) == framed


def test_the_password_of_rfc_2865_7_1_is_read() -> None:
    frame = wire.split(REQUEST_2865_7_1)

    assert (
        wire.reveal_password(dict(frame.attributes)[2], frame.authenticator, SECRET)
        == b"arctangent"
    )


def test_the_reply_of_rfc_2865_7_1_answers_its_request() -> None:
    request = wire.split(REQUEST_2865_7_1)
    reply = wire.split(REPLY_2865_7_1)

    assert wire.verify_response_authenticator(REPLY_2865_7_1, reply, SECRET, request.authenticator)


@given(st.binary(max_size=128).filter(lambda word: not word.endswith(b"\0")))
def test_a_hidden_password_is_read_again(password: bytes) -> None:
    hidden = wire.hide_password(password, AUTHENTICATOR, SECRET)

    assert 16 <= len(hidden) <= 128
    assert password == wire.reveal_password(hidden, AUTHENTICATOR, SECRET)


@pytest.mark.parametrize("octets", [0, 15, 17, 144])
def test_row_35_a_password_of_an_impossible_length_is_none(octets: int) -> None:
    assert wire.reveal_password(bytes(octets), AUTHENTICATOR, SECRET) is None


@given(bodies, st.binary(min_size=1, max_size=100))
def test_a_reply_carries_the_message_authenticator_first_and_right(
    body: bytes, secret: bytes
) -> None:
    datagram = wire.build_reply(Code.ACCESS_ACCEPT, 9, AUTHENTICATOR, body, secret)
    frame = wire.split(datagram)
    blank = datagram[:4] + AUTHENTICATOR + datagram[20:22] + bytes(16) + datagram[38:]

    assert (frame.code, frame.identifier, frame.signature_at) == (2, 9, 22)
    assert hmac.digest(secret, blank, "md5") == frame.attributes[0][1]
    assert body == datagram[38:]
    assert wire.verify_response_authenticator(datagram, frame, secret, AUTHENTICATOR)
    assert wire.verify_message_authenticator(datagram, frame, secret, AUTHENTICATOR)


def test_a_packet_that_would_be_too_long_is_not_built() -> None:
    fits = bytes(wire.SIGNED_ATTRIBUTES_OCTETS_MAX)

    assert len(wire.build_reply(2, 1, AUTHENTICATOR, fits, SECRET)) == 4096
    with pytest.raises(ValueError, match="4096"):
        wire.build_reply(2, 1, AUTHENTICATOR, fits + b"\1", SECRET)
