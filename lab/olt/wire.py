"""SNMPv2c on the wire (RFC 3416 §3, RFC 1901): requests in, responses and traps out.

Only what an agent needs, written for speed: values travel as encoded BER (X.690) from the table
to the datagram.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

__all__ = [
    "END_OF_MIB_VIEW",
    "NO_SUCH_INSTANCE",
    "NULL",
    "ErrorStatus",
    "Malformed",
    "Oid",
    "Pdu",
    "Request",
    "address",
    "counter32",
    "counter64",
    "decode_request",
    "encode_oid",
    "encode_response",
    "encode_trap",
    "gauge32",
    "integer",
    "object_identifier",
    "octets",
    "ticks",
    "varbind",
]

Oid = tuple[int, ...]
VERSION_2C: Final = 1
SEQUENCE: Final = 0x30


class Pdu(IntEnum):
    """PDU tags (RFC 3416 §3)."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    SET = 0xA3
    GET_BULK = 0xA5
    TRAP = 0xA7


class ErrorStatus(IntEnum):
    """error-status (RFC 3416 §3)."""

    NO_ERROR = 0
    TOO_BIG = 1
    GEN_ERR = 5
    NOT_WRITABLE = 17


class Malformed(Exception):  # noqa: N818 - what the sender did, not what failed here
    """The datagram is not an SNMPv2c request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; `non_repeaters` and `max_repetitions` are GETBULK's, 0 for the others."""

    community: bytes
    pdu: Pdu
    request_id: int
    non_repeaters: int
    max_repetitions: int
    oids: tuple[Oid, ...]


def tlv(tag: int, body: bytes) -> bytes:
    """A tag, a length in its shortest form, a body."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets_of_size = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets_of_size))) + octets_of_size + body


def _signed(tag: int, value: int) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def integer(value: int) -> bytes:
    """INTEGER."""
    return _signed(0x02, value)


def octets(value: bytes | str) -> bytes:
    """OCTET STRING; text in UTF-8."""
    return tlv(0x04, value.encode() if isinstance(value, str) else value)


def address(value: bytes) -> bytes:
    """IpAddress: four octets."""
    return tlv(0x40, value)


def counter32(value: int) -> bytes:
    """Counter32, wrapped as a device wraps it."""
    return _signed(0x41, value & 0xFFFFFFFF)


def gauge32(value: int) -> bytes:
    """Gauge32."""
    return _signed(0x42, value)


def ticks(value: int) -> bytes:
    """TimeTicks, hundredths of a second, wrapping after 497 days."""
    return _signed(0x43, value & 0xFFFFFFFF)


def counter64(value: int) -> bytes:
    """Counter64."""
    return _signed(0x46, value & 0xFFFFFFFFFFFFFFFF)


def object_identifier(oid: Oid) -> bytes:
    """OBJECT IDENTIFIER."""
    return tlv(0x06, encode_oid(oid))


NULL: Final = b"\x05\x00"
NO_SUCH_INSTANCE: Final = b"\x81\x00"
END_OF_MIB_VIEW: Final = b"\x82\x00"


def encode_oid(oid: Oid) -> bytes:
    """The body of an OBJECT IDENTIFIER: its first two arcs in one octet, the rest in base 128."""
    first, second, *rest = oid
    return bytes((first * 40 + second,)) + encode_arcs(rest)


def encode_arcs(arcs: Sequence[int]) -> bytes:
    """Arcs in base 128, most significant first."""
    encoded = bytearray()
    for arc in arcs:
        if arc < 0x80:
            encoded.append(arc)
            continue
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        encoded += bytes(reversed(groups))
    return bytes(encoded)


def varbind(oid: bytes, value: bytes) -> bytes:
    """A variable binding of an encoded name and an encoded value."""
    return tlv(SEQUENCE, tlv(0x06, oid) + value)


def encode_response(
    request: Request, varbinds: bytes, status: ErrorStatus = ErrorStatus.NO_ERROR, at: int = 0
) -> bytes:
    """The answer to a request; `at` numbers the varbind that a status is about, from 1."""
    return _message(
        request.community, Pdu.RESPONSE, request.request_id, integer(status) + integer(at), varbinds
    )


def encode_trap(community: bytes, request_id: int, varbinds: bytes) -> bytes:
    """An SNMPv2-Trap (RFC 3416 §4.2.6)."""
    return _message(community, Pdu.TRAP, request_id, integer(0) + integer(0), varbinds)


def _message(
    community: bytes, pdu: Pdu, request_id: int, status_and_index: bytes, varbinds: bytes
) -> bytes:
    body = integer(request_id) + status_and_index + tlv(SEQUENCE, varbinds)
    return tlv(SEQUENCE, integer(VERSION_2C) + octets(community) + tlv(pdu, body))


def decode_request(datagram: bytes) -> Request:
    """The request in a datagram; Malformed for anything else."""
    try:
        message, _ = _open(datagram, 0, SEQUENCE)
        version, rest = _open(message, 0, 0x02)
        community, rest = _open(message, rest, 0x04)
        pdu = Pdu(message[rest])
        body, _ = _open(message, rest, pdu)
        request_id, rest = _open(body, 0, 0x02)
        first, rest = _open(body, rest, 0x02)
        second, rest = _open(body, rest, 0x02)
        varbinds, _ = _open(body, rest, SEQUENCE)
        oids = tuple(_names(varbinds))
    except (IndexError, ValueError, struct.error) as error:
        raise Malformed(str(error)) from error
    if _number(version) != VERSION_2C or pdu in (Pdu.RESPONSE, Pdu.TRAP):
        problem = f"version {_number(version)}, PDU {pdu.name}"
        raise Malformed(problem)
    bulk = pdu is Pdu.GET_BULK
    return Request(
        community=community,
        pdu=pdu,
        request_id=_number(request_id),
        non_repeaters=max(0, _number(first)) if bulk else 0,
        max_repetitions=max(0, _number(second)) if bulk else 0,
        oids=oids,
    )


def _names(varbinds: bytes) -> list[Oid]:
    names, at = [], 0
    while at < len(varbinds):
        binding, at = _open(varbinds, at, SEQUENCE)
        name, _ = _open(binding, 0, 0x06)
        names.append(_arcs(name))
    return names


def _open(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """The body of the element at `at`, and where the next one begins."""
    if data[at] != tag:
        problem = f"tag {data[at]:#x} where {tag:#x} belongs"
        raise ValueError(problem)
    size, start = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(data[start : start + count], "big"), start + count
    end = start + size
    if end > len(data):
        problem = "an element runs past the end"
        raise ValueError(problem)
    return data[start:end], end


def _number(body: bytes) -> int:
    return int.from_bytes(body, "big", signed=True)


def _arcs(body: bytes) -> Oid:
    arcs, arc = [body[0] // 40, body[0] % 40], 0
    for octet in body[1:]:
        arc = (arc << 7) | (octet & 0x7F)
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    return tuple(arcs)
