"""The attributes that every vendor's profile is made of, as octets."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from struct import Struct

from isp.access import Addresses, Entitlement
from policy.session import Session
from radius import numbers
from radius.packet import Attribute

__all__ = [
    "VENDOR_HEADER_OCTETS",
    "address_attributes",
    "integer",
    "ipv6_prefix",
    "limit_attributes",
    "pool_attributes",
    "session_attributes",
    "text",
    "vendor_text",
]

VALUE_OCTETS_MAX = 253  # RFC 2865 §5

_vendor_header = Struct("!IBB")
VENDOR_HEADER_OCTETS = _vendor_header.size


def text(number: int, value: str) -> Attribute:
    """A string attribute; what does not fit is an error of the caller."""
    octets = value.encode()
    if len(octets) > VALUE_OCTETS_MAX:
        message = f"attribute {number} holds at most {VALUE_OCTETS_MAX} octets"
        raise ValueError(message)
    return Attribute(number, octets)


def integer(number: int, value: int) -> Attribute:
    """A 32-bit attribute."""
    return Attribute(number, value.to_bytes(4, "big"))


def ipv6_prefix(number: int, network: IPv6Network) -> Attribute:
    """A prefix: reserved octet, length in bits, the octets that are not zero (RFC 3162 §2.3)."""
    octets = (network.prefixlen + 7) // 8
    prefix = network.network_address.packed[:octets]
    return Attribute(number, bytes((0, network.prefixlen)) + prefix)


def vendor_text(vendor: int, number: int, value: str) -> Attribute:
    """A string inside Vendor-Specific (RFC 2865 §5.26)."""
    octets = value.encode()
    header = _vendor_header.pack(vendor, number, len(octets) + 2)
    return Attribute(numbers.VENDOR_SPECIFIC, header + octets)


def address_attributes(addresses: Addresses) -> Iterable[Attribute]:
    """What the service speaks from, and what is routed to it (RFC 2865, RFC 3162, RFC 4818)."""
    if addresses.ipv4 is not None:
        yield Attribute(numbers.FRAMED_IP_ADDRESS, IPv4Address(addresses.ipv4).packed)
    if addresses.ipv6_prefix is not None:
        yield ipv6_prefix(numbers.FRAMED_IPV6_PREFIX, IPv6Network(addresses.ipv6_prefix))
    if addresses.delegated_prefix is not None:
        yield ipv6_prefix(numbers.DELEGATED_IPV6_PREFIX, IPv6Network(addresses.delegated_prefix))
    for route in addresses.routes:
        # The zero gateway stands for the subscriber's own address (RFC 2865 §5.22, RFC 3162 §2.5).
        match route:
            case IPv4Network():
                yield text(numbers.FRAMED_ROUTE, f"{route} 0.0.0.0 1")
            case IPv6Network():
                yield text(numbers.FRAMED_IPV6_ROUTE, f"{route} :: 1")


def pool_attributes(entitlement: Entitlement, addresses: Addresses) -> Iterable[Attribute]:
    """The NAS's own pools, for whatever the service was given no address of (RFC 6911 §3)."""
    if addresses.ipv4 is None and entitlement.ipv4_pool is not None:
        yield text(numbers.FRAMED_POOL, entitlement.ipv4_pool)
    if addresses.ipv6_prefix is None and entitlement.ipv6_pool is not None:
        yield text(numbers.FRAMED_IPV6_POOL, entitlement.ipv6_pool)
    if addresses.delegated_prefix is None and entitlement.delegated_pool is not None:
        yield text(numbers.DELEGATED_IPV6_PREFIX_POOL, entitlement.delegated_pool)


def limit_attributes(entitlement: Entitlement) -> Iterable[Attribute]:
    """Times (RFC 2865 §5.27 and §5.28, RFC 2869 §5.16)."""
    if entitlement.session_timeout_seconds is not None:
        yield integer(numbers.SESSION_TIMEOUT, entitlement.session_timeout_seconds)
    if entitlement.idle_timeout_seconds is not None:
        yield integer(numbers.IDLE_TIMEOUT, entitlement.idle_timeout_seconds)
    yield integer(numbers.ACCT_INTERIM_INTERVAL, entitlement.interim_interval_seconds)


def session_attributes(session: Session) -> Iterable[Attribute]:
    """User-Name and Acct-Session-Id: everything in a CoA is mandatory, so no more than needed.

    RFC 5176 §3: User-Name and Acct-Session-Id SHOULD identify the session.
    """
    if session.login:
        yield text(numbers.USER_NAME, session.login)
    yield text(numbers.ACCT_SESSION_ID, session.acct_session_id)
