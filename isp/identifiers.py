"""How a request names a service: login, MAC, circuit-id, remote-id."""

from enum import StrEnum

__all__ = ["IdentifierKind", "normalise_login", "normalise_mac"]

MAC_HEX_DIGITS = 12
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class IdentifierKind(StrEnum):
    """What kind of value identifies a service."""

    LOGIN = "login"
    MAC = "mac"
    CIRCUIT_ID = "circuit_id"
    REMOTE_ID = "remote_id"


def normalise_login(login: str) -> str:
    """A login is trimmed and case-insensitive: `" Ann@ISP "` and `ann@isp` are one login."""
    return login.strip().casefold()


def normalise_mac(mac: str) -> str | None:
    """The MAC in `aa:bb:cc:dd:ee:ff` form from any usual spelling, or None.

    Spellings: separators `: - .` or none; a DHCP client-id (`1:0:e1:…`, hardware type first and
    octets without leading zero, as RouterOS sends it).
    """
    parts = mac.strip().replace("-", ":").split(":")
    if len(parts) == 7 and parts[0] in {"1", "01"}:
        parts = parts[1:]
    if len(parts) == 6 and all(len(part) in (1, 2) for part in parts):
        parts = [part.zfill(2) for part in parts]
    digits = "".join(parts).replace(".", "")
    if len(digits) != MAC_HEX_DIGITS or not HEX_DIGITS.issuperset(digits):
        return None
    digits = digits.lower()
    return ":".join(digits[at : at + 2] for at in range(0, MAC_HEX_DIGITS, 2))
