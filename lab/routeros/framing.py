"""Words and sentences of the RouterOS API, in all five lengths of a length."""

import asyncio
from collections.abc import Iterable

__all__ = ["MalformedError", "frame", "read_sentence"]

WORD_OCTETS_MAX = 1 << 20
"""A command's word is a name and a value; longer ones are an attack or a mistake."""


class MalformedError(Exception):
    """What came is no sentence."""


def frame(words: Iterable[str]) -> bytes:
    """A sentence as octets."""
    framed = bytearray()
    for word in words:
        octets = word.encode("utf-8", "surrogateescape")
        framed += length_octets(len(octets)) + octets
    framed.append(0)
    return bytes(framed)


def length_octets(length: int) -> bytes:
    for octets, limit, mark in (
        (1, 0x80, 0),
        (2, 0x4000, 0x8000),
        (3, 0x200000, 0xC00000),
        (4, 0x10000000, 0xE0000000),
    ):
        if length < limit:
            return (length | mark).to_bytes(octets, "big")
    return b"\xf0" + length.to_bytes(4, "big")


async def read_sentence(reader: asyncio.StreamReader) -> list[str]:
    """The next sentence. Raises MalformedError, asyncio.IncompleteReadError at the end."""
    words: list[str] = []
    while True:
        length = await read_length(reader)
        if length > WORD_OCTETS_MAX:
            message = f"a word of {length} octets"
            raise MalformedError(message)
        if length == 0:
            if words:
                return words
            continue  # routers take no notice of empty sentences
        words.append((await reader.readexactly(length)).decode("utf-8", "surrogateescape"))


async def read_length(reader: asyncio.StreamReader) -> int:
    first = (await reader.readexactly(1))[0]
    for more, limit, mark in ((0, 0x80, 0), (1, 0xC0, 0x80), (2, 0xE0, 0xC0), (3, 0xF0, 0xE0)):
        if first < limit:
            rest = await reader.readexactly(more)
            return int.from_bytes(bytes([first & ~mark]) + rest, "big")
    if first != 0xF0:
        message = f"control byte 0x{first:02x}"
        raise MalformedError(message)
    return int.from_bytes(await reader.readexactly(4), "big")
