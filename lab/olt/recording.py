"""Recorded walks in snmpsim's format (`.snmprec`): one `OID|TYPE|VALUE` a line."""

import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from isp.errors import Refused
from lab.olt import wire
from lab.olt.view import Column, Rows
from lab.olt.wire import Oid

__all__ = ["read_recording", "recorded"]

ROOT_ARCS: Final = 2
"""A column has at least the arcs that share an octet (X.690 §8.19.4)."""

SYS_UP_TIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)


def arcs(text: str) -> Oid:
    """`.1.3.6` or `1.3.6` as arcs."""
    return tuple(int(arc) for arc in text.strip(".").split("."))


ESCAPED: Final = re.compile(rb"\\(x[0-9A-Fa-f]{2}|[0-7]{1,3}|.)", re.DOTALL)
NAMED_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"} | {
    b"f": b"\f",
    b"v": b"\v",
}


def _unescaped(text: bytes) -> bytes:
    """A Python-like escaped string, as `4e` has it."""

    def octet(found: re.Match[bytes]) -> bytes:
        escape = found[1]
        if escape[:1] == b"x" and len(escape) == 3:
            return bytes.fromhex(escape[1:].decode())
        if escape.isdigit():
            return bytes((int(escape, 8) & 0xFF,))
        return NAMED_ESCAPES.get(escape, escape)

    return ESCAPED.sub(octet, text)


def _octets(text: str) -> bytes:
    """Hexadecimal digits by twos; one that is left over is an octet, as snmpsim plays it."""
    pairs, rest = text[: len(text) & ~1], text[len(text) & ~1 :]
    return bytes.fromhex(pairs) + (bytes((int(rest, 16),)) if rest else b"")


VALUES: Final[Mapping[str, Callable[[str], bytes]]] = {
    "2": lambda text: wire.integer(int(text)),
    "4": lambda text: wire.octets(text.encode("latin-1")),
    "4x": lambda text: wire.octets(_octets(text)),
    "4e": lambda text: wire.octets(_unescaped(text.encode("latin-1"))),
    "5": lambda _: wire.NULL,
    "6": lambda text: wire.object_identifier(arcs(text)),
    "64": lambda text: wire.address(IPv4Address(text).packed),
    "64x": lambda text: wire.address(bytes.fromhex(text)),
    "65": lambda text: wire.counter32(int(text)),
    "66": lambda text: wire.gauge32(int(text)),
    "67": lambda text: wire.ticks(int(text)),
    "68": lambda text: wire.tlv(0x44, text.encode("latin-1")),
    "68x": lambda text: wire.tlv(0x44, bytes.fromhex(text)),
    "70": lambda text: wire.counter64(int(text)),
}


def read_recording(file: Path) -> Mapping[Oid, bytes]:
    """The recording's cells: name -> encoded value."""
    return recorded(file.read_text("latin-1").split("\n"), str(file))


def recorded(lines: Iterable[str], source: str = "recording") -> Mapping[Oid, bytes]:
    """The cells of a recording's lines; blank lines and `#` comments are skipped."""
    cells: dict[Oid, bytes] = {}
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r")
        if not text.strip() or text.startswith("#"):
            continue
        try:
            name, kind, value = text.split("|", 2)
            cells[arcs(name)] = VALUES[kind.partition(":")[0]](value)
        except (KeyError, ValueError) as error:
            raise Refused(
                f"{source}:{number}: not a recorded value: {text[:60]!r}",
                remedy="each line is OID|TYPE|VALUE; variation modules are not played back",
            ) from error
    return cells


def columns(cells: Mapping[Oid, bytes], up_ticks: Callable[[int], int]) -> list[Column]:
    """A recording as a view's columns; its sysUpTime runs on from where it was recorded."""
    first = cells.get(SYS_UP_TIME)
    recorded_ticks = int.from_bytes(first[2:], "big") if first else 0
    moving = dict(cells)
    if first:
        moving[SYS_UP_TIME] = b""
    roots: dict[Oid, dict[Oid, bytes]] = {}
    for oid, value in moving.items():
        roots.setdefault(oid[:ROOT_ARCS], {})[oid[ROOT_ARCS:]] = value
    return [
        Column(root, Rows(rows), lambda cell: cell or wire.ticks(up_ticks(recorded_ticks)))
        for root, rows in roots.items()
    ]
