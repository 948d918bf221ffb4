"""Where each key of a TOML text stands, so that a fault can name its line.

tomllib gives values without positions; this finds the lines of a text that tomllib has accepted.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

__all__ = ["KeyPath", "key_lines", "line_of", "toml_value"]

KeyPath: TypeAlias = tuple[str | int, ...]
"""`("radiusd", "auth_port")`, or `("lab", "nas", 2, "name")` inside an array of tables."""

KEY_PART: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
KEY: Final = re.compile(rf"\s*({KEY_PART}(?:\s*\.\s*{KEY_PART})*)\s*")
PART: Final = re.compile(KEY_PART)
STRING_OR_COMMENT: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*",
    re.DOTALL,
)
SYNTAX_IN_STRINGS: Final = str.maketrans(dict.fromkeys("[]{}=#", "_"))


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every table header and key in a valid TOML text."""
    lines: dict[KeyPath, int] = {}
    elements: dict[KeyPath, int] = {}
    table: KeyPath = ()
    depth = 0
    for number, line in enumerate(_without_values(text), 1):
        stripped = line.strip()
        if depth == 0 and stripped.startswith("[["):
            table = _resolved(_parts(stripped[2:]), elements)
            elements[table] = elements.get(table, -1) + 1
            table = (*table, elements[table])
            lines[table] = number
        elif depth == 0 and stripped.startswith("["):
            table = _resolved(_parts(stripped[1:]), elements)
            lines.setdefault(table, number)
        else:
            if depth == 0 and (match := KEY.match(line)) and "=" in line:
                path = (*table, *_parts(match[1]))
                for length in range(len(table) + 1, len(path) + 1):
                    lines.setdefault(path[:length], number)
            depth += sum(line.count(mark) for mark in "[{") - sum(line.count(m) for m in "]}")
    return lines


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of `path`, or of the nearest thing around it; None when nothing of it stands."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def toml_value(value: object) -> str:
    """A JSON-like value (str, bool, number, list, dict) in TOML's spelling."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Mapping():
            pairs = (f"{key} = {toml_value(item)}" for key, item in value.items())
            return "{ " + ", ".join(pairs) + " }" if value else "{}"
        case list() | tuple():
            return "[" + ", ".join(toml_value(item) for item in value) + "]"
        case _:
            return _quoted(str(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda at: f"\\u{ord(at[0]):04x}", escaped) + '"'


def _without_values(text: str) -> list[str]:
    """The text's lines without comments, and without what only looks like syntax in strings."""

    def harmless(match: re.Match[str]) -> str:
        return "" if match[0].startswith("#") else match[0].translate(SYNTAX_IN_STRINGS)

    return STRING_OR_COMMENT.sub(harmless, text).split("\n")


def _parts(key: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in PART.findall(key.partition("]")[0]))


def _resolved(path: KeyPath, elements: Mapping[KeyPath, int]) -> KeyPath:
    """`path` with the number of the current element after each array of tables on the way."""
    resolved: KeyPath = ()
    for index, part in enumerate(path):
        resolved = (*resolved, part)
        if resolved in elements and index < len(path) - 1:
            resolved = (*resolved, elements[resolved])
    return resolved
