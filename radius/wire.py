"""The hot path: datagrams taken apart and put together, as often as a NAS cares to send them.

Everything that a server or a load generator does once per packet is here, on plain bytes. What
belongs to a secret alone (the keyed states of MD5 and HMAC-MD5) is computed once per secret.
"""

from functools import lru_cache
from hmac import compare_digest
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from radius.malformed import MalformedPacketError, MalformedReason
from radius.numbers import MESSAGE_AUTHENTICATOR, VENDOR_SPECIFIC

if TYPE_CHECKING:
    from hashlib import _Hash, md5
else:
    try:
        # CPython's own: RADIUS needs MD5 also where OpenSSL's policy forbids it, and the keyed
        # states are copied at half the cost.
        from _md5 import md5
    except ImportError:
        from hashlib import md5

__all__ = [
    "ATTRIBUTES_MAX",
    "HEADER_OCTETS",
    "PACKET_OCTETS_MAX",
    "SIGNED_ATTRIBUTES_OCTETS_MAX",
    "Frame",
    "attribute",
    "build_access_request",
    "build_accounting_response",
    "build_reply",
    "build_request",
    "hide_password",
    "reveal_password",
    "split",
    "vendor_attribute",
    "verify_message_authenticator",
    "verify_request_authenticator",
    "verify_response_authenticator",
]

HEADER_OCTETS = 20
PACKET_OCTETS_MAX = 4096  # RFC 2865 §3; RFC 2866 §3 says 4095, which nobody keeps to
ATTRIBUTES_MAX = 200  # as FreeRADIUS; a NAS sends some 40, and each one costs time
SIGNED_ATTRIBUTES_OCTETS_MAX = PACKET_OCTETS_MAX - HEADER_OCTETS - 18
PASSWORD_OCTETS_MAX = 128  # RFC 2865 §5.2
SECRETS_MAX = 8192  # keyed states kept; more NASes than this cost time, nothing else

ZEROS = bytes(16)
SIGNATURE_HEADER = bytes((MESSAGE_AUTHENTICATOR, 18))
SIGNATURE_BLANK = SIGNATURE_HEADER + ZEROS

_header = Struct("!BBH")
_vendor_header = Struct("!BBIBB")


class Frame(NamedTuple):
    """A packet whose framing is right, its attributes still bytes.

    `length` is what the header says: octets of the datagram beyond it are padding.
    `signature_at` is where the value of the Message-Authenticator begins, 0 where there is none.
    """

    code: int
    identifier: int
    length: int
    authenticator: bytes
    attributes: list[tuple[int, bytes]]
    signature_at: int


