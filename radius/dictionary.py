"""What attributes are called, how their values are typed, and how vendors lay them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

__all__ = [
    "VENDOR_SPECIFIC",
    "Definition",
    "Dictionary",
    "Encryption",
    "Oid",
    "ValueType",
    "VendorFormat",
    "raw",
]

Oid = tuple[int, ...]
"""Where an attribute stands: `(1,)`, `(26, vendor, type)`, `(241, 26, vendor, type)`, and further
numbers for what is contained (RFC 6929 §2.7)."""

VENDOR_SPECIFIC = 26


class ValueType(StrEnum):
    """The data types of RFC 8044 §3 under the names that dictionaries of FreeRADIUS 3 use."""

    STRING = "string"
    OCTETS = "octets"
    INTEGER = "integer"
    INTEGER64 = "integer64"
    SHORT = "short"
    BYTE = "byte"
    SIGNED = "signed"
    DATE = "date"
    IPV4_ADDRESS = "ipaddr"
    IPV6_ADDRESS = "ipv6addr"
    IP_ADDRESS = "combo-ip"
    IPV4_PREFIX = "ipv4prefix"
    IPV6_PREFIX = "ipv6prefix"
    INTERFACE_ID = "ifid"
    ETHERNET_ADDRESS = "ether"
    ASCEND_BINARY = "abinary"
    TLV = "tlv"
    EXTENDED = "extended"
    LONG_EXTENDED = "long-extended"
    EXTENDED_VENDOR_SPECIFIC = "evs"
    VENDOR_SPECIFIC = "vsa"


class Encryption(Enum):
    """How a value is hidden on the wire; the numbers are those of `encrypt=` in a dictionary."""

    NONE = 0
    USER_PASSWORD = 1  # RFC 2865 §5.2
    SALTED = 2  # RFC 2868 §3.5, RFC 2548 §2.4.2
    ASCEND_SECRET = 3


@dataclass(frozen=True, slots=True)
class VendorFormat:
    """The layout inside a vendor's attributes, `format=t,l,c`: octets of the type (1, 2, 4), of the
    length (0, 1, 2), and whether an octet with a continuation flag follows (WiMAX)."""

    type_octets: int = 1
    length_octets: int = 1
    continuation: bool = False

    @property
    def header_octets(self) -> int:
        """Octets before the value."""
        return self.type_octets + self.length_octets + self.continuation


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """One attribute. `octets` is the fixed size of an `octets[n]`; `virtual` ones have a name and
    no place on the wire; `concat` ones are one value in several attributes (RFC 3579 §3.1)."""

    name: str
    oid: Oid
    type: ValueType
    octets: int | None = None
    tagged: bool = False
    encryption: Encryption = Encryption.NONE
    concat: bool = False
    array: bool = False
    virtual: bool = False


NO_NUMBERS: Mapping[str, int] = {}
NO_NAMES: Mapping[int, str] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dictionary:
    """All that was read from dictionary files; names are looked up without regard to case."""

    by_oid: Mapping[Oid, Definition] = field(default_factory=dict)
    by_name: Mapping[str, Definition] = field(default_factory=dict)
    vendor_formats: Mapping[int, VendorFormat] = field(default_factory=dict)
    vendor_numbers: Mapping[str, int] = field(default_factory=dict)
    value_numbers: Mapping[Oid, Mapping[str, int]] = field(default_factory=dict)
    value_names: Mapping[Oid, Mapping[int, str]] = field(default_factory=dict)

    def named(self, name: str) -> Definition | None:
        """The attribute of that name; `Attr-26.9.1` names any place, defined or not."""
        known = self.by_name.get(name.lower())
        if known is not None or not name.lower().startswith("attr-"):
            return known
        numbers = name[len("attr-") :].split(".")
        if not all(number.isdecimal() and number.isascii() for number in numbers):
            return None
        oid = tuple(int(number) for number in numbers)
        return Definition(name=name, oid=oid, type=ValueType.OCTETS) if _has_place(oid) else None

    def at(self, oid: Oid) -> Definition:
        """The attribute at that place, an unnamed one of octets where none is defined."""
        known = self.by_oid.get(oid)
        return known if known is not None else raw(oid)

    def numbers_of(self, oid: Oid) -> Mapping[str, int]:
        """The named values of an attribute: lower-case name to number."""
        return self.value_numbers.get(oid, NO_NUMBERS)

    def names_of(self, oid: Oid) -> Mapping[int, str]:
        """The named values of an attribute: number to name."""
        return self.value_names.get(oid, NO_NAMES)


def raw(oid: Oid) -> Definition:
    """An attribute known only by its place."""
    name = "Attr-" + ".".join(str(number) for number in oid)
    return Definition(name=name, oid=oid, type=ValueType.OCTETS)


def _has_place(oid: Oid) -> bool:
    limits = [255] * len(oid)
    for at in (1, 2):  # a vendor's number and its widest type follow a 26
        if len(oid) > at and oid[at - 1] == VENDOR_SPECIFIC:
            limits[at : at + 2] = [0xFFFFFFFF] * len(limits[at : at + 2])
    return oid[0] > 0 and all(number <= limit for number, limit in zip(oid, limits, strict=True))
