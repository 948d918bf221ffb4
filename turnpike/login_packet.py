"""An Access-Request as a NAS would send it, by each way of proving a password. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import md5
from ipaddress import ip_address

from radius import mschap, numbers, wire

__all__ = ["Login", "Method", "access_request", "expected_proof"]

MS_CHAP_CHALLENGE_OCTETS = 8
LM_RESPONSE = bytes(24)
FRAMED_USER = 2
NT_RESPONSE_USED = 1
"""The flag of MS-CHAP-Response: the NT response counts (RFC 2548 §2.1.3)."""


class Method(StrEnum):
    """How the password is proved."""

    PAP = "pap"
    CHAP = "chap"
    MSCHAP = "mschap"
    MSCHAPV2 = "mschapv2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """Who logs in, and the randomness of this one request: two times 16 octets."""

    login: str
    password: str = field(repr=False)
    method: Method
    authenticator: bytes
    peer_challenge: bytes

    def nt_response(self) -> bytes:
        """What MS-CHAP and MS-CHAPv2 prove the password with."""
        password_hash = mschap.nt_password_hash(self.password)
        if self.method is Method.MSCHAP:
            challenge = self.authenticator[:MS_CHAP_CHALLENGE_OCTETS]
        else:
            challenge = self.hashed_challenge()
        return mschap.challenge_response(challenge, password_hash)

    def hashed_challenge(self) -> bytes:
        """ChallengeHash of RFC 2759 §8.2; the challenge is the Request Authenticator."""
        return mschap.challenge_hash(self.peer_challenge, self.authenticator, self.login.encode())


def access_request(
    login: Login, *, identifier: int, secret: bytes, nas_address: str, mac: str | None
) -> bytes:
    """The datagram, signed."""
    attributes = (
        wire.attribute(numbers.USER_NAME, login.login.encode())
        + _proof(login, identifier, secret)
        + _nas_address(nas_address)
        + wire.attribute(numbers.SERVICE_TYPE, FRAMED_USER.to_bytes(4, "big"))
    )
    if mac:
        attributes += wire.attribute(numbers.CALLING_STATION_ID, mac.encode())
    return wire.build_access_request(identifier, login.authenticator, attributes, secret)


def expected_proof(login: Login) -> bytes | None:
    """What a server that knows the password answers to MS-CHAPv2; None with other methods."""
    if login.method is not Method.MSCHAPV2:
        return None
    return mschap.authenticator_response(
        mschap.nt_password_hash(login.password), login.nt_response(), login.hashed_challenge()
    )


def _nas_address(address: str) -> bytes:
    parsed = ip_address(address)
    kind = numbers.NAS_IP_ADDRESS if parsed.version == 4 else numbers.NAS_IPV6_ADDRESS
    return wire.attribute(kind, parsed.packed)


def _proof(login: Login, identifier: int, secret: bytes) -> bytes:
    password = login.password.encode()
    match login.method:
        case Method.PAP:
            hidden = wire.hide_password(password, login.authenticator, secret)
            return wire.attribute(numbers.USER_PASSWORD, hidden)
        case Method.CHAP:
            named = bytes((identifier,))
            response = md5(named + password + login.authenticator).digest()
            return wire.attribute(numbers.CHAP_PASSWORD, named + response)
        case Method.MSCHAP:
            challenge = login.authenticator[:MS_CHAP_CHALLENGE_OCTETS]
            response = bytes((identifier, NT_RESPONSE_USED)) + LM_RESPONSE + login.nt_response()
            return _microsoft(numbers.MS_CHAP_CHALLENGE, challenge) + _microsoft(
                numbers.MS_CHAP_RESPONSE, response
            )
        case Method.MSCHAPV2:
            response = (
                bytes((identifier, 0)) + login.peer_challenge + bytes(8) + login.nt_response()
            )
            return _microsoft(numbers.MS_CHAP_CHALLENGE, login.authenticator) + _microsoft(
                numbers.MS_CHAP2_RESPONSE, response
            )


def _microsoft(kind: int, value: bytes) -> bytes:
    return wire.vendor_attribute(numbers.VENDOR_MICROSOFT, kind, value)
