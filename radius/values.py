"""Values of attributes: octets to what they mean and back (RFC 8044 §3)."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from math import ceil
from typing import TypeVar

from radius.dictionary import Definition, ValueType

__all__ = ["Fault", "InvalidAttributeError", "Value", "from_octets", "to_octets"]

Value = int | str | bytes | datetime | IPv4Address | IPv6Address | IPv4Network | IPv6Network
"""A string that is not UTF-8 is `bytes`; a date is in UTC; `ifid` and `ether` are octets."""

_Kind = TypeVar("_Kind")
_Codec = tuple[Callable[[Definition, bytes], Value], Callable[[Definition, Value], bytes]]


class Fault(StrEnum):
    """Why one attribute is invalid, while its packet lives on (RFC 6929 §2.8)."""

    EMPTY = "empty"
    LENGTH = "length"
    RANGE = "range"
    KIND = "kind"
    PREFIX_LENGTH = "prefix_length"
    HIDDEN = "hidden"
    SECRET_NEEDED = "secret_needed"
    VENDOR_TOO_SHORT = "vendor_too_short"
    CONTAINED_OVERRUN = "contained_overrun"
    FRAGMENT_MISSING = "fragment_missing"
    TOO_LONG = "too_long"
    TAG = "tag"
    NOT_ON_THE_WIRE = "not_on_the_wire"


class InvalidAttributeError(ValueError):
    """One attribute's value or layout is not what its definition allows."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def from_octets(definition: Definition, octets: bytes) -> Value:
    """What `octets` mean, or `InvalidAttributeError`."""
    return _CODECS[definition.type][0](definition, octets)


def to_octets(definition: Definition, value: Value) -> bytes:
    """The octets of a value, or `InvalidAttributeError` where it is of another type or range."""
    return _CODECS[definition.type][1](definition, value)


def _opaque_from(definition: Definition, octets: bytes) -> bytes:
    if definition.octets is not None and len(octets) != definition.octets:
        raise InvalidAttributeError(Fault.LENGTH)
    return octets


def _opaque_to(definition: Definition, value: Value) -> bytes:
    return _opaque_from(definition, _of(bytes, value))


def _string_from(_: Definition, octets: bytes) -> str | bytes:
    if not octets:  # RFC 2865 §5: a text of no octets is not sent, the attribute is left out
        raise InvalidAttributeError(Fault.EMPTY)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


def _string_to(_: Definition, value: Value) -> bytes:
    octets = value.encode() if isinstance(value, str) else _of(bytes, value)
    if not octets:
        raise InvalidAttributeError(Fault.EMPTY)
    return octets


def _number(size: int, *, signed: bool = False) -> _Codec:
    def decode(_: Definition, octets: bytes) -> int:
        return int.from_bytes(_sized(octets, size), "big", signed=signed)

    def encode(_: Definition, value: Value) -> bytes:
        try:
            return _of(int, value).to_bytes(size, "big", signed=signed)
        except OverflowError:
            raise InvalidAttributeError(Fault.RANGE) from None

    return decode, encode


def _fixed(size: int) -> _Codec:
    def decode(_: Definition, octets: bytes) -> bytes:
        return _sized(octets, size)

    def encode(_: Definition, value: Value) -> bytes:
        return _sized(_of(bytes, value), size)

    return decode, encode


def _date_from(_: Definition, octets: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(_sized(octets, 4), "big"), UTC)


def _date_to(_: Definition, value: Value) -> bytes:
    try:
        return int(_of(datetime, value).timestamp()).to_bytes(4, "big")
    except OverflowError:
        raise InvalidAttributeError(Fault.RANGE) from None


def _ipv4_from(_: Definition, octets: bytes) -> IPv4Address:
    return IPv4Address(_sized(octets, 4))


def _ipv4_to(_: Definition, value: Value) -> bytes:
    return _of(IPv4Address, value).packed


def _ipv6_from(_: Definition, octets: bytes) -> IPv6Address:
    return IPv6Address(_sized(octets, 16))


