"""Attributes by name and value: what the octets of a packet say, according to a dictionary."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from radius import layout, wire
from radius.dictionary import Definition, Dictionary, Encryption, Oid, ValueType, raw
from radius.hiding import Hiding, hide, reveal
from radius.values import Fault, InvalidAttributeError, Value, from_octets, to_octets

__all__ = ["Invalid", "Pair", "pair", "read", "write"]

TAG_MAX = 0x1F  # RFC 2868 §3.1
TLV_OCTETS_MAX = 240  # of values put into one container; leaves room for any header


@dataclass(frozen=True, slots=True)
class Pair:
    """One attribute and its value; `tag` (0..31) groups the attributes of one tunnel."""

    definition: Definition
    value: Value
    tag: int | None = None


@dataclass(frozen=True, slots=True)
class Invalid:
    """An attribute that says nothing, its octets as received (RFC 6929 §2.8)."""

    definition: Definition
    octets: bytes
    fault: Fault


def pair(dictionary: Dictionary, name: str, value: Value, tag: int | None = None) -> Pair:
    """A pair by the attribute's name; `KeyError` where the dictionary has no such name."""
    definition = dictionary.named(name)
    if definition is None:
        raise KeyError(name)
    return Pair(definition, value, tag)


def read(
    attributes: Iterable[tuple[int, bytes]], dictionary: Dictionary, hiding: Hiding | None = None
) -> list[Pair | Invalid]:
    """What attributes say, in their order; takes those of a `Frame` or of a `Packet`.

    Hidden values need `hiding`; without it they stay the octets of the wire.
    """
    return [_read_piece(piece, hiding) for piece in layout.unpack(attributes, dictionary)]


def write(pairs: Iterable[Pair], dictionary: Dictionary, hiding: Hiding | None = None) -> bytes:
    """The octets of attributes, ready for `radius.wire`, or `InvalidAttributeError`.

    Neighbours that belong into one TLV share it. Without `hiding` the octets of a hidden value
    are taken to be hidden already.
    """
    values = _joined(_written(pairs, hiding), dictionary)
    return b"".join(
        wire.attribute(kind, value)
        for oid, octets in values
        for kind, value in layout.pack(oid, octets, dictionary)
    )


def _read_piece(piece: layout.Piece, hiding: Hiding | None) -> Pair | Invalid:
    definition, octets, fault = piece
    if fault is not None:
        return Invalid(definition, octets, fault)
    try:
        tag, octets = _untagged(definition, octets) if definition.tagged else (None, octets)
        if definition.encryption is Encryption.NONE:
            return Pair(definition, from_octets(definition, octets), tag)
        if hiding is None:
            return Pair(definition, octets, tag)
        clear = reveal(definition.encryption, octets, hiding)
        if definition.octets is not None:  # zeros at its end looked like padding
            clear = clear.ljust(definition.octets, b"\0")
        return Pair(definition, from_octets(definition, clear), tag)
    except InvalidAttributeError as error:
        return Invalid(raw(definition.oid), piece.octets, error.fault)


def _untagged(definition: Definition, octets: bytes) -> tuple[int | None, bytes]:
    """The tag and the rest (RFC 2868 §3). A number's first octet is always the tag's, and so is
    that before a salt; a string's is part of the string where it is no tag."""
    if not octets:
        raise InvalidAttributeError(Fault.EMPTY)
    tag = octets[0] if 0 < octets[0] <= TAG_MAX else None
    if definition.type is ValueType.INTEGER:
        return tag, b"\0" + octets[1:]
    if definition.encryption is Encryption.SALTED or octets[0] <= TAG_MAX:
        return tag, octets[1:]
    return None, octets


def _tagged(definition: Definition, octets: bytes, tag: int | None) -> bytes:
    if tag is not None and not 0 < tag <= TAG_MAX:
        raise InvalidAttributeError(Fault.TAG)
    if definition.type is ValueType.INTEGER:
        if octets[0]:  # three octets are left for the number
            raise InvalidAttributeError(Fault.RANGE)
        return bytes((tag or 0,)) + octets[1:]
    if tag is None and definition.encryption is not Encryption.SALTED and octets[0] > TAG_MAX:
        return octets
    return bytes((tag or 0,)) + octets


def _written(pairs: Iterable[Pair], hiding: Hiding | None) -> Iterator[tuple[Oid, bytes]]:
    salted = 0
    for each in pairs:
        definition = each.definition
        if definition.virtual:
            raise InvalidAttributeError(Fault.NOT_ON_THE_WIRE)
        if definition.encryption is Encryption.NONE:
            octets = to_octets(definition, each.value)
        elif hiding is not None:
            clear = to_octets(definition, each.value)
            octets = hide(definition.encryption, clear, hiding, salted)
            salted += definition.encryption is Encryption.SALTED
        elif isinstance(each.value, bytes):
            octets = each.value
        else:
            raise InvalidAttributeError(Fault.SECRET_NEEDED)
        if definition.tagged:
            octets = _tagged(definition, octets, each.tag)
        elif each.tag is not None:
            raise InvalidAttributeError(Fault.TAG)
        yield definition.oid, octets


def _joined(
    values: Iterable[tuple[Oid, bytes]], dictionary: Dictionary
) -> Iterator[tuple[Oid, bytes]]:
    """Neighbours inside the same TLV become one value of that TLV; a repeated one opens another."""
    container: Oid = ()
    entries: dict[int, bytes] = {}
    for oid, octets in values:
        *outer, number = oid
        inside = dictionary.at(tuple(outer)).type is ValueType.TLV
        held = sum(len(value) + 2 for value in entries.values())
        if entries and (
            tuple(outer) != container or number in entries or held + len(octets) > TLV_OCTETS_MAX
        ):
            yield container, _entries(entries)
            entries = {}
        if inside:
            container = tuple(outer)
            entries[number] = octets
        else:
            yield oid, octets
    if entries:
        yield container, _entries(entries)


def _entries(entries: dict[int, bytes]) -> bytes:
    if any(len(value) > TLV_OCTETS_MAX for value in entries.values()):
        raise InvalidAttributeError(Fault.TOO_LONG)
    return b"".join(wire.attribute(number, value) for number, value in entries.items())
