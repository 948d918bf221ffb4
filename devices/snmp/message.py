"""SNMP protocol data units (RFC 3416 §3) and the v2c message around them (RFC 1901 §3).

`decode_pdu` is where a collector's processor time goes, hence its one long loop.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from devices.snmp.ber import (
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    SEQUENCE,
    MalformedMessage,
    enclose,
    enter,
    integer,
    oid_text,
    read_integer,
    read_octets,
)
from devices.snmp.values import Value

__all__ = [
    "END_OF_VIEW",
    "GET",
    "GET_BULK",
    "REPORT",
    "RESPONSE",
    "VERSION_2C",
    "EndOfView",
    "Pdu",
    "Request",
    "decode_pdu",
    "decode_v2c",
    "encode_pdu",
    "encode_v2c",
]

GET: Final = 0xA0
RESPONSE: Final = 0xA2
GET_BULK: Final = 0xA5
REPORT: Final = 0xA8
PDU_TAGS: Final = frozenset(range(0xA0, 0xA9))

VERSION_2C: Final = 1
NULL_ELEMENT: Final = bytes((NULL, 0))

UNSIGNED: Final = frozenset({0x41, 0x42, 0x43, 0x46, 0x47})
"""Counter32, Gauge32, TimeTicks, Counter64, UInteger32; agents that forget the leading zero octet
do not mean negative numbers."""

RAW: Final = frozenset({OCTET_STRING, 0x40, 0x44})
"""OCTET STRING, IpAddress and Opaque are octets."""

ABSENT: Final = frozenset({NULL, 0x80, 0x81})
"""NULL, noSuchObject, noSuchInstance."""

END_OF_VIEW_TAG: Final = 0x82


class EndOfView:
    """The value of a variable after which there is no other (RFC 3416 §4.2.2)."""


END_OF_VIEW: Final = EndOfView()

VarBind: TypeAlias = tuple[bytes, Value | EndOfView]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A question: `oids` as octets; `non_repeaters` and `max_repetitions` of a GETBULK."""

    tag: int
    oids: tuple[bytes, ...]
    non_repeaters: int = 0
    max_repetitions: int = 0

    @property
    def variables(self) -> int:
        """How many variables an answer in full repeats."""
        return (len(self.oids) - self.non_repeaters) * self.max_repetitions


@dataclass(frozen=True, kw_only=True, slots=True)
class Pdu:
    """An answer: OIDs as octets beside their values, in the order of the message.

    `octets` is the size of the datagram it came in.
    """

    tag: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[VarBind]
    octets: int = 0


def encode_pdu(request: Request, request_id: int) -> bytes:
    """The request as a PDU."""
    varbinds = [enclose(SEQUENCE, enclose(OID, octets), NULL_ELEMENT) for octets in request.oids]
    return enclose(
        request.tag,
        integer(request_id),
        integer(request.non_repeaters),
        integer(request.max_repetitions),
        enclose(SEQUENCE, *varbinds),
    )


def encode_v2c(community: bytes, pdu: bytes) -> bytes:
    """The PDU in a message of version 2c."""
    return enclose(SEQUENCE, integer(VERSION_2C), enclose(OCTET_STRING, community), pdu)


def decode_v2c(datagram: bytes) -> tuple[bytes, Pdu]:
    """The community and the PDU of a v2c message. Raises MalformedMessage, nothing else."""
    at, end = enter(datagram, 0, len(datagram), SEQUENCE)
    version, at = read_integer(datagram, at, end)
    if version != VERSION_2C:
        raise MalformedMessage(f"version {version} where 1 (v2c) must be")
    community, at = read_octets(datagram, at, end)
    return community, decode_pdu(datagram, at, end)


def decode_pdu(data: bytes, at: int, end: int) -> Pdu:
    """The PDU at `at`. Raises MalformedMessage, nothing else."""
    if at >= end or data[at] not in PDU_TAGS:
        raise MalformedMessage("no PDU where one must be")
    tag = data[at]
    at, end = enter(data, at, end, tag)
    request_id, at = read_integer(data, at, end)
    error_status, at = read_integer(data, at, end)
    error_index, at = read_integer(data, at, end)
    at, end = enter(data, at, end, SEQUENCE)
    try:
        varbinds = _varbinds(data, at, end)
    except IndexError:
        raise MalformedMessage("a variable runs over the end") from None
    return Pdu(
        tag=tag,
        request_id=request_id,
        error_status=error_status,
        error_index=error_index,
        varbinds=varbinds,
        octets=len(data),
    )


def _varbinds(data: bytes, at: int, end: int) -> list[VarBind]:
    """All variables between `at` and `end`; lengths of one octet are read in place."""
    from_bytes = int.from_bytes
    found: list[VarBind] = []
    while at < end:
        if data[at + 1] < 0x80 and data[at] == SEQUENCE:
            stop = at + 2 + data[at + 1]
            at += 2
        else:
            at, stop = enter(data, at, end, SEQUENCE)
        if data[at + 1] < 0x80 and data[at] == OID:
            at += 2
            after = at + data[at - 1]
        else:
            at, after = enter(data, at, stop, OID)
        oid = data[at:after]
        tag = data[after]
        if data[after + 1] < 0x80:
            at = after + 2
            if at + data[after + 1] != stop:
                raise MalformedMessage("a variable is not as long as it says")
        else:
            at, after = enter(data, after, stop, tag)
            if after != stop:
                raise MalformedMessage("a variable is not as long as it says")
        if tag == INTEGER:
            found.append((oid, from_bytes(data[at:stop], "big", signed=True)))
        elif tag in RAW:
            found.append((oid, data[at:stop]))
        elif tag in UNSIGNED:
            found.append((oid, from_bytes(data[at:stop], "big")))
        elif tag == OID:
            found.append((oid, oid_text(data[at:stop])))
        elif tag in ABSENT:
            found.append((oid, None))
        elif tag == END_OF_VIEW_TAG:
            found.append((oid, END_OF_VIEW))
        else:
            raise MalformedMessage(f"a value with the unknown tag {tag:#04x}")
        at = stop
    if at != end:
        raise MalformedMessage("the variables run over their enclosure")
    return found
