"""The columns of the subscriber file: what reads a value of each. Pure."""

from collections.abc import Callable, Mapping
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Network,
    NetmaskValueError,
    ip_network,
)
from typing import Any, Final

from isp.assignable import assignable
from isp.errors import Refused
from isp.identifiers import normalise_login, normalise_mac
from isp.onu_serial import spelled_serial
from isp.service import HoldKind
from operations.passwords import checked_password
from operations.quantities import parse_anchor_day, parse_date, parse_money, parse_price

__all__ = ["COLUMNS", "SUBSCRIBER_COLUMNS"]

LIST_SEPARATOR: Final = ";"


def _login(text: str) -> str:
    if any(character.isspace() or not character.isprintable() for character in text):
        raise Refused("a login has no spaces or control characters", remedy="remove them")
    return normalise_login(text)


def _mac(text: str) -> str:
    mac = normalise_mac(text)
    if mac is None:
        raise Refused(f"{text!r} is not a MAC address", remedy="write it as aa:bb:cc:dd:ee:ff")
    return mac


def _address(text: str) -> IPv4Address:
    try:
        address = IPv4Address(text)
    except AddressValueError:
        remedy = "write it as 192.0.2.7"
        raise Refused(f"{text!r} is not an IPv4 address", remedy=remedy) from None
    _refuse_unassignable(IPv4Network(address), text)
    return address


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except (ValueError, AddressValueError, NetmaskValueError):
        remedy = "write it as 192.0.2.0/29 or 2001:db8::/56, without host bits"
        raise Refused(f"{text!r} is not a network", remedy=remedy) from None
    _refuse_unassignable(network, text)
    return network


def _refuse_unassignable(network: IPv4Network | IPv6Network, text: str) -> None:
    if not assignable(network):
        remedy = "give addresses that a host may have"
        raise Refused(f"{text!r} cannot be a subscriber's", remedy=remedy)


def _delegated_prefix(text: str) -> IPv6Network:
    network = _network(text)
    if not isinstance(network, IPv6Network):
        remedy = "write it as 2001:db8:0:100::/56"
        raise Refused(f"{text!r} is not an IPv6 prefix", remedy=remedy)
    return network


def _routes(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(_network(part) for part in _parts(text))


def _holds(text: str) -> tuple[HoldKind, ...]:
    try:
        return tuple(HoldKind(part.lower()) for part in _parts(text))
    except ValueError:
        remedy = f"known are {', '.join(HoldKind)}, several separated by {LIST_SEPARATOR}"
        raise Refused(f"{text!r} is not a hold", remedy=remedy) from None


def _parts(text: str) -> list[str]:
    return [part for part in text.replace(LIST_SEPARATOR, " ").split() if part]


def _switch(text: str) -> bool:
    match text.lower():
        case "on":
            return True
        case "off":
            return False
    raise Refused(f"{text!r} is neither on nor off", remedy="off is AAA only, on is the default")


COLUMNS: Final[Mapping[str, Callable[[str], Any]]] = {
    "login": _login,
    "password": checked_password,
    "plan": str,
    "subscriber": str,
    "name": str,
    "email": str,
    "phone": str,
    "area": str,
    "start": parse_date,
    "anchor_day": parse_anchor_day,
    "invoiced_until": parse_date,
    "opening_balance": parse_money,
    "custom_price": parse_price,
    "holds": _holds,
    "address": _address,
    "routes": _routes,
    "delegated_prefix": _delegated_prefix,
    "mac": _mac,
    "circuit_id": str,
    "onu_serial": spelled_serial,
    "billing": _switch,
}
"""Every column of the file, with what reads a value of it."""

SUBSCRIBER_COLUMNS: Final = frozenset(
    {"name", "email", "phone", "area", "anchor_day", "opening_balance", "billing"}
)
"""What belongs to the subscriber rather than to one of his services."""
