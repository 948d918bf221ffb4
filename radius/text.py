"""Attributes as people write them: the text form of FreeRADIUS's radclient.

One `Name = value` a line (or several with commas), `Name:tag` for tagged ones, text in double
quotes, octets as `0x…`, numbers by their names, and `Attr-26.9.1 = 0x…` for what has no name.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from radius.attributes import Invalid, Pair
from radius.dictionary import Definition, Dictionary, Encryption, ValueType
from radius.packet import Code
from radius.values import Value, from_octets

__all__ = ["TextError", "code_name", "format_items", "format_value", "parse_code", "parse_pairs"]

ITEM = re.compile(
    r"""\s*(?P<name>[\w.+/-]+)(:(?P<tag>\d+))?\s*(?::=|\+=|=)\s*"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"|[^\s,"\#]+)\s*(?:,|(?P<end>$|\#.*$))"""
)
ESCAPE = re.compile(rb"\\([0-7]{3}|x[0-9a-fA-F]{2}|.)")
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
UNESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DATE = re.compile(r"([A-Z][a-z]{2})\s+(\d{1,2}) (\d{4}) (\d\d):(\d\d):(\d\d) UTC")
ABBREVIATIONS = {"COA": "CoA", "ACK": "ACK", "NAK": "NAK"}
CODE_NAMES = {
    code.value: "-".join(ABBREVIATIONS.get(word, word.title()) for word in code.name.split("_"))
    for code in Code
}
NUMBERS = frozenset(
    {
        ValueType.INTEGER,
        ValueType.INTEGER64,
        ValueType.SHORT,
        ValueType.BYTE,
        ValueType.SIGNED,
    }
)


class TextError(ValueError):
    """A line that is no attribute: its number (from 1) and what is wrong with it."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


def code_name(code: int) -> str:
    """The RFC's name of a code (`CoA-ACK`), or its number."""
    return CODE_NAMES.get(code, str(code))


def parse_code(word: str) -> int:
    """The code of that name or number, or `ValueError`."""
    for code, name in CODE_NAMES.items():
        if name.lower() == word.lower():
            return code
    if not word.isdecimal() or int(word) > 255:
        message = f"{word} is no code of RADIUS"
        raise ValueError(message)
    return int(word)


def format_items(items: Iterable[Pair | Invalid], dictionary: Dictionary) -> list[str]:
    """One line for each attribute; an invalid one as the octets that were received."""
    lines = []
    for item in items:
        match item:
            case Pair(definition, value, tag):
                name = definition.name if tag is None else f"{definition.name}:{tag}"
                lines.append(f"{name} = {format_value(definition, value, dictionary)}")
            case Invalid(definition, octets, _):
                lines.append(f"{definition.name} = 0x{octets.hex()}")
    return lines


def format_value(definition: Definition, value: Value, dictionary: Dictionary) -> str:
    """The value alone, as it stands to the right of the `=`."""
    match value:
        case int():
            return dictionary.names_of(definition.oid).get(value, str(value))
        case str():
            return _quoted(value)
        case bytes() if _is_plain_text(definition):  # but not in UTF-8
            return _quoted(value.decode(errors="surrogateescape"))
        case bytes() if definition.type is ValueType.ETHERNET_ADDRESS and len(value) == 6:
            return value.hex(":")
        case bytes() if definition.type is ValueType.INTERFACE_ID and len(value) == 8:
            return value.hex(":", 2)
        case bytes():
            return f"0x{value.hex()}"
        case datetime():
            month = MONTHS[value.month - 1]
            return f'"{month} {value.day:2} {value:%Y %H:%M:%S} UTC"'
        case IPv4Address() | IPv6Address() | IPv4Network() | IPv6Network():
            return str(value)


def parse_pairs(text: str, dictionary: Dictionary) -> list[Pair]:
    """The attributes in a text, or `TextError`. Empty lines and what follows a `#` are left out."""
    return [
        each
        for number, line in enumerate(text.splitlines(), start=1)
        for each in _parse_line(line, number, dictionary)
    ]


