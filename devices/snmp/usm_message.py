"""The v3 message (RFC 3412 §6) with the User-based Security Model's parameters (RFC 3414 §2.4).

One codec for both directions: what `encode_v3` makes with a user's keys, `decode_v3` takes apart,
`is_authentic` checks and `decode_scoped` decrypts.
"""

import hmac
from dataclasses import dataclass, replace
from typing import Final

from devices.snmp.ber import (
    OCTET_STRING,
    SEQUENCE,
    MalformedMessage,
    enclose,
    enter,
    integer,
    read_integer,
    read_octets,
)
from devices.snmp.message import Pdu, decode_pdu
from devices.snmp.usm_keys import Keys

__all__ = [
    "AUTHENTIC",
    "PRIVATE",
    "REPORTABLE",
    "Message",
    "decode_scoped",
    "decode_v3",
    "encode_v3",
    "is_authentic",
]

VERSION_3: Final = 3
USER_BASED: Final = 3
AUTHENTIC: Final = 0x01
PRIVATE: Final = 0x02
REPORTABLE: Final = 0x04

MESSAGE_OCTETS_MAX: Final = 65507
"""The largest message that we take: what fits in a datagram."""

CLOCK_MAX: Final = (1 << 31) - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message around `scoped`: a scoped PDU, once decoded still encrypted where it is private.

    `boots` and `seconds` are the authoritative engine's. `digest`, where it stands in the datagram,
    and `salt` are for decoded messages.
    """

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    seconds: int
    user: bytes
    scoped: bytes
    digest: bytes = b""
    digest_at: int = 0
    salt: bytes = b""


def encode_v3(message: Message, pdu: bytes, keys: Keys, salt: int = 0) -> bytes:
    """The message as a datagram with `pdu` in it, as authentic and private as its flags say.

    `salt` is a number that no two messages of these keys share.
    """
    context = enclose(OCTET_STRING, message.engine_id) + enclose(OCTET_STRING)
    scoped, parameters = enclose(SEQUENCE, context, pdu), b""
    if message.flags & PRIVATE:
        sealed, parameters = keys.encrypt(scoped, message.boots, message.seconds, salt)
        scoped = enclose(OCTET_STRING, sealed)
    header = enclose(
        SEQUENCE,
        integer(message.message_id),
        integer(MESSAGE_OCTETS_MAX),
        enclose(OCTET_STRING, bytes((message.flags,))),
        integer(USER_BASED),
    )

    def whole(digest: bytes) -> bytes:
        security = enclose(
            SEQUENCE,
            enclose(OCTET_STRING, message.engine_id),
            integer(message.boots),
            integer(message.seconds),
            enclose(OCTET_STRING, message.user),
            enclose(OCTET_STRING, digest),
            enclose(OCTET_STRING, parameters),
        )
        return enclose(
            SEQUENCE, integer(VERSION_3), header, enclose(OCTET_STRING, security), scoped
        )

    if not message.flags & AUTHENTIC:
        return whole(b"")
    return whole(keys.digest(whole(bytes(keys.digest_octets))))


def decode_v3(datagram: bytes) -> Message:
    """The parts of a message. Raises MalformedMessage, nothing else."""
    at, end = enter(datagram, 0, len(datagram), SEQUENCE)
    version, at = read_integer(datagram, at, end)
    if version != VERSION_3:
        raise MalformedMessage(f"version {version} where 3 must be")
    header, at = enter(datagram, at, end, SEQUENCE)
    message_id, header = read_integer(datagram, header, at)
    _, header = read_integer(datagram, header, at)
    flags, header = read_octets(datagram, header, at)
    model, _ = read_integer(datagram, header, at)
    if model != USER_BASED or len(flags) != 1:
        raise MalformedMessage("another security model")
    if flags[0] & PRIVATE and not flags[0] & AUTHENTIC:
        raise MalformedMessage("private and not authentic")
    inner, after = enter(datagram, at, end, OCTET_STRING)
    inner, stop = enter(datagram, inner, after, SEQUENCE)
    engine_id, inner = read_octets(datagram, inner, stop)
    boots, inner = read_integer(datagram, inner, stop)
    seconds, inner = read_integer(datagram, inner, stop)
    if not (0 <= boots <= CLOCK_MAX and 0 <= seconds <= CLOCK_MAX):
        raise MalformedMessage("a clock that cannot be")
    user, inner = read_octets(datagram, inner, stop)
    digest_at, inner = enter(datagram, inner, stop, OCTET_STRING)
    salt, _ = read_octets(datagram, inner, stop)
    return Message(
        message_id=message_id,
        flags=flags[0],
        engine_id=engine_id,
        boots=boots,
        seconds=seconds,
        user=user,
        scoped=datagram[after:end],
        digest=datagram[digest_at:inner],
        digest_at=digest_at,
        salt=salt,
    )


def is_authentic(datagram: bytes, message: Message, keys: Keys) -> bool:
    """Whether the datagram was made with these keys."""
    digest, at = message.digest, message.digest_at
    if not digest or len(digest) != keys.digest_octets:
        return False
    blank = datagram[:at] + bytes(len(digest)) + datagram[at + len(digest) :]
    return hmac.compare_digest(keys.digest(blank), digest)


def decode_scoped(message: Message, keys: Keys, octets: int) -> Pdu:
    """The PDU in a message whose datagram had so many octets. Raises MalformedMessage."""
    scoped = message.scoped
    if message.flags & PRIVATE:
        sealed, _ = read_octets(scoped, 0, len(scoped))
        try:
            scoped = keys.decrypt(sealed, message.boots, message.seconds, message.salt)
        except ValueError:
            raise MalformedMessage("encrypted in a way that cannot be") from None
    at, end = enter(scoped, 0, len(scoped), SEQUENCE)
    _, at = read_octets(scoped, at, end)
    _, at = read_octets(scoped, at, end)
    return replace(decode_pdu(scoped, at, end), octets=octets)
