"""Our Class attribute (RFC 2865 §5.25): what a login granted, carried by the NAS itself.

A NAS echoes Class in every Accounting-Request of the session, so that accounting knows the service
and the grant without asking anyone. Layout, 44 octets: magic `TP1`, access (1), tenant (4),
version (4), down and up rate in kbit/s (4 each, all ones is unlimited), subscriber (8),
service (8), nonce (8).
"""

from struct import Struct

import msgspec

from isp.access import Access, Rates

__all__ = ["NONCE_OCTETS", "ClassCookie", "decode", "encode"]

MAGIC = b"TP1"
NONCE_OCTETS = 8
UNLIMITED = 0xFFFF_FFFF

_layout = Struct("!3sBIIIIQQ8s")
_ACCESS_OCTETS = {Access.NONE: 0, Access.WALLED: 1, Access.FULL: 2}
_OCTET_ACCESSES = {octet: access for access, octet in _ACCESS_OCTETS.items()}


class ClassCookie(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one login was granted.

    `nonce` is 8 random octets made at login and kept for the session's life, changes of
    authorization included: with them a reused Acct-Session-Id is another session.
    """

    tenant_id: int
    subscriber_id: int
    service_id: int
    version: int
    access: Access
    rates: Rates
    nonce: bytes


def encode(cookie: ClassCookie) -> bytes:
    """The octets of a Class attribute's value."""
    return _layout.pack(
        MAGIC,
        _ACCESS_OCTETS[cookie.access],
        cookie.tenant_id,
        cookie.version,
        _rate_number(cookie.rates.down_kbps),
        _rate_number(cookie.rates.up_kbps),
        cookie.subscriber_id,
        cookie.service_id,
        cookie.nonce,
    )


def decode(value: bytes) -> ClassCookie | None:
    """The grant in a Class value, or None where it is another server's, or cut short by a NAS."""
    if len(value) != _layout.size or not value.startswith(MAGIC):
        return None
    _, octet, tenant_id, version, down, up, subscriber_id, service_id, nonce = _layout.unpack(value)
    access = _OCTET_ACCESSES.get(octet)
    if access is None:
        return None
    return ClassCookie(
        tenant_id=tenant_id,
        subscriber_id=subscriber_id,
        service_id=service_id,
        version=version,
        access=access,
        rates=Rates(down_kbps=_rate(down), up_kbps=_rate(up)),
        nonce=nonce,
    )


def _rate_number(kbps: int | None) -> int:
    return UNLIMITED if kbps is None else min(kbps, UNLIMITED - 1)


def _rate(number: int) -> int | None:
    return None if number == UNLIMITED else number
