"""What a command prints: tables and lines for people, JSON for machines."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chassis.secrets import Secret
from operations.audit import plain
from turnpike.global_options import options

__all__ = [
    "counted",
    "done",
    "json_value",
    "note",
    "print_json",
    "show_one",
    "show_table",
    "text_of",
]

NOTHING: Final = "-"
PIPE_COLUMNS: Final = 10_000
"""To a pipe nothing is folded: a line is a row."""


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table, or a JSON list of objects keyed by the columns' names."""
    if options().json:
        names = [column.replace(" ", "_") for column in columns]
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    table = Table(title=title if sys.stdout.isatty() else None, title_justify="left", box=None)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(text_of(cell)) for cell in row))
    _console().print(table)


def show_one(values: Mapping[str, Any]) -> None:
    """One thing: a line for each of its values, or a JSON object."""
    if options().json:
        print_json({name.replace(" ", "_"): value for name, value in values.items()})
        return
    table = Table(box=None, show_header=False)
    for name, value in values.items():
        table.add_row(Text(name, style="dim"), Text(text_of(value)))
    _console().print(table)


def done(sentence: str, **values: Any) -> None:
    """What was done, in one sentence; in JSON the values alone."""
    if options().json:
        print_json(values)
    else:
        print(sentence)


def note(sentence: str) -> None:
    """Something a person should know, beside the output."""
    print(sentence, file=sys.stderr)


def counted(number: int, noun: str) -> str:
    """`1 document`, `2 documents`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(value: Any) -> None:
    """The value as JSON; amounts and addresses as strings, instants in ISO 8601."""
    print(json.dumps(json_value(value), indent=2, ensure_ascii=False))


def json_value(value: Any) -> Any:
    """The value in JSON's types. A dataclass is an object; a secret shows nothing of itself."""
    if isinstance(value, Secret):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_value(item) for item in value]
    return plain(value)


def text_of(value: Any) -> str:
    """A value as people read it; absent is `-`."""
    match value:
        case None | "":
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}Z"
        case Decimal():
            return f"{value:f}"
        case Mapping():
            return ", ".join(f"{key} {item}" for key, item in value.items()) or NOTHING
        case list() | tuple():
            return ", ".join(text_of(item) for item in value) or NOTHING
        case _:
            return str(value)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPE_COLUMNS, no_color=True)