def _parse_line(line: str, number: int, dictionary: Dictionary) -> Iterator[Pair]:
    rest = line.strip().rstrip(",")
    while rest and not rest.startswith("#"):
        found = ITEM.match(rest)
        if found is None:
            raise TextError(number, f"{rest} is not of the form Name = value")
        definition = dictionary.named(found["name"])
        if definition is None:
            raise TextError(number, f"no dictionary knows the attribute {found['name']}")
        value = _parse_value(definition, found["value"], number, dictionary)
        yield Pair(definition, value, int(found["tag"]) if found["tag"] else None)
        rest = "" if found["end"] is not None else rest[found.end() :].strip()


def _parse_value(definition: Definition, word: str, line: int, dictionary: Dictionary) -> Value:
    try:
        if word.startswith('"'):
            octets = _unescaped(word[1:-1])
            if definition.type is ValueType.STRING:
                return from_octets(definition, octets)
            word = octets.decode()
        elif word[:2].lower() == "0x" and not _hexadecimal_is_text(definition):
            return bytes.fromhex(word[2:])
        return _typed(definition, word, dictionary)
    except ValueError:
        problem = f"{word} is no value of {definition.name}, which is of type {definition.type}"
        raise TextError(line, problem) from None


def _typed(definition: Definition, word: str, dictionary: Dictionary) -> Value:
    match definition.type:
        case ValueType.STRING:
            return word
        case kind if kind in NUMBERS:
            named = dictionary.numbers_of(definition.oid).get(word.lower())
            return int(word, 0 if word[:2].lower() == "0x" else 10) if named is None else named
        case ValueType.DATE:
            return _parse_date(word)
        case ValueType.IPV4_ADDRESS:
            return IPv4Address(word)
        case ValueType.IPV6_ADDRESS:
            return IPv6Address(word)
        case ValueType.IP_ADDRESS:
            return IPv6Address(word) if ":" in word else IPv4Address(word)
        case ValueType.IPV4_PREFIX:
            return IPv4Network(word)
        case ValueType.IPV6_PREFIX:
            return IPv6Network(word)
        case ValueType.ETHERNET_ADDRESS:
            return bytes.fromhex(word.replace(":", ""))
        case ValueType.INTERFACE_ID:
            return b"".join(bytes.fromhex(part.zfill(4)) for part in word.split(":"))
    return word.encode()  # octets written as text


def _parse_date(word: str) -> datetime:
    if word.isdecimal():
        return datetime.fromtimestamp(int(word), UTC)
    found = DATE.fullmatch(word)
    if found is None:
        return datetime.fromisoformat(word).astimezone(UTC)
    month, *numbers = found.groups()
    day, year, hour, minute, second = (int(number) for number in numbers)
    return datetime(year, MONTHS.index(month) + 1, day, hour, minute, second, tzinfo=UTC)


def _hexadecimal_is_text(definition: Definition) -> bool:
    """Is `0x61` not an octet here, but a number or, as to radclient, four letters?"""
    return definition.type in NUMBERS or _is_plain_text(definition)


def _is_plain_text(definition: Definition) -> bool:
    """Text that is not hidden; the hidden one is also met as octets."""
    return definition.type is ValueType.STRING and definition.encryption is Encryption.NONE


def _quoted(text: str) -> str:
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in UNESCAPED:
        return UNESCAPED[character]
    if character.isprintable():
        return character
    octets = character.encode(errors="surrogateescape")
    return "".join(f"\\{octet:03o}" for octet in octets)


def _unescaped(word: str) -> bytes:
    return ESCAPE.sub(_octets_of_escape, word.encode())


def _octets_of_escape(found: re.Match[bytes]) -> bytes:
    word = found[1]
    if len(word) == 1:
        return ESCAPED.get(word, word)
    return bytes((int(word[1:], 16) if word[:1] == b"x" else int(word, 8) & 0xFF,))
