"""Reads dictionaries in the format of FreeRADIUS 3, so that its files load unchanged."""

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from radius.dictionary import (
    VENDOR_SPECIFIC,
    Definition,
    Dictionary,
    Encryption,
    Oid,
    ValueType,
    VendorFormat,
)

__all__ = ["DictionaryError", "parse"]

INCLUDE_DEPTH_MAX = 8  # FreeRADIUS nests two deep; a file that includes itself must end
TYPE_ALIASES = {
    "text": "string",
    "uint8": "byte",
    "uint16": "short",
    "uint32": "integer",
    "uint64": "integer64",
    "int32": "signed",
    "ipv4addr": "ipaddr",
}
IGNORED_FLAGS = frozenset({"secret", "internal"})


class DictionaryError(Exception):
    """A dictionary that cannot be understood: file, line (from 1) and what is wrong there."""

    def __init__(self, path: str, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


class _LineError(Exception):
    """What is wrong with the line in hand."""


def parse(paths: Iterable[str], read: Callable[[str], str]) -> Dictionary:
    """Reads dictionaries one after another, with all that they include, or raises
    `DictionaryError`.

    `read` gives the text of a path; relative includes are resolved against the including file.
    Where two definitions share a place, the later one names what is received.
    """
    reader = _Reader(read=read)
    for path in paths:
        reader.file(path, depth=0)
    reader.attach_values()
    return Dictionary(
        by_oid=reader.by_oid,
        by_name=reader.by_name,
        vendor_formats=reader.vendor_formats,
        vendor_numbers=reader.vendor_numbers,
        value_numbers=reader.value_numbers,
        value_names=reader.value_names,
    )


@dataclass(kw_only=True)
class _Reader:
    read: Callable[[str], str]
    by_oid: dict[Oid, Definition] = field(default_factory=dict)
    by_name: dict[str, Definition] = field(default_factory=dict)
    vendor_formats: dict[int, VendorFormat] = field(default_factory=dict)
    vendor_numbers: dict[str, int] = field(default_factory=dict)
    value_numbers: dict[Oid, dict[str, int]] = field(default_factory=dict)
    value_names: dict[Oid, dict[int, str]] = field(default_factory=dict)
    values: list[tuple[str, int, str, str, int]] = field(default_factory=list)
    blocks: list[tuple[str, str, Oid]] = field(default_factory=list)

    def file(self, path: str, *, depth: int) -> None:
        if depth > INCLUDE_DEPTH_MAX:
            raise DictionaryError(path, 1, "included too deep")
        outer, self.blocks = self.blocks, []
        for number, line in enumerate(self.read(path).splitlines(), start=1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                self.line(words, path, number, depth)
            except _LineError as error:
                raise DictionaryError(path, number, str(error)) from None
        if self.blocks:
            raise DictionaryError(path, number, f"BEGIN of {self.blocks[-1][1]} without its END")
        self.blocks = outer

    def line(self, words: list[str], path: str, number: int, depth: int) -> None:
        match words:
            case ["$INCLUDE" | "$INCLUDE-" as keyword, name]:
                self.include(posixpath.join(posixpath.dirname(path), name), keyword, depth)
            case ["VENDOR", name, vendor]:
                self.vendor(name, vendor, VendorFormat())
            case ["VENDOR", name, vendor, layout]:
                self.vendor(name, vendor, _vendor_format(layout))
            case ["BEGIN-VENDOR", name]:
                self.blocks.append(("VENDOR", name, (VENDOR_SPECIFIC, self.vendor_number(name))))
            case ["BEGIN-VENDOR", name, layout] if layout.startswith("format="):
                parent = self.definition(layout.removeprefix("format="))
                self.blocks.append(("VENDOR", name, (*parent.oid, self.vendor_number(name))))
            case ["BEGIN-TLV", name]:
                self.blocks.append(("TLV", name, self.definition(name).oid))
            case ["END-VENDOR" | "END-TLV" as keyword, name]:
                self.end(keyword.removeprefix("END-"), name)
            case ["ATTRIBUTE", name, place, kind, *flags]:
                self.attribute(name, place, kind, ",".join(flags))
            case ["VALUE", attribute, name, value, *_]:
                self.values.append((path, number, attribute, name, _number(value)))
            case [keyword, *_]:
                message = f"{keyword} with {len(words) - 1} words is not of this format"
                raise _LineError(message)

    def include(self, path: str, keyword: str, depth: int) -> None:
        try:
            self.file(path, depth=depth + 1)
        except OSError as error:
            if keyword == "$INCLUDE-":  # the dash says: where it exists
                return
            message = f"cannot read {path}: {error.strerror}"
            raise _LineError(message) from None

    def vendor(self, name: str, number: str, layout: VendorFormat) -> None:
        self.vendor_numbers[name.lower()] = _number(number)
        self.vendor_formats[_number(number)] = layout

    def vendor_number(self, name: str) -> int:
        try:
            return self.vendor_numbers[name.lower()]
        except KeyError:
            message = f"unknown vendor {name}"
            raise _LineError(message) from None

    def definition(self, name: str) -> Definition:
        try:
            return self.by_name[name.lower()]
        except KeyError:
            message = f"unknown attribute {name}"
            raise _LineError(message) from None

    def end(self, kind: str, name: str) -> None:
        if not self.blocks or self.blocks[-1][:2] != (kind, name):
            message = f"END-{kind} {name} without its BEGIN"
            raise _LineError(message)
        self.blocks.pop()

    def attribute(self, name: str, place: str, kind: str, flags: str) -> None:
        prefix: Oid = self.blocks[-1][2] if self.blocks else ()
        numbers = tuple(_number(number) for number in place.split("."))
        value_type, octets = _value_type(kind)
        definition = Definition(name=name, oid=prefix + numbers, type=value_type, octets=octets)
        for flag in filter(None, flags.split(",")):
            if flag.lower() in self.vendor_numbers:  # the form before BEGIN-VENDOR
                vendor = self.vendor_number(flag)
                definition = replace(definition, oid=(VENDOR_SPECIFIC, vendor, *numbers))
            else:
                definition = _flagged(definition, flag)
        if len(definition.oid) == 1 and definition.oid[0] > 255:
            definition = replace(definition, virtual=True)
        self.by_name[name.lower()] = definition
        self.by_oid[definition.oid] = definition

    def attach_values(self) -> None:
        for path, line, attribute, name, number in self.values:
            definition = self.by_name.get(attribute.lower())
            if definition is None:
                raise DictionaryError(path, line, f"unknown attribute {attribute}")
            self.value_numbers.setdefault(definition.oid, {})[name.lower()] = number
            self.value_names.setdefault(definition.oid, {})[number] = name


def _number(word: str) -> int:
    try:
        return int(word, 0) if word.lower().startswith("0x") else int(word)
    except ValueError:
        message = f"{word} is not a number"
        raise _LineError(message) from None


def _vendor_format(word: str) -> VendorFormat:
    match word.removeprefix("format=").split(","):
        case [("1" | "2" | "4") as kind, ("0" | "1" | "2") as length]:
            return VendorFormat(int(kind), int(length))
        case ["1", "1", "c"]:
            return VendorFormat(1, 1, continuation=True)
    message = f"{word} is not a vendor format"
    raise _LineError(message)


def _value_type(word: str) -> tuple[ValueType, int | None]:
    name, _, size = word.lower().partition("[")
    try:
        return ValueType(TYPE_ALIASES.get(name, name)), _number(size.rstrip("]")) if size else None
    except ValueError:
        message = f"unknown type {word}"
        raise _LineError(message) from None


def _flagged(definition: Definition, word: str) -> Definition:
    match word.lower().split("="):
        case ["has_tag"]:
            return replace(definition, tagged=True)
        case ["encrypt", ("1" | "2" | "3") as number]:
            return replace(definition, encryption=Encryption(int(number)))
        case ["array"]:
            return replace(definition, array=True)
        case ["concat"]:
            return replace(definition, concat=True)
        case ["virtual"]:
            return replace(definition, virtual=True)
        case [name] if name in IGNORED_FLAGS:
            return definition
    message = f"unknown flag {word}"
    raise _LineError(message)
