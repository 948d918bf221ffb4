"""A RADIUS packet as a frozen value (RFC 2865 §3)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from radius import wire

__all__ = ["Attribute", "Code", "Packet", "decode", "encode"]


class Code(IntEnum):
    """What a packet is (RFC 2865 §3, RFC 2866 §3, RFC 5176 §2.3, RFC 5997 §3)."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12
    DISCONNECT_REQUEST = 40
    DISCONNECT_ACK = 41
    DISCONNECT_NAK = 42
    COA_REQUEST = 43
    COA_ACK = 44
    COA_NAK = 45
    PROTOCOL_ERROR = 52


class Attribute(NamedTuple):
    """One attribute: its number and the octets of its value, at most 253."""

    type: int
    value: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Packet:
    """One packet. `code` is a plain number, for there are codes that nobody serves.

    `authenticator` is 16 octets, the identifier 0..255; attributes keep the order of the wire.
    """

    code: int
    identifier: int
    authenticator: bytes
    attributes: tuple[Attribute, ...] = ()


def decode(datagram: bytes) -> Packet:
    """The packet in a datagram, padding ignored, or `MalformedPacketError`.

    Only the framing is judged here; a value that its type does not allow invalidates that
    attribute alone, when it is read (RFC 6929 §2.8).
    """
    frame = wire.split(datagram)
    return Packet(
        code=frame.code,
        identifier=frame.identifier,
        authenticator=frame.authenticator,
        attributes=tuple(Attribute(kind, value) for kind, value in frame.attributes),
    )


def encode(packet: Packet) -> bytes:
    """The octets of a packet as it stands: nothing is signed (see `radius.wire` for that)."""
    body = b"".join(wire.attribute(each.type, each.value) for each in packet.attributes)
    length = wire.HEADER_OCTETS + len(body)
    return bytes((packet.code, packet.identifier, length >> 8, length & 255)) + (
        packet.authenticator + body
    )