def _ipv6_to(_: Definition, value: Value) -> bytes:
    return _of(IPv6Address, value).packed


def _either_from(_: Definition, octets: bytes) -> IPv4Address | IPv6Address:
    return IPv4Address(octets) if len(octets) == 4 else IPv6Address(_sized(octets, 16))


def _either_to(_: Definition, value: Value) -> bytes:
    if isinstance(value, IPv4Address):
        return value.packed
    return _of(IPv6Address, value).packed


def _prefix_from(octets: bytes, address_octets: int) -> bytes:
    """The address of a prefix, filled up with zeros: a reserved octet, a length, as many octets of
    the address as the sender cared to give (RFC 3162 §2.3, RFC 4818 §3)."""
    if not 2 <= len(octets) <= 2 + address_octets:
        raise InvalidAttributeError(Fault.LENGTH)
    if octets[1] > min(8 * address_octets, 8 * (len(octets) - 2)):
        raise InvalidAttributeError(Fault.PREFIX_LENGTH)
    return octets[2:].ljust(address_octets, b"\0")


def _ipv6_prefix_from(_: Definition, octets: bytes) -> IPv6Network:
    # Host bits must be zero; NASes that send a whole address mean its prefix all the same.
    return IPv6Network((_prefix_from(octets, 16), octets[1]), strict=False)


def _ipv6_prefix_to(_: Definition, value: Value) -> bytes:
    prefix = _of(IPv6Network, value)
    sent = prefix.network_address.packed[: ceil(prefix.prefixlen / 8)]
    return bytes((0, prefix.prefixlen)) + sent


def _ipv4_prefix_from(_: Definition, octets: bytes) -> IPv4Network:
    return IPv4Network((_prefix_from(_sized(octets, 6), 4), octets[1]), strict=False)


def _ipv4_prefix_to(_: Definition, value: Value) -> bytes:
    prefix = _of(IPv4Network, value)
    return bytes((0, prefix.prefixlen)) + prefix.network_address.packed


def _sized(octets: bytes, size: int) -> bytes:
    if len(octets) != size:
        raise InvalidAttributeError(Fault.LENGTH)
    return octets


def _of(kind: type[_Kind], value: Value) -> _Kind:
    if not isinstance(value, kind):
        raise InvalidAttributeError(Fault.KIND)
    return value


_OPAQUE: _Codec = (_opaque_from, _opaque_to)
_CODECS: dict[ValueType, _Codec] = {
    ValueType.STRING: (_string_from, _string_to),
    ValueType.OCTETS: _OPAQUE,
    ValueType.ASCEND_BINARY: _OPAQUE,
    ValueType.INTEGER: _number(4),
    ValueType.INTEGER64: _number(8),
    ValueType.SHORT: _number(2),
    ValueType.BYTE: _number(1),
    ValueType.SIGNED: _number(4, signed=True),
    ValueType.DATE: (_date_from, _date_to),
    ValueType.IPV4_ADDRESS: (_ipv4_from, _ipv4_to),
    ValueType.IPV6_ADDRESS: (_ipv6_from, _ipv6_to),
    ValueType.IP_ADDRESS: (_either_from, _either_to),
    ValueType.IPV4_PREFIX: (_ipv4_prefix_from, _ipv4_prefix_to),
    ValueType.IPV6_PREFIX: (_ipv6_prefix_from, _ipv6_prefix_to),
    ValueType.INTERFACE_ID: _fixed(8),
    ValueType.ETHERNET_ADDRESS: _fixed(6),
    # Containers are opened before they are read as values; raw ones are octets.
    ValueType.TLV: _OPAQUE,
    ValueType.EXTENDED: _OPAQUE,
    ValueType.LONG_EXTENDED: _OPAQUE,
    ValueType.EXTENDED_VENDOR_SPECIFIC: _OPAQUE,
    ValueType.VENDOR_SPECIFIC: _OPAQUE,
}
