"""Values that travel hidden: User-Password, Tunnel-Password, MPPE keys, Ascend secrets."""

from dataclasses import dataclass, field
from hashlib import md5
from typing import assert_never

from radius import wire
from radius.dictionary import Encryption
from radius.values import Fault, InvalidAttributeError

__all__ = ["Hiding", "hide", "reveal"]

SALT_BIT = 0x8000  # RFC 2868 §3.5: the first bit of a salt is set


@dataclass(frozen=True, kw_only=True, slots=True)
class Hiding:
    """What values of one packet are hidden with: the secret and the Request Authenticator.

    `first_salt` is random, 0..0xFFFF; each salted value of the packet takes the next one.
    """

    secret: bytes = field(repr=False)
    authenticator: bytes
    first_salt: int = 0


def hide(encryption: Encryption, clear: bytes, hiding: Hiding, number: int = 0) -> bytes:
    """Hides a value; `number` counts the salted values of the packet."""
    match encryption:
        case Encryption.NONE:
            return clear
        case Encryption.USER_PASSWORD:
            if len(clear) > wire.PASSWORD_OCTETS_MAX:
                raise InvalidAttributeError(Fault.TOO_LONG)
            return wire.hide_password(clear, hiding.authenticator, hiding.secret)
        case Encryption.SALTED:
            if len(clear) > 255:
                raise InvalidAttributeError(Fault.TOO_LONG)
            salt = (hiding.first_salt + number) & 0xFFFF | SALT_BIT
            return _hide_salted(clear, hiding, salt.to_bytes(2, "big"))
        case Encryption.ASCEND_SECRET:
            if len(clear) > 16:
                raise InvalidAttributeError(Fault.TOO_LONG)
            return _ascend_secret(clear.ljust(16, b"\0"), hiding)
        case _:
            assert_never(encryption)


def reveal(encryption: Encryption, hidden: bytes, hiding: Hiding) -> bytes:
    """The value in clear, or `InvalidAttributeError` where it cannot have been hidden like that."""
    match encryption:
        case Encryption.NONE:
            return hidden
        case Encryption.USER_PASSWORD:
            clear = wire.reveal_password(hidden, hiding.authenticator, hiding.secret)
            if clear is None:
                raise InvalidAttributeError(Fault.HIDDEN)
            return clear
        case Encryption.SALTED:
            return _reveal_salted(hidden, hiding)
        case Encryption.ASCEND_SECRET:
            if len(hidden) != 16:
                raise InvalidAttributeError(Fault.HIDDEN)
            return _ascend_secret(hidden, hiding).rstrip(b"\0")
        case _:
            assert_never(encryption)


def _hide_salted(clear: bytes, hiding: Hiding, salt: bytes) -> bytes:
    counted = bytes((len(clear),)) + clear
    padded = counted + bytes(-len(counted) % 16)
    block = hiding.authenticator + salt
    hidden = b""
    for at in range(0, len(padded), 16):
        block = _xor(md5(hiding.secret + block).digest(), padded[at : at + 16])
        hidden += block
    return salt + hidden


def _reveal_salted(value: bytes, hiding: Hiding) -> bytes:
    salt, hidden = value[:2], value[2:]
    if not hidden or len(hidden) % 16:
        raise InvalidAttributeError(Fault.HIDDEN)
    block = hiding.authenticator + salt
    counted = b""
    for at in range(0, len(hidden), 16):
        digest = md5(hiding.secret + block).digest()
        block = hidden[at : at + 16]
        counted += _xor(digest, block)
    if counted[0] >= len(counted):
        raise InvalidAttributeError(Fault.HIDDEN)
    return counted[1 : 1 + counted[0]]


def _ascend_secret(octets: bytes, hiding: Hiding) -> bytes:
    return _xor(md5(hiding.authenticator + hiding.secret).digest(), octets)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
