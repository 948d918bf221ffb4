"""Who is believed: the rows of the hostile packet table that are about authenticators."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import wire
from radius.integrity import Verdict, check_reply, check_request
from radius.packet import Code

SECRET = b"s3cret"
AUTHENTICATOR = bytes(range(16))
USER = wire.attribute(1, b"ann")
PROXY_STATE = wire.attribute(33, b"hop")
EAP = wire.attribute(79, b"\2\0\0\5\1")

SELF_AUTHENTICATED = [Code.ACCOUNTING_REQUEST, Code.COA_REQUEST, Code.DISCONNECT_REQUEST]


def verdict(datagram: bytes, *, required: bool = False, secret: bytes = SECRET) -> Verdict:
    return check_request(datagram, wire.split(datagram), secret, signature_required=required)


def unsigned(body: bytes, code: int = 1) -> bytes:
    return bytes((code, 1)) + (20 + len(body)).to_bytes(2, "big") + AUTHENTICATOR + body


def corrupt(datagram: bytes, at: int) -> bytes:
    return datagram[:at] + bytes((datagram[at] ^ 1,)) + datagram[at + 1 :]


def test_an_access_request_signed_with_the_secret_is_valid() -> None:
    datagram = wire.build_access_request(1, AUTHENTICATOR, USER + PROXY_STATE + EAP, SECRET)

    assert Verdict.VALID is verdict(datagram, required=True)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_row_50_the_message_authenticator_may_stand_anywhere(place: str) -> None:
    signed = wire.build_access_request(1, AUTHENTICATOR, USER + EAP, SECRET)
    blank = wire.attribute(80, bytes(16))
    order = {"first": blank + USER + EAP, "middle": USER + blank + EAP, "last": USER + EAP + blank}
    header = signed[:20]
    signature = hmac.digest(SECRET, header + order[place], "md5")
    datagram = header + order[place].replace(blank, wire.attribute(80, signature))

    assert Verdict.VALID is verdict(datagram, required=True)
    assert Verdict.VALID is verdict(datagram + b"padding", required=True)


def test_rows_14_and_44_a_wrong_message_authenticator_is_told() -> None:
    datagram = wire.build_access_request(1, AUTHENTICATOR, USER, SECRET)

    assert Verdict.MESSAGE_AUTHENTICATOR_WRONG is verdict(datagram, secret=b"other")
    assert Verdict.MESSAGE_AUTHENTICATOR_WRONG is verdict(corrupt(datagram, 30))


def test_row_47_a_missing_message_authenticator_is_told_where_it_is_required() -> None:
    assert Verdict.MESSAGE_AUTHENTICATOR_MISSING is verdict(unsigned(USER), required=True)


def test_row_48_proxy_state_without_message_authenticator_is_an_attack() -> None:
    assert Verdict.PROXY_STATE_UNSIGNED is verdict(unsigned(USER + PROXY_STATE))


def test_row_49_an_exempt_nas_needs_no_message_authenticator() -> None:
    assert Verdict.VALID is verdict(unsigned(USER))


def test_row_52_eap_without_message_authenticator_is_refused() -> None:
    assert Verdict.MESSAGE_AUTHENTICATOR_MISSING is verdict(unsigned(USER + EAP))


def test_row_78_status_server_needs_a_message_authenticator() -> None:
    good = wire.build_access_request(1, AUTHENTICATOR, b"", SECRET, code=Code.STATUS_SERVER)

    assert Verdict.VALID is verdict(good)
    assert Verdict.MESSAGE_AUTHENTICATOR_MISSING is verdict(unsigned(b"", Code.STATUS_SERVER))
    assert Verdict.MESSAGE_AUTHENTICATOR_WRONG is verdict(good, secret=b"other")


@pytest.mark.parametrize("code", SELF_AUTHENTICATED)
@pytest.mark.parametrize("signed", [False, True])
def test_a_self_authenticated_request_proves_the_secret(code: Code, signed: bool) -> None:
    datagram = wire.build_request(code, 3, USER, SECRET, signed=signed)

    assert Verdict.VALID is verdict(datagram)
    assert Verdict.VALID is verdict(datagram + b"padding")
    assert Verdict.AUTHENTICATOR_WRONG is verdict(datagram, secret=b"other")
    assert Verdict.AUTHENTICATOR_WRONG is verdict(corrupt(datagram, len(datagram) - 1))


def test_row_60_an_accounting_authenticator_of_zeros_is_refused() -> None:
    zero = wire.build_request(4, 3, USER, SECRET)

    assert Verdict.AUTHENTICATOR_WRONG is verdict(zero[:4] + bytes(16) + zero[20:])


def test_row_61_accounting_with_a_wrong_message_authenticator_is_refused() -> None:
    body = wire.attribute(80, bytes(16)) + USER

    assert Verdict.AUTHENTICATOR_WRONG is verdict(wire.build_request(4, 3, body, SECRET))


@pytest.mark.parametrize("code", [0, 2, 3, 5, 11, 41, 42, 44, 45, 255])
def test_row_11_a_code_that_is_not_a_request_is_told(code: int) -> None:
    assert Verdict.CODE_NOT_A_REQUEST is verdict(unsigned(USER, code))


def reply_verdict(datagram: bytes, *, required: bool = False) -> Verdict:
    frame = wire.split(datagram)
    return check_reply(datagram, frame, SECRET, AUTHENTICATOR, signature_required=required)


@pytest.mark.parametrize("code", [2, 3, 11, 41, 42, 44, 45])
def test_a_reply_of_ours_answers_its_request(code: int) -> None:
    datagram = wire.build_reply(code, 1, AUTHENTICATOR, USER, SECRET)

    assert Verdict.VALID is reply_verdict(datagram, required=True)


def test_row_72_a_reply_to_another_request_is_refused() -> None:
    datagram = wire.build_reply(Code.COA_ACK, 1, bytes(16), b"", SECRET)

    assert Verdict.AUTHENTICATOR_WRONG is reply_verdict(datagram)


def test_row_72_a_reply_with_a_wrong_message_authenticator_is_refused() -> None:
    forged = wire.attribute(80, bytes(16))
    datagram = wire.build_accounting_response(1, AUTHENTICATOR, forged, SECRET)

    assert Verdict.MESSAGE_AUTHENTICATOR_WRONG is reply_verdict(datagram)


def test_an_unsigned_reply_passes_unless_a_signature_is_required() -> None:
    datagram = wire.build_accounting_response(1, AUTHENTICATOR, b"", SECRET)

    assert Verdict.VALID is reply_verdict(datagram)
    assert Verdict.MESSAGE_AUTHENTICATOR_MISSING is reply_verdict(datagram, required=True)


@given(st.integers(0, 400), st.sampled_from([1, 4, 12, 40, 43]))
def test_no_flipped_octet_survives_a_signature(position: int, code: int) -> None:
    body = USER + PROXY_STATE
    if code in (1, 12):
        datagram = wire.build_access_request(1, AUTHENTICATOR, body, SECRET, code=code)
    else:
        datagram = wire.build_request(code, 1, body, SECRET, signed=True)
    changed = corrupt(datagram, position % len(datagram))
    try:
        frame = wire.split(changed)
    except wire.MalformedPacketError:
        return

    outcome = check_request(changed, frame, SECRET, signature_required=True)

    assert outcome is not Verdict.VALID
