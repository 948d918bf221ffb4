"""ICMP echo messages (RFC 792, RFC 4443 §4): requests made, replies recognised.

Pure.
"""

import struct
from typing import Final

__all__ = ["answered", "echo_request"]

HEADER: Final = struct.Struct("!BBHHH")
REQUEST: Final = {4: 8, 6: 128}
REPLY: Final = {4: 0, 6: 129}
IPV4_HEADER_MIN: Final = 20


def echo_request(family: int, sequence: int, token: bytes) -> bytes:
    """A request for IPv4 or IPv6 (`family` 4 or 6); its `token`, of even length, makes it ours.

    The kernel fills in the identifier of a ping socket, and an ICMPv6 checksum.
    """
    blank = HEADER.pack(REQUEST[family], 0, 0, 0, sequence) + token
    checksum = _checksum(blank) if family == 4 else 0
    return HEADER.pack(REQUEST[family], 0, checksum, 0, sequence) + token


def answered(family: int, message: bytes, token: bytes) -> int | None:
    """The sequence of the request that a reply answers; None for what answers none of ours.

    A raw IPv4 socket gives the IP header too (RFC 791 §3.1), and everybody's replies.
    """
    if family == 4 and message[:1] and message[0] >> 4 == 4 and len(message) > IPV4_HEADER_MIN:
        message = message[(message[0] & 0x0F) * 4 :]
    if len(message) < HEADER.size or message[HEADER.size :] != token:
        return None
    kind, code, _, _, sequence = HEADER.unpack_from(message)
    return int(sequence) if kind == REPLY[family] and not code else None


def _checksum(message: bytes) -> int:
    """The one's complement sum (RFC 1071); `message` is of even length."""
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
