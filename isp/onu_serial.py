"""The identity of an ONU: its serial in one spelling, whatever spelling it came in."""

import re
from typing import Final

from isp.identifiers import normalise_mac

__all__ = ["canonical_serial", "spelled_serial"]

VENDOR: Final = r"[A-Za-z][A-Za-z0-9]{3}"
"""The vendor's four characters (G.984.3 §9.2.4.2.1); unset ones are zero octets, hence none."""

OCTETS: Final = re.compile(rb"([A-Za-z][A-Za-z0-9]{3})(.{4})", re.DOTALL)
TEXT: Final = re.compile(rf"({VENDOR})[-: ]?([0-9A-Fa-f]{{8}})")
HEX: Final = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{2}(?:[-: ]?[0-9A-Fa-f]{2}){7}")
IN_BRACKETS: Final = re.compile(r"[0-9A-Fa-f]{16}\s*\((.*)\)")
"""Both forms at once, as Huawei's command line prints them."""

BARE_MAC: Final = re.compile(r"(?![A-F]{4})[0-9A-Fa-f]{12}")
"""Twelve bare hexadecimal digits are a MAC, unless they begin as a vendor in capitals would."""

MAC_OCTETS: Final = 6
NO_MACS: Final = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})


def canonical_serial(value: bytes | str) -> str | None:
    """The serial as `HWTC1234ABCD`, or an EPON ONU's MAC as `aa:bb:cc:dd:ee:ff`; None for neither.

    Spellings: the eight octets of G.984.3 (or the six of a MAC), their sixteen hexadecimal digits
    with or without separators or `0x`, `HWTC1234abcd`, `HWTC-1234abcd`, `HWTC:1234ABCD`,
    `1,ZTEG1234ABCD` (ZTE's way to say that it is a serial), a MAC in every usual spelling; each may
    be quoted.
    """
    if isinstance(value, str):
        return _from_text(value)
    return _from_octets(value) or _from_text(value.decode("latin-1"))


def spelled_serial(text: str) -> str:
    """The serial that a person wrote, canonical; what is none is kept in capitals.

    Some networks name ONUs otherwise (a LOID), and such a name must still be found as written.
    """
    return canonical_serial(text) or text.strip().upper()


def _from_octets(octets: bytes) -> str | None:
    if len(octets) == MAC_OCTETS:
        return _mac(octets.hex())
    found = OCTETS.fullmatch(octets)
    return found and _serial(found[1].decode("ascii"), found[2].hex())


def _serial(vendor: str, number: str) -> str:
    """A vendor such as `DD16` keeps a dash: without it, the serial would read as a MAC."""
    serial = f"{vendor}{number}".upper()
    return f"{serial[:4]}-{serial[4:]}" if BARE_MAC.fullmatch(serial) else serial


def _from_text(text: str) -> str | None:
    text = text.strip(" \t\r\n\0\"'").removeprefix("1,")
    if both := IN_BRACKETS.fullmatch(text):
        text = both[1]
    if not BARE_MAC.fullmatch(text):
        if found := TEXT.fullmatch(text):
            return _serial(found[1], found[2])
        if HEX.fullmatch(text):
            digits = re.sub("[-: ]", "", text)[-16:]
            return _from_octets(bytes.fromhex(digits))
    return _mac(text)


def _mac(text: str) -> str | None:
    mac = normalise_mac(text)
    return None if mac in NO_MACS else mac