def split(datagram: bytes) -> Frame:
    """Takes a datagram apart (RFC 2865 §3 and §5), or raises `MalformedPacketError`."""
    octets = len(datagram)
    if octets < HEADER_OCTETS:
        raise MalformedPacketError(MalformedReason.DATAGRAM_TOO_SHORT)
    code, identifier, length = _header.unpack_from(datagram)
    if length != octets:
        if length < HEADER_OCTETS:
            raise MalformedPacketError(MalformedReason.LENGTH_TOO_SHORT)
        if length > octets:
            raise MalformedPacketError(
                MalformedReason.LENGTH_TOO_LONG
                if length > PACKET_OCTETS_MAX
                else MalformedReason.LENGTH_BEYOND_DATAGRAM
            )
    if length > PACKET_OCTETS_MAX:
        raise MalformedPacketError(MalformedReason.LENGTH_TOO_LONG)
    attributes: list[tuple[int, bytes]] = []
    append = attributes.append
    signature_at = 0
    at = HEADER_OCTETS
    last = length - 1
    while at < last:
        kind = datagram[at]
        end = at + datagram[at + 1]
        at += 2
        if end < at or end > length or not kind:
            raise MalformedPacketError(_attribute_fault(kind, end < at))
        if kind == MESSAGE_AUTHENTICATOR:
            if end - at != 16:
                raise MalformedPacketError(MalformedReason.MESSAGE_AUTHENTICATOR_LENGTH)
            if signature_at:
                raise MalformedPacketError(MalformedReason.MESSAGE_AUTHENTICATOR_REPEATED)
            signature_at = at
        append((kind, datagram[at:end]))
        at = end
    if at == last:
        raise MalformedPacketError(MalformedReason.ATTRIBUTE_STRAY_OCTET)
    if len(attributes) > ATTRIBUTES_MAX:
        raise MalformedPacketError(MalformedReason.TOO_MANY_ATTRIBUTES)
    return Frame(code, identifier, length, datagram[4:20], attributes, signature_at)


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute as sent; a value of more than 253 octets is an error of the caller."""
    return bytes((kind, len(value) + 2)) + value


def vendor_attribute(vendor: int, kind: int, value: bytes) -> bytes:
    """One Vendor-Specific attribute in the usual layout of one type and one length octet."""
    octets = len(value)
    return _vendor_header.pack(VENDOR_SPECIFIC, octets + 8, vendor, kind, octets + 2) + value


def build_reply(
    code: int, identifier: int, request_authenticator: bytes, attributes: bytes, secret: bytes
) -> bytes:
    """A reply with Message-Authenticator first (CVE-2024-3596) and its Response Authenticator.

    `attributes` holds at most `SIGNED_ATTRIBUTES_OCTETS_MAX` octets, no Message-Authenticator.
    """
    header = _pack_header(code, identifier, 38 + len(attributes))
    signed = header + request_authenticator + SIGNATURE_BLANK + attributes
    body = SIGNATURE_HEADER + _hmac_md5(secret, signed) + attributes
    return header + md5(header + request_authenticator + body + secret).digest() + body


def build_accounting_response(
    identifier: int, request_authenticator: bytes, attributes: bytes, secret: bytes
) -> bytes:
    """An Accounting-Response; it carries no Message-Authenticator (RFC 3579 §3.3)."""
    header = _pack_header(5, identifier, HEADER_OCTETS + len(attributes))
    authenticator = md5(header + request_authenticator + attributes + secret).digest()
    return header + authenticator + attributes


def build_access_request(
    identifier: int, authenticator: bytes, attributes: bytes, secret: bytes, *, code: int = 1
) -> bytes:
    """An Access-Request, or with code 12 a Status-Server, with Message-Authenticator first.

    `authenticator` is 16 unpredictable octets, the ones that User-Password was hidden with.
    """
    header = _pack_header(code, identifier, 38 + len(attributes)) + authenticator
    signature = _hmac_md5(secret, header + SIGNATURE_BLANK + attributes)
    return header + SIGNATURE_HEADER + signature + attributes


def build_request(
    code: int, identifier: int, attributes: bytes, secret: bytes, *, signed: bool = False
) -> bytes:
    """An Accounting-, CoA- or Disconnect-Request, its authenticator a digest of itself.

    `signed` puts a Message-Authenticator first, computed over a zero authenticator
    (RFC 2866 §3, RFC 5176 §2.3 and §3.4).
    """
    if signed:
        header = _pack_header(code, identifier, 38 + len(attributes))
        signature = _hmac_md5(secret, header + ZEROS + SIGNATURE_BLANK + attributes)
        attributes = SIGNATURE_HEADER + signature + attributes
    else:
        header = _pack_header(code, identifier, HEADER_OCTETS + len(attributes))
    return header + md5(header + ZEROS + attributes + secret).digest() + attributes


def verify_message_authenticator(
    datagram: bytes, frame: Frame, secret: bytes, authenticator: bytes
) -> bool:
    """Is the Message-Authenticator that `frame` has the right one (RFC 3579 §3.2)?

    `authenticator` stands in the header while it is computed: the packet's own for Access-Request
    and Status-Server, zeros for other requests, the request's for replies. Computed over the bytes
    as received, wherever the attribute stands.
    """
    at = frame.signature_at
    after = at + 16
    signed = datagram[:4] + authenticator + datagram[20:at] + ZEROS + datagram[after : frame.length]
    return compare_digest(_hmac_md5(secret, signed), datagram[at:after])


def verify_request_authenticator(datagram: bytes, frame: Frame, secret: bytes) -> bool:
    """Is an Accounting-, CoA- or Disconnect-Request from one who knows the secret?

    RFC 2866 §3, RFC 5176 §2.3. An all-zero authenticator never is (RFC 5080 §2.3.3). A
    Message-Authenticator must be right where there is one.
    """
    digest = md5(datagram[:4] + ZEROS + datagram[20 : frame.length] + secret).digest()
    if not compare_digest(digest, frame.authenticator):
        return False
    return not frame.signature_at or verify_message_authenticator(datagram, frame, secret, ZEROS)


def verify_response_authenticator(
    datagram: bytes, frame: Frame, secret: bytes, request_authenticator: bytes
) -> bool:
    """Is a reply the answer to the request with that authenticator (RFC 2865 §3)?"""
    digest = md5(
        datagram[:4] + request_authenticator + datagram[20 : frame.length] + secret
    ).digest()
    return compare_digest(digest, frame.authenticator)


def reveal_password(hidden: bytes, authenticator: bytes, secret: bytes) -> bytes | None:
    """The User-Password in clear, without its padding (RFC 2865 §5.2).

    None where the value is not 16, 32 … 128 octets long. A wrong secret gives garbage, not None.
    """
    octets = len(hidden)
    if octets & 15 or not 0 < octets <= PASSWORD_OCTETS_MAX:
        return None
    keyed = _keyed(secret)[0]
    clear = b""
    block = authenticator
    for at in range(0, octets, 16):
        digest = keyed.copy()
        digest.update(block)
        block = hidden[at : at + 16]
        clear += _xor(digest.digest(), block)
    return clear.rstrip(b"\0")


def hide_password(password: bytes, authenticator: bytes, secret: bytes) -> bytes:
    """The User-Password as sent: padded to a multiple of 16 octets and hidden (RFC 2865 §5.2)."""
    if len(password) > PASSWORD_OCTETS_MAX:
        message = f"a User-Password holds at most {PASSWORD_OCTETS_MAX} octets"
        raise ValueError(message)
    padded = password + bytes(-len(password) % 16 or (0 if password else 16))
    keyed = _keyed(secret)[0]
    hidden = b""
    block = authenticator
    for at in range(0, len(padded), 16):
        digest = keyed.copy()
        digest.update(block)
        block = _xor(digest.digest(), padded[at : at + 16])
        hidden += block
    return hidden


def _attribute_fault(kind: int, too_short: bool) -> MalformedReason:
    if not kind:
        return MalformedReason.ATTRIBUTE_TYPE_ZERO
    if too_short:
        return MalformedReason.ATTRIBUTE_TOO_SHORT
    return MalformedReason.ATTRIBUTE_OVERRUN


def _pack_header(code: int, identifier: int, length: int) -> bytes:
    if length > PACKET_OCTETS_MAX:
        message = f"a packet holds at most {PACKET_OCTETS_MAX} octets, not {length}"
        raise ValueError(message)
    return _header.pack(code, identifier, length)


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(16, "big")


def _hmac_md5(secret: bytes, data: bytes) -> bytes:
    _, inner, outer = _keyed(secret)
    inside = inner.copy()
    inside.update(data)
    outside = outer.copy()
    outside.update(inside.digest())
    return outside.digest()


@lru_cache(maxsize=SECRETS_MAX)
def _keyed(secret: bytes) -> "tuple[_Hash, _Hash, _Hash]":
    """The states of MD5 after `secret`, after HMAC's inner key and after its outer key."""
    key = (md5(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner = md5(bytes(octet ^ 0x36 for octet in key))
    outer = md5(bytes(octet ^ 0x5C for octet in key))
    return md5(secret), inner, outer
