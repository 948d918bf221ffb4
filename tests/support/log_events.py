"""The log events of each room: found in its code, explained in its `messages.toml`."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chassis.config import DAEMONS

__all__ = ["LOGGERS", "LOG_METHODS", "Event", "document", "events"]

LOGGERS: Final = frozenset({"log", "_log", "logger", "_logger", "get_logger"})
LOG_METHODS: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
LEVELS: Final = {"exception": "error"}
NO_FIELDS: Final = frozenset({"exc_info"})
"""What `log.error` takes besides an event's fields."""

EVERYWHERE: Final = ("chassis", "database", "devices", "gateways", "operations")
"""Rooms whose events any daemon may log."""

ROOMS: Final = (*EVERYWHERE, *DAEMONS)


@dataclass(kw_only=True, slots=True)
class Event:
    """One event: how it is logged, and what a person is told of it."""

    room: str
    name: str
    levels: set[str] = field(default_factory=set)
    fields: dict[str, None] = field(default_factory=dict)
    means: str = ""
    do: str = ""


def events(house: Path) -> list[Event]:
    """The events of every room; ValueError where code and `messages.toml` do not agree."""
    found: dict[tuple[str, str], Event] = {}
    for path in (path for room in ROOMS for path in sorted((house / room).rglob("*.py"))):
        room = path.relative_to(house).parts[0]
        for name, level, fields in _logged(ast.parse(path.read_text("utf-8"))):
            event = found.setdefault((room, name), Event(room=room, name=name))
            event.levels.add(level)
            event.fields.update(dict.fromkeys(fields))
    explained = dict(_explained(house))
    for key, words in explained.items():
        if key not in found and "level" not in words:
            raise ValueError(f"{key[0]}/messages.toml explains {key[1]}, which nobody logs")
        event = found.setdefault(key, Event(room=key[0], name=key[1]))
        event.levels |= {words["level"]} if "level" in words else set()
        event.fields.update(dict.fromkeys(words.get("fields", ())))
        event.means, event.do = words["means"], words.get("do", "")
    if silent := sorted(f"{room}/{name}" for room, name in found.keys() - explained.keys()):
        raise ValueError(f"explain these events in messages.toml: {', '.join(silent)}")
    return sorted(found.values(), key=lambda event: (event.room, event.name))


def document(house: Path) -> str:
    """`docs/messages.md`: what every daemon may log, then each one's own."""
    every = events(house)
    sections = [("Every daemon", [event for event in every if event.room in EVERYWHERE])]
    sections += [
        (f"`{daemon}`", [event for event in every if event.room == daemon]) for daemon in DAEMONS
    ]
    lines = [
        "# Messages",
        "",
        "Every log event by its name (`event` in a line), with what it means and what to do. At",
        "most ten lines a second for one event; `suppressed` says how many were left out. Written",
        "by `make docs` from the code and each room's `messages.toml`.",
    ]
    for title, of_it in sections:
        lines += ["", f"## {title}", "", "| event | level | fields | meaning | what to do |"]
        lines += ["|---|---|---|---|---|", *map(_row, of_it)]
    return "\n".join([*lines, ""])


def _row(event: Event) -> str:
    level, fields = ", ".join(sorted(event.levels)), ", ".join(event.fields)
    do = event.do or "Nothing."
    return f"| `{event.name}` | {level} | {fields} | {event.means} | {do} |"


def _logged(tree: ast.Module) -> Iterator[tuple[str, str, list[str]]]:
    """Each call of a logger: the event's name, level and fields."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        logger, method = _named(node.func.value), node.func.attr
        if logger in LOGGERS and method in LOG_METHODS and node.args:
            name = ast.literal_eval(node.args[0])
            fields = [word.arg for word in node.keywords if word.arg not in (None, *NO_FIELDS)]
            yield name, LEVELS.get(method, method), [each for each in fields if each]


def _named(node: ast.expr) -> str:
    """The last name of `log`, `self._log`, `get_logger("ping")`."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case ast.Call():
            return _named(node.func)
        case _:
            return ""


def _explained(house: Path) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path in sorted(house.glob("*/messages.toml")):
        for name, words in tomllib.loads(path.read_text("utf-8")).items():
            yield (path.parent.name, name), words
