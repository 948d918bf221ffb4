"""The part of BER that SNMP is written in (X.690; RFC 3417 §8): lengths, integers, OIDs.

An OID travels as its encoded octets wherever it is only compared or sent back: every arc ends in an
octet without the top bit, so that "begins with these octets" means "begins with these arcs".
"""

from typing import Final

from devices.snmp.values import Index

__all__ = [
    "INTEGER",
    "NULL",
    "OCTET_STRING",
    "OID",
    "SEQUENCE",
    "MalformedMessage",
    "arcs",
    "enclose",
    "enter",
    "integer",
    "oid_octets",
    "oid_text",
    "read_integer",
    "read_octets",
]

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30

ARC_MASK: Final = 0xFFFFFFFF
"""Arcs are of 32 bits (RFC 2578 §3.5); agents that sign-extend large ones mean the low 32."""

LENGTH_OCTETS_MAX: Final = 4


class MalformedMessage(Exception):  # noqa: N818 - it names what came
    """Octets that are no SNMP message."""


def enclose(tag: int, *contents: bytes) -> bytes:
    """The contents, one after the other, under a tag."""
    body = b"".join(contents)
    length = len(body)
    if length < 0x80:
        return bytes((tag, length)) + body
    if length < 0x100:
        return bytes((tag, 0x81, length)) + body
    return bytes((tag, 0x82, length >> 8, length & 0xFF)) + body


def integer(value: int) -> bytes:
    """A whole INTEGER, in as few octets as hold it."""
    octets = value.bit_length() // 8 + 1
    return bytes((INTEGER, octets)) + value.to_bytes(octets, "big", signed=True)


def oid_octets(dotted: str) -> bytes:
    """The octets of `1.3.6.1…`, without tag and length. Raises ValueError."""
    first, second, *rest = (int(arc) for arc in dotted.strip(".").split("."))
    if not (
        0 <= first <= 2
        and second >= 0
        and (first == 2 or second < 40)
        and min(rest, default=0) >= 0
    ):
        raise ValueError(f"{dotted} is no object identifier")
    return b"".join(map(_arc_octets, (first * 40 + second, *rest)))


def _arc_octets(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))


def arcs(octets: bytes) -> Index:
    """The arcs that the octets spell; of a whole OID, the first two are still one."""
    found = []
    arc = 0
    for octet in octets:
        if octet < 0x80:
            found.append((arc << 7 | octet) & ARC_MASK)
            arc = 0
        else:
            arc = arc << 7 | octet & 0x7F
    if arc or (octets and octets[-1] >= 0x80):
        raise MalformedMessage("an object identifier ends within an arc")
    return tuple(found)


def oid_text(octets: bytes) -> str:
    """An OID as dotted text."""
    if not octets:
        return "0.0"
    joint, *rest = arcs(octets)
    first = min(joint // 40, 2)
    return ".".join(map(str, (first, joint - first * 40, *rest)))


def enter(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the contents of the element at `at` begin and end. Raises MalformedMessage."""
    if at + 2 > end or data[at] != tag:
        raise MalformedMessage(f"no element with tag {tag:#04x} where one must be")
    length = data[at + 1]
    start = at + 2
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= LENGTH_OCTETS_MAX:
            raise MalformedMessage("a length of no definite form")
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    stop = start + length
    if stop > end:
        raise MalformedMessage("an element runs over its enclosure")
    return start, stop


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The INTEGER at `at`, and where the next element begins. Raises MalformedMessage."""
    start, stop = enter(data, at, end, INTEGER)
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def read_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """The OCTET STRING at `at`, and where the next element begins. Raises MalformedMessage."""
    start, stop = enter(data, at, end, OCTET_STRING)
    return data[start:stop], stop
