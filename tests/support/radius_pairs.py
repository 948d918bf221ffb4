"""Strategies of attributes: any attribute of a dictionary with any value that it may have."""

from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network

from hypothesis import strategies as st

from radius.attributes import Pair
from radius.dictionary import Definition, Dictionary, Encryption, ValueType
from radius.values import Value

__all__ = ["pairs_of"]

LEAVES: dict[ValueType, st.SearchStrategy[Value]] = {
    ValueType.STRING: st.text(min_size=1, max_size=60),
    ValueType.OCTETS: st.binary(max_size=200),
    ValueType.ASCEND_BINARY: st.binary(max_size=32),
    ValueType.INTEGER: st.integers(0, 2**32 - 1),
    ValueType.INTEGER64: st.integers(0, 2**64 - 1),
    ValueType.SHORT: st.integers(0, 2**16 - 1),
    ValueType.BYTE: st.integers(0, 255),
    ValueType.SIGNED: st.integers(-(2**31), 2**31 - 1),
    ValueType.DATE: st.integers(0, 2**32 - 1).map(lambda at: datetime.fromtimestamp(at, UTC)),
    ValueType.IPV4_ADDRESS: st.ip_addresses(v=4),
    ValueType.IPV6_ADDRESS: st.ip_addresses(v=6),
    ValueType.IP_ADDRESS: st.ip_addresses(),
    ValueType.IPV4_PREFIX: st.tuples(st.ip_addresses(v=4), st.integers(0, 32)).map(
        lambda both: IPv4Network(both, strict=False)
    ),
    ValueType.IPV6_PREFIX: st.tuples(st.ip_addresses(v=6), st.integers(0, 128)).map(
        lambda both: IPv6Network(both, strict=False)
    ),
    ValueType.INTERFACE_ID: st.binary(min_size=8, max_size=8),
    ValueType.ETHERNET_ADDRESS: st.binary(min_size=6, max_size=6),
}


def leaves(dictionary: Dictionary) -> list[Definition]:
    return [each for each in dictionary.by_oid.values() if each.type in LEAVES and not each.virtual]


def values_of(definition: Definition) -> st.SearchStrategy[Value]:
    if definition.octets is not None:
        return st.binary(min_size=definition.octets, max_size=definition.octets)
    if definition.encryption is not Encryption.NONE and definition.type is ValueType.STRING:
        size = 16 if definition.encryption is Encryption.ASCEND_SECRET else 100
        return (
            st.binary(min_size=1, max_size=size)
            .filter(lambda octets: not octets.endswith(b"\0"))
            .map(as_text)
        )
    if definition.tagged and definition.type is ValueType.INTEGER:
        return st.integers(0, 2**24 - 1)
    return LEAVES[definition.type]


def as_text(octets: bytes) -> str | bytes:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


def pairs_of(dictionary: Dictionary) -> st.SearchStrategy[Pair]:
    """Pairs of every attribute that can be sent, tags and hidden values among them."""
    return st.sampled_from(leaves(dictionary)).flatmap(pairs_with)


def pairs_with(definition: Definition) -> st.SearchStrategy[Pair]:
    tags = st.none() | st.integers(1, 31) if definition.tagged else st.none()
    return st.builds(Pair, st.just(definition), values_of(definition), tags)
