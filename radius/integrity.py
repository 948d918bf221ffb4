"""Which proof a packet needs before anything in it is believed."""

from enum import StrEnum

from radius import wire
from radius.numbers import EAP_MESSAGE, PROXY_STATE
from radius.packet import Code

__all__ = ["REPLIES", "SELF_AUTHENTICATED", "Verdict", "build", "check_reply", "check_request"]


class Verdict(StrEnum):
    """What the authenticators of a packet say. Anything but `VALID` is discarded in silence."""

    VALID = "valid"
    AUTHENTICATOR_WRONG = "authenticator_wrong"
    MESSAGE_AUTHENTICATOR_WRONG = "message_authenticator_wrong"
    MESSAGE_AUTHENTICATOR_MISSING = "message_authenticator_missing"
    PROXY_STATE_UNSIGNED = "proxy_state_unsigned"
    CODE_NOT_A_REQUEST = "code_not_a_request"


SELF_AUTHENTICATED = frozenset({Code.ACCOUNTING_REQUEST, Code.COA_REQUEST, Code.DISCONNECT_REQUEST})
"""Requests whose authenticator is a digest of themselves (RFC 2866 §3, RFC 5176 §2.3)."""


REPLIES = frozenset(
    {
        Code.ACCESS_ACCEPT,
        Code.ACCESS_REJECT,
        Code.ACCESS_CHALLENGE,
        Code.ACCOUNTING_RESPONSE,
        Code.DISCONNECT_ACK,
        Code.DISCONNECT_NAK,
        Code.COA_ACK,
        Code.COA_NAK,
    }
)
"""What is believed for the request that it answers."""


def build(
    code: int, identifier: int, attributes: bytes, secret: bytes, authenticator: bytes
) -> bytes:
    """A packet of any code, proved as its code asks.

    `authenticator` is that of the request for a reply, 16 random octets for an Access-Request or
    a Status-Server, and unused for requests that are a digest of themselves.
    """
    if code == Code.ACCOUNTING_RESPONSE:
        return wire.build_accounting_response(identifier, authenticator, attributes, secret)
    if code in REPLIES:
        return wire.build_reply(code, identifier, authenticator, attributes, secret)
    if code in SELF_AUTHENTICATED:
        signed = code != Code.ACCOUNTING_REQUEST  # RFC 3579 §3.3 keeps it out of accounting
        return wire.build_request(code, identifier, attributes, secret, signed=signed)
    return wire.build_access_request(identifier, authenticator, attributes, secret, code=code)


def check_request(
    datagram: bytes, frame: wire.Frame, secret: bytes, *, signature_required: bool
) -> Verdict:
    """Is this request from one who knows the secret, and is it protected well enough?

    `signature_required` asks a Message-Authenticator of Access-Requests. Without that a plain
    Access-Request proves nothing and passes; one that carries Proxy-State does not
    (CVE-2024-3596), one that carries EAP-Message does not either (RFC 3579 §3.1), and a
    Status-Server never does (RFC 5997 §3).
    """
    if frame.code in SELF_AUTHENTICATED:
        valid = wire.verify_request_authenticator(datagram, frame, secret)
        return Verdict.VALID if valid else Verdict.AUTHENTICATOR_WRONG
    if frame.code not in (Code.ACCESS_REQUEST, Code.STATUS_SERVER):
        return Verdict.CODE_NOT_A_REQUEST
    if frame.signature_at:
        valid = wire.verify_message_authenticator(datagram, frame, secret, frame.authenticator)
        return Verdict.VALID if valid else Verdict.MESSAGE_AUTHENTICATOR_WRONG
    if signature_required or frame.code == Code.STATUS_SERVER:
        return Verdict.MESSAGE_AUTHENTICATOR_MISSING
    for kind, _ in frame.attributes:
        if kind == EAP_MESSAGE:
            return Verdict.MESSAGE_AUTHENTICATOR_MISSING
        if kind == PROXY_STATE:
            return Verdict.PROXY_STATE_UNSIGNED
    return Verdict.VALID


def check_reply(
    datagram: bytes,
    frame: wire.Frame,
    secret: bytes,
    request_authenticator: bytes,
    *,
    signature_required: bool,
) -> Verdict:
    """Is this reply the answer to our request (RFC 2865 §3, RFC 3579 §3.2, RFC 5176 §3.4)?"""
    if not wire.verify_response_authenticator(datagram, frame, secret, request_authenticator):
        return Verdict.AUTHENTICATOR_WRONG
    if not frame.signature_at:
        return Verdict.MESSAGE_AUTHENTICATOR_MISSING if signature_required else Verdict.VALID
    if wire.verify_message_authenticator(datagram, frame, secret, request_authenticator):
        return Verdict.VALID
    return Verdict.MESSAGE_AUTHENTICATOR_WRONG
