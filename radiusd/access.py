"""The decision about one Access-Request: pure, from what was loaded for it.

`radiusd/fast_path.py` repeats the usual case of it for speed; a property test holds them equal.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from isp.access import Access, Addresses, Entitlement, OnLimit
from isp.nas import MessageAuthenticatorPolicy, Nas
from policy.entitlement import effective
from radius.authentication import Eap, Offer, Pap, Proof, Unusable, verify
from radius.passwords import StoredPassword
from radiusd.access_request import AccessRequest
from radiusd.snapshot import LeaseKind

__all__ = [
    "Accept",
    "AccessReason",
    "Decision",
    "Reject",
    "ServiceRecord",
    "Silence",
    "decide",
    "learns_signature",
    "signature_required",
]


class AccessReason(StrEnum):
    """Why a request was answered as it was, where the entitlement itself does not say it."""

    ACCEPTED = "accepted"
    ACCEPTED_UNCOUNTED = "accepted_uncounted"
    UNKNOWN_USER = "unknown_user"
    UNKNOWN_USER_DATABASE_AWAY = "unknown_user_database_away"
    USER_NAME_NOT_TEXT = "user_name_not_text"
    EAP_NOT_SERVED = "eap_not_served"
    WRONG_PASSWORD = "wrong_password"
    SECRET_SUSPECTED = "secret_suspected"
    """The password comes out as no text: does that NAS have another secret?"""
    PASSWORD_UNREADABLE = "password_unreadable"
    PASSWORD_FORM = "password_form"
    NO_ENTITLEMENT = "no_entitlement"
    SESSION_LIMIT = "session_limit"
    POOL_EXHAUSTED = "pool_exhausted"
    NO_ADDRESS_DATABASE_AWAY = "no_address_database_away"
    REPLY_TOO_LONG = "reply_too_long"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRecord:
    """What the snapshot knows of the service that a request names.

    `password` is opened, None where it does not open; without `password_asked` there is none.
    `awaited` are the addresses that pools of ours owe it and that it has no lease of yet.
    """

    subscriber_id: int
    service_id: int
    password_asked: bool
    password: StoredPassword | None
    entitlement: Entitlement | None
    addresses: Addresses = field(default_factory=Addresses)
    awaited: tuple[LeaseKind, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Accept:
    """Let it in. With `awaited` or `counted` something must be settled with the database first:
    addresses leased, a place among the service's sessions taken.
    """

    entitlement: Entitlement
    addresses: Addresses
    reason: AccessReason = AccessReason.ACCEPTED
    awaited: tuple[LeaseKind, ...] = ()
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse it, and say so."""

    reason: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing, so that the NAS asks another server, or again."""

    reason: str


Decision = Accept | Reject | Silence


def decide(
    request: AccessRequest, record: ServiceRecord | None, nas: Nas, *, database_present: bool
) -> Decision:
    """What to answer. `record` is what `access_request.candidates` found, None for a stranger.

    A stranger is refused only while the database can be believed to know everybody.
    """
    if request.user_name is None:
        return Reject(AccessReason.USER_NAME_NOT_TEXT)
    asked = record is None or record.password_asked
    match request.offer:
        case Unusable.EAP_AND_OTHERS:
            return Silence(request.offer)  # RFC 3579 §3.3, note 1
        case Unusable.NOTHING if asked and not request.signed:
            return Silence(request.offer)  # RFC 3579 §3.3, note 1
        case Unusable.SEVERAL | Unusable.MALFORMED:
            return Reject(request.offer)
        case Eap():
            return Reject(AccessReason.EAP_NOT_SERVED)  # RFC 3579 §3.1
        case _:
            pass
    if record is None:
        if not database_present:
            return Silence(AccessReason.UNKNOWN_USER_DATABASE_AWAY)
        return Reject(AccessReason.UNKNOWN_USER)
    return _refusal(request, record) or _authorise(record, nas)


def signature_required(nas: Nas) -> bool:
    """Whether an Access-Request of that NAS must carry a Message-Authenticator."""
    match nas.message_authenticator:
        case MessageAuthenticatorPolicy.REQUIRE:
            return True
        case MessageAuthenticatorPolicy.LEARN:
            return nas.message_authenticator_seen
        case MessageAuthenticatorPolicy.OPTIONAL:
            return False


def learns_signature(nas: Nas, request: AccessRequest) -> bool:
    """Whether this request shows that the NAS signs all it sends.

    One with EAP shows nothing: RFC 3579 asks a signature of those from everybody.
    """
    return (
        request.signed
        and not nas.message_authenticator_seen
        and nas.message_authenticator is MessageAuthenticatorPolicy.LEARN
        and not isinstance(request.offer, Eap)
        and request.offer is not Unusable.EAP_AND_OTHERS
    )


def _refusal(request: AccessRequest, record: ServiceRecord) -> Reject | Silence | None:
    """Why the one who asks is not believed; None where he is."""
    if not record.password_asked:
        return None
    if isinstance(request.offer, Unusable | Eap):
        return Reject(Unusable.NOTHING)
    if record.password is None:
        return Silence(AccessReason.PASSWORD_UNREADABLE)
    match verify(request.offer, record.password):
        case Proof.RIGHT:
            return None
        case Proof.WRONG:
            garbled = not request.signed and _is_no_text(request.offer)
            return Reject(AccessReason.SECRET_SUSPECTED if garbled else AccessReason.WRONG_PASSWORD)
        case Proof.IMPOSSIBLE:
            return Reject(AccessReason.PASSWORD_FORM)


def _is_no_text(offer: Offer) -> bool:
    """Whether it is a password that nobody types: hidden with another secret, it comes out so."""
    if not isinstance(offer, Pap):
        return False
    try:
        offer.password.decode()
    except UnicodeDecodeError:
        return True
    return False


def _authorise(record: ServiceRecord, nas: Nas) -> Decision:
    if record.entitlement is None:
        return Reject(AccessReason.NO_ENTITLEMENT)
    granted = effective(record.entitlement, nas)
    if granted.access is Access.NONE:
        reasons = record.entitlement.reasons
        return Reject(reasons[0].code if reasons else AccessReason.NO_ENTITLEMENT)
    return Accept(
        entitlement=granted,
        addresses=record.addresses,
        awaited=record.awaited,
        counted=granted.on_limit is OnLimit.REJECT,
    )
