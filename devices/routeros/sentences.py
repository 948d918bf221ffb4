"""RouterOS API framing: a sentence is words, a word is a length and octets. Pure.

librouteros frames too, but encodes and decodes strictly as one character set, drops what does
not fit, and reads word by word from a socket; here octets become sentences or one named error.
"""

from collections.abc import Iterator, Sequence

from librouteros.exceptions import ProtocolError
from librouteros.protocol import decode_length, determine_length, encode_length

from devices.routeros.errors import MalformedSentenceError

__all__ = ["SENTENCE_OCTETS_MAX", "WORDS_MAX", "SentenceReader", "encode"]

SENTENCE_OCTETS_MAX = 4 << 20
"""The longest row that a router returns has a script or a file of some hundred kilobytes."""
WORDS_MAX = 1024
"""A row has a word a column; no menu has more than about two hundred."""


def encode(words: Sequence[str]) -> bytes:
    """One sentence as octets; an empty word would end it early and is refused with ValueError."""
    framed = bytearray()
    for word in words:
        octets = word.encode()
        if not octets:
            message = "an empty word ends a sentence"
            raise ValueError(message)
        framed += encode_length(len(octets)) + octets
    framed.append(0)
    return bytes(framed)


class SentenceReader:
    """Octets in as they arrive, whole sentences out; memory bounded by one sentence."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._position = 0
        self._sentence_began = 0
        self._words: list[str] = []

    def feed(self, data: bytes) -> Iterator[tuple[str, ...]]:
        """The sentences that `data` completes. Raises MalformedSentenceError, once and for all."""
        self._octets += data
        while (word := self._next_word()) is not None:
            if word:
                self._words.append(text(word))
                if len(self._words) > WORDS_MAX:
                    message = f"a sentence of more than {WORDS_MAX} words"
                    raise MalformedSentenceError(message)
                continue
            if self._words:  # empty sentences are documented to mean nothing
                yield tuple(self._words)
                self._words.clear()
            self._sentence_began = self._position
        del self._octets[: self._position]
        self._sentence_began -= self._position
        self._position = 0

    def _next_word(self) -> bytes | None:
        """The octets of the next word; None until they are all there."""
        octets, start = self._octets, self._position
        if start >= len(octets):
            return None
        first = octets[start]
        if first < 0x80:
            begin, length = start + 1, first
        else:
            try:
                begin = start + 1 + determine_length(octets[start : start + 1])
                if begin > len(octets):
                    return None
                length = decode_length(octets[start:begin])
            except ProtocolError as unknown:
                # 0xF0 begins lengths of 2^28 and more, above are control bytes that nothing uses.
                message = f"a word's length begins with 0x{first:02x}"
                raise MalformedSentenceError(message) from unknown
        end = begin + length
        if end - self._sentence_began > SENTENCE_OCTETS_MAX:
            message = f"a sentence of more than {SENTENCE_OCTETS_MAX} octets"
            raise MalformedSentenceError(message)
        if end > len(octets):
            return None
        self._position = end
        return bytes(octets[begin:end])


def text(octets: bytes) -> str:
    """A word as text: UTF-8, else Latin-1, in which Windows tools write; no octet is dropped."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
