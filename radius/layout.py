"""Where values lie: vendor attributes of every width, contained, extended and split ones.

RFC 2865 §5.26 (vendors), RFC 3579 §3.1 (one value over several attributes), RFC 6929 §2
(extended attributes and TLVs).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from radius.dictionary import (
    Definition,
    Dictionary,
    Oid,
    ValueType,
    VendorFormat,
    raw,
)
from radius.values import Fault, InvalidAttributeError

__all__ = ["Piece", "pack", "unpack"]

VALUE_OCTETS_MAX = 253
FRAGMENT_OCTETS_MAX = VALUE_OCTETS_MAX - 2  # less the extended type and the flags
VENDOR_OCTETS = 4
MORE = 0x80  # RFC 6929 §2.2; the same bit continues a WiMAX attribute

RawAttribute = tuple[int, bytes]


class Piece(NamedTuple):
    """The octets of one value, put together; with a fault where the layout is wrong."""

    definition: Definition
    octets: bytes
    fault: Fault | None = None


def unpack(attributes: Iterable[RawAttribute], dictionary: Dictionary) -> Iterator[Piece]:
    """The values inside attributes, in their order; containers are opened as far as defined."""
    rest = list(attributes)
    while rest:
        kind, octets = rest[0]
        definition = dictionary.at((kind,))
        run = 1
        if definition.concat:
            run = len(next(list(same) for _, same in groupby(rest, itemgetter(0))))
            yield Piece(definition, b"".join(value for _, value in rest[:run]))
        elif definition.type is ValueType.VENDOR_SPECIFIC:
            run, pieces = _unpack_vendor(rest, dictionary)
            yield from pieces
        elif definition.type is ValueType.EXTENDED:
            yield from _unpack_extended(kind, octets[:1], octets[1:], dictionary)
        elif definition.type is ValueType.LONG_EXTENDED:
            run, joined = _join_long_extended(rest)
            if joined is None:
                yield Piece(raw((kind,)), octets, Fault.FRAGMENT_MISSING)
            else:
                yield from _unpack_extended(kind, octets[:1], joined, dictionary)
        else:
            yield from _open(definition, octets, dictionary)
        del rest[:run]


def pack(oid: Oid, octets: bytes, dictionary: Dictionary) -> list[RawAttribute]:
    """The attributes that carry a value at its place, or `InvalidAttributeError`.

    A place that is a container (`Attr-26.9`, `Attr-241`) takes its octets as they are.
    """
    head, *inner = oid
    definition = dictionary.at((head,))
    if not inner:
        if definition.concat:
            return [(head, part) for part in _parts(octets, VALUE_OCTETS_MAX)]
        return [(head, _limited(octets))]
    match definition.type:
        case ValueType.VENDOR_SPECIFIC:
            return [(head, part) for part in _pack_vendor(inner, octets, dictionary)]
        case ValueType.EXTENDED:
            body = _pack_extended(oid, octets, dictionary)
            return [(head, _limited(bytes((inner[0],)) + body))]
        case ValueType.LONG_EXTENDED:
            parts = _parts(_pack_extended(oid, octets, dictionary), FRAGMENT_OCTETS_MAX)
            flags = [MORE] * (len(parts) - 1) + [0]
            return [
                (head, bytes((inner[0], flag)) + part)
                for flag, part in zip(flags, parts, strict=True)
            ]
    return [(head, _limited(_enclose(inner, octets)))]


def _open(definition: Definition, octets: bytes, dictionary: Dictionary) -> Iterator[Piece]:
    """The value itself, or what a TLV contains (RFC 6929 §2.3)."""
    if definition.type is ValueType.EXTENDED_VENDOR_SPECIFIC:
        if len(octets) < VENDOR_OCTETS + 1:
            yield Piece(raw(definition.oid), octets, Fault.VENDOR_TOO_SHORT)
            return
        place = (*definition.oid, int.from_bytes(octets[:4], "big"), octets[4])
        yield from _open(dictionary.at(place), octets[5:], dictionary)
    elif definition.type is ValueType.TLV:
        contained = _entries(octets, VendorFormat())
        if contained is None:
            yield Piece(raw(definition.oid), octets, Fault.CONTAINED_OVERRUN)
            return
        for kind, _, value in contained:
            yield from _open(dictionary.at((*definition.oid, kind)), value, dictionary)
    else:
        yield Piece(definition, octets)


def _unpack_vendor(
    rest: Sequence[RawAttribute], dictionary: Dictionary
) -> tuple[int, Iterator[Piece]]:
    """How many attributes belong together, and their values."""
    kind, octets = rest[0]
    if len(octets) < VENDOR_OCTETS:
        return 1, iter([Piece(raw((kind,)), octets, Fault.VENDOR_TOO_SHORT)])
    vendor = int.from_bytes(octets[:VENDOR_OCTETS], "big")
    layout = dictionary.vendor_formats.get(vendor)
    entries = _entries(octets[VENDOR_OCTETS:], layout or VendorFormat())
    run = 1
    while entries and entries[-1][1]:  # to be continued in the next attribute
        following = rest[run] if run < len(rest) else (0, b"")
        added = (
            _entries(following[1][VENDOR_OCTETS:], VendorFormat(1, 1, continuation=True))
            if following[0] == kind and following[1][:VENDOR_OCTETS] == octets[:VENDOR_OCTETS]
            else None
        )
        if not added or added[0][0] != entries[-1][0]:
            return run, iter([Piece(raw((kind, vendor)), octets[4:], Fault.FRAGMENT_MISSING)])
        last = entries.pop()
        entries += [(last[0], added[0][1], last[2] + added[0][2]), *added[1:]]
        run += 1
    if not entries:  # an unknown vendor may lay things out as it likes
        fault = None if layout is None else Fault.CONTAINED_OVERRUN
        return run, iter([Piece(raw((kind, vendor)), octets[VENDOR_OCTETS:], fault)])
    return run, (
        piece
        for number, _, value in entries
        for piece in _open(dictionary.at((kind, vendor, number)), value, dictionary)
    )


def _entries(octets: bytes, layout: VendorFormat) -> list[tuple[int, bool, bytes]] | None:
    """Type, continuation flag and value of each entry; None where they do not fill the space."""
    entries = []
    header = layout.header_octets
    while octets:
        if len(octets) < header:
            return None
        kind = int.from_bytes(octets[: layout.type_octets], "big")
        counted = octets[layout.type_octets : layout.type_octets + layout.length_octets]
        length = int.from_bytes(counted, "big") if counted else len(octets)
        if not header <= length <= len(octets):
            return None
        more = layout.continuation and bool(octets[header - 1] & MORE)
        entries.append((kind, more, octets[header:length]))
        octets = octets[length:]
    return entries


def _unpack_extended(
    head: int, kind: bytes, octets: bytes, dictionary: Dictionary
) -> Iterator[Piece]:
    if not kind:
        return iter([Piece(raw((head,)), b"", Fault.LENGTH)])
    return _open(dictionary.at((head, kind[0])), octets, dictionary)


def _join_long_extended(rest: Sequence[RawAttribute]) -> tuple[int, bytes | None]:
    """How many attributes belong together, and the value; None where a fragment is missing."""
    head, first = rest[0]
    joined = b""
    for run, (kind, octets) in enumerate(rest, start=1):
        if kind != head or len(octets) < 2 or octets[0] != first[0]:
            return max(run - 1, 1), None
        joined += octets[2:]
        if not octets[1] & MORE:
            return run, joined
    return len(rest), None


def _pack_vendor(inner: Sequence[int], octets: bytes, dictionary: Dictionary) -> list[bytes]:
    vendor = inner[0].to_bytes(VENDOR_OCTETS, "big")
    if len(inner) == 1:
        return [_limited(vendor + octets)]
    layout = dictionary.vendor_formats.get(inner[0], VendorFormat())
    body = _enclose(inner[2:], octets)
    kind = inner[1].to_bytes(layout.type_octets, "big")
    room = VALUE_OCTETS_MAX - VENDOR_OCTETS - layout.header_octets
    parts = _parts(body, room) if layout.continuation else [body]
    attributes = []
    for number, part in enumerate(parts, start=1):
        length = len(part) + layout.header_octets
        counted = length.to_bytes(layout.length_octets, "big") if layout.length_octets else b""
        flag = bytes((MORE if number < len(parts) else 0,)) if layout.continuation else b""
        attributes.append(_limited(vendor + kind + counted + flag + part))
    return attributes


def _pack_extended(oid: Oid, octets: bytes, dictionary: Dictionary) -> bytes:
    """What follows the extended type: TLVs, or a vendor's value (RFC 6929 §2.4)."""
    contained = oid[2:]
    if contained and dictionary.at(oid[:2]).type is ValueType.EXTENDED_VENDOR_SPECIFIC:
        vendor = contained[0].to_bytes(VENDOR_OCTETS, "big")
        if len(contained) == 1:
            return vendor + octets
        return vendor + bytes((contained[1],)) + _enclose(contained[2:], octets)
    return _enclose(contained, octets)


def _enclose(numbers: Sequence[int], octets: bytes) -> bytes:
    """The value inside its TLVs, the innermost number last."""
    for number in reversed(numbers):
        octets = bytes((number, len(_limited(octets)) + 2)) + octets
    return octets


def _parts(octets: bytes, size: int) -> list[bytes]:
    return [octets[at : at + size] for at in range(0, max(len(octets), 1), size)]


def _limited(octets: bytes) -> bytes:
    if len(octets) > VALUE_OCTETS_MAX:
        raise InvalidAttributeError(Fault.TOO_LONG)
    return octets
