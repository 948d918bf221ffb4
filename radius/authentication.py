"""What an Access-Request offers as proof of who is there, and whether it is right."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import md5
from hmac import compare_digest
from typing import assert_never

from radius import mschap, numbers, wire
from radius.dictionary import Encryption
from radius.hiding import Hiding, hide
from radius.passwords import CLEAR, StoredPassword, nt_hash_of, verify_password

__all__ = [
    "Chap",
    "Eap",
    "MsChap",
    "MsChap2",
    "Offer",
    "Pap",
    "Proof",
    "Unusable",
    "accept_attributes",
    "offered",
    "reject_attributes",
    "verify",
]

MICROSOFT = numbers.VENDOR_MICROSOFT.to_bytes(4, "big")
CREDENTIALS = frozenset(
    {
        numbers.USER_NAME,
        numbers.USER_PASSWORD,
        numbers.CHAP_PASSWORD,
        numbers.CHAP_CHALLENGE,
        numbers.EAP_MESSAGE,
        numbers.VENDOR_SPECIFIC,
    }
)
EAP_FAILURE = 4  # RFC 3748 §4.2: with the identifier of what it answers; RFC 3579 §2.6.3
EAP_HEADER_OCTETS = 4  # RFC 3748 §4: what is shorter is no EAP
USES_NT_RESPONSE = 1  # RFC 2548 §2.1.3: the flag that says there is no need to look at LM's


class Unusable(StrEnum):
    """Why a request proves nothing at all."""

    NOTHING = "no_credential"
    SEVERAL = "several_credentials"  # RFC 2865 §4.1: never User-Password and CHAP-Password
    EAP_AND_OTHERS = "eap_and_other_credentials"  # RFC 3579 §3.3: to be discarded
    MALFORMED = "malformed_credential"


class Proof(StrEnum):
    """What an offer proves against a stored password."""

    RIGHT = "right"
    WRONG = "wrong"
    IMPOSSIBLE = "password_form"  # the stored form cannot answer this method


@dataclass(frozen=True, slots=True)
class Pap:
    """The password itself (RFC 2865 §5.2)."""

    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chap:
    """MD5 of identifier, password and challenge (RFC 2865 §5.3, RFC 1994 §4.1)."""

    identifier: int
    response: bytes = field(repr=False)
    challenge: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MsChap:
    """RFC 2433; `nt_response` is 24 octets, `challenge` 8."""

    identifier: int
    nt_response: bytes = field(repr=False)
    challenge: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MsChap2:
    """RFC 2759; `nt_response` is 24 octets, the two challenges 16 each."""

    identifier: int
    nt_response: bytes = field(repr=False)
    peer_challenge: bytes = field(repr=False)
    challenge: bytes = field(repr=False)
    user_name: bytes

    @property
    def hashed_challenge(self) -> bytes:
        """ChallengeHash of both challenges and the name."""
        return mschap.challenge_hash(self.peer_challenge, self.challenge, self.user_name)


@dataclass(frozen=True, slots=True)
class Eap:
    """One EAP packet, put together from its attributes (RFC 3579 §3.1)."""

    message: bytes


Offer = Pap | Chap | MsChap | MsChap2 | Eap


def offered(
    attributes: Iterable[tuple[int, bytes]], authenticator: bytes, secret: bytes
) -> Offer | Unusable:
    """The one credential in the attributes of an Access-Request."""
    plain: dict[int, bytes] = {}
    microsoft: dict[int, bytes] = {}
    message = b""
    for kind, value in attributes:
        if kind not in CREDENTIALS:
            continue
        if kind == numbers.EAP_MESSAGE:
            message += value
        elif kind != numbers.VENDOR_SPECIFIC:
            plain.setdefault(kind, value)
        elif value[:4] == MICROSOFT and len(value) > 5:
            microsoft[value[4]] = value[6:]
    offers: list[Offer | Unusable] = []
    if (hidden := plain.get(numbers.USER_PASSWORD)) is not None:
        password = wire.reveal_password(hidden, authenticator, secret)
        offers.append(Unusable.MALFORMED if password is None else Pap(password))
    if (chap := plain.get(numbers.CHAP_PASSWORD)) is not None:
        challenge = plain.get(numbers.CHAP_CHALLENGE, authenticator)
        offers.append(Chap(chap[0], chap[1:], challenge) if len(chap) == 17 else Unusable.MALFORMED)
    if microsoft:
        offers += _offered_by_microsoft(microsoft, plain.get(numbers.USER_NAME, b""))
    if message:
        return Unusable.EAP_AND_OTHERS if offers else Eap(message)
    if not offers:
        return Unusable.NOTHING
    return offers[0] if len(offers) == 1 else Unusable.SEVERAL


def verify(offer: Pap | Chap | MsChap | MsChap2, stored: StoredPassword) -> Proof:
    """Does the offer prove knowledge of the stored password? Compared in constant time."""
    match offer:
        case Pap(password):
            return Proof.RIGHT if verify_password(stored, password) else Proof.WRONG
        case Chap(identifier, response, challenge):
            if stored.scheme != CLEAR:
                return Proof.IMPOSSIBLE
            expected = md5(bytes((identifier,)) + stored.digest + challenge).digest()
            return Proof.RIGHT if compare_digest(expected, response) else Proof.WRONG
        case MsChap(_, nt_response, challenge):
            hashed = challenge
        case MsChap2(_, nt_response):
            hashed = offer.hashed_challenge
        case _:
            assert_never(offer)
    nt_hash = nt_hash_of(stored)
    if nt_hash is None:
        return Proof.IMPOSSIBLE
    expected = mschap.challenge_response(hashed, nt_hash)
    return Proof.RIGHT if compare_digest(expected, nt_response) else Proof.WRONG


def accept_attributes(offer: Offer, stored: StoredPassword, hiding: Hiding) -> bytes:
    """What an Access-Accept owes to the method: our own proof and keys (RFC 2548 §2.3.3, §2.4)."""
    nt_hash = nt_hash_of(stored)
    if nt_hash is None:
        return b""
    match offer:
        case MsChap():
            # Without an LM response there is no LM key (RFC 2548 §2.4.1).
            keys = bytes(8) + mschap.hash_hash(nt_hash) + bytes(8)
            hidden = hide(Encryption.USER_PASSWORD, keys, hiding)
            return _microsoft(numbers.MS_CHAP_MPPE_KEYS, hidden)
        case MsChap2(identifier, nt_response):
            hashed = offer.hashed_challenge
            proof = mschap.authenticator_response(nt_hash, nt_response, hashed)
            send, receive = mschap.mppe_keys(nt_hash, nt_response)
            return (
                _microsoft(numbers.MS_CHAP2_SUCCESS, bytes((identifier,)) + proof)
                + _microsoft(
                    numbers.MS_MPPE_SEND_KEY, hide(Encryption.SALTED, send, hiding, number=0)
                )
                + _microsoft(
                    numbers.MS_MPPE_RECV_KEY, hide(Encryption.SALTED, receive, hiding, number=1)
                )
            )
        case Pap() | Chap() | Eap():
            return b""
        case _:
            assert_never(offer)


def reject_attributes(offer: Offer, challenge: bytes) -> bytes:
    """What an Access-Reject owes to the method; `challenge` is 16 random octets."""
    match offer:
        case MsChap(identifier):
            text = mschap.error_text(challenge[:8], version=2)
        case MsChap2(identifier):
            text = mschap.error_text(challenge, version=3)
        case Eap(message):
            if len(message) < EAP_HEADER_OCTETS:
                return b""
            failure = bytes((EAP_FAILURE, message[1], 0, EAP_HEADER_OCTETS))
            return wire.attribute(numbers.EAP_MESSAGE, failure)
        case Pap() | Chap():
            return b""
        case _:
            assert_never(offer)
    return _microsoft(numbers.MS_CHAP_ERROR, bytes((identifier,)) + text)


def _offered_by_microsoft(microsoft: dict[int, bytes], user_name: bytes) -> list[Offer | Unusable]:
    challenge = microsoft.get(numbers.MS_CHAP_CHALLENGE, b"")
    offers: list[Offer | Unusable] = []
    if (response := microsoft.get(numbers.MS_CHAP_RESPONSE)) is not None:
        right = len(response) == 50 and len(challenge) == 8 and response[1] & USES_NT_RESPONSE
        offers.append(
            MsChap(response[0], response[26:], challenge) if right else Unusable.MALFORMED
        )
    if (response := microsoft.get(numbers.MS_CHAP2_RESPONSE)) is not None:
        right = len(response) == 50 and len(challenge) == 16
        offers.append(
            MsChap2(response[0], response[26:], response[2:18], challenge, user_name)
            if right
            else Unusable.MALFORMED
        )
    return offers


def _microsoft(kind: int, value: bytes) -> bytes:
    return wire.vendor_attribute(numbers.VENDOR_MICROSOFT, kind, value)
