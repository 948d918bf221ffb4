"""The configuration file: load it, name every fault in it, print what is in force."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from chassis.config import ENVIRONMENT_PREFIX, ENVIRONMENT_SEPARATOR, TABLES, Settings
from chassis.toml_lines import KeyPath, key_lines, line_of, toml_value
from isp.errors import ExitCode, Refused

__all__ = ["SYSTEM_CONFIG", "BadConfiguration", "Fault", "Loaded", "load", "render"]

SYSTEM_CONFIG: Final = Path("/etc/turnpike/turnpike.toml")
"""Read where no `--config` is given and it exists."""

OWN_WORDS: Final = "Value error, "
"""What pydantic puts before the words of a table's own rule."""

NOT_A_PATH: Final = "path_type"
SHOULD_BE: Final = "Input should be "
"""How pydantic begins what it says of a value; then, after a comma, how it tried to read it."""

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing wrong: where it stands (`file:line`, or an environment variable), key, problem."""

    where: str
    key: str
    problem: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.problem) if part)


class BadConfiguration(Refused):
    """Every fault of a configuration, one a line."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(
            "\n".join(str(fault) for fault in faults),
            remedy="correct the configuration",
            exit_code=ExitCode.CONFIGURATION,
        )
        self.faults = faults

    def __str__(self) -> str:
        return self.problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded(Generic[S]):
    """Settings, and where each value comes from."""

    settings: S
    source: "_Source"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """The file's text and lines, and the environment's overrides."""

    path: Path | None
    tables: Mapping[str, Any]
    lines: Mapping[KeyPath, int]
    overrides: Mapping[KeyPath, str]

    def origin(self, key: KeyPath) -> str:
        for length in range(len(key), 1, -1):
            if variable := self.overrides.get(key[:length]):
                return variable
        if key in self.lines:
            return f"{self.path}:{self.lines[key]}"
        return "default"

    def where(self, key: KeyPath) -> str:
        if (origin := self.origin(key)) != "default":
            return origin
        inside = (at for path, at in self.lines.items() if path[: len(key)] == key)
        line = line_of(key, self.lines) or min(inside, default=None)
        return str(self.path or "") if line is None else f"{self.path}:{line}"

    def order(self, fault: "Fault") -> tuple[bool, int]:
        """As one reads: the file from its top, then the environment."""
        place, _, line = fault.where.rpartition(":")
        return place != str(self.path), int(line) if line.isdigit() else 0


def load(model: type[S], path: Path | None = None) -> Loaded[S]:
    """The settings in `path` and the environment. Raises BadConfiguration with every fault.

    Without `path`, `/etc/turnpike/turnpike.toml` where it exists, else the defaults.
    """
    if path is None and SYSTEM_CONFIG.exists():
        path = SYSTEM_CONFIG
    source = _read(path)
    faults = list(_unknown_tables(source))
    wanted = {
        name: table
        for name, table in source.tables.items()
        if name in model.model_fields and isinstance(table, dict)
    }
    try:
        settings = model(**wanted)
    except ValidationError as error:
        faults += [_fault(model, source, details) for details in error.errors()]
    if faults:
        raise BadConfiguration(tuple(sorted(faults, key=source.order)))
    return Loaded(settings=settings, source=source)


def render(loaded: Loaded[S]) -> str:
    """The effective configuration as TOML, secrets redacted, each key with its origin."""
    lines: list[str] = []
    for table, values in loaded.settings.model_dump(mode="json").items():
        lines.append(f"[{table}]")
        for key, value in values.items():
            origin = loaded.source.origin((table, key))
            shown = f"# {key} is unset" if value is None else f"{key} = {toml_value(value)}"
            lines.append(f"{shown}  # {origin}")
        lines.append("")
    return "\n".join(lines)


def _read(path: Path | None) -> _Source:
    text = ""
    if path is not None:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise BadConfiguration((_file_fault(path, f"cannot be read: {reason}"),)) from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration((_syntax_fault(path, str(error)),)) from None
    overrides: dict[KeyPath, str] = {
        tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split(ENVIRONMENT_SEPARATOR)): name
        for name, value in os.environ.items()
        if name.startswith(ENVIRONMENT_PREFIX) and ENVIRONMENT_SEPARATOR in name and value
    }
    return _Source(path=path, tables=tables, lines=key_lines(text), overrides=overrides)


def _file_fault(path: Path, problem: str) -> Fault:
    return Fault(where=str(path), key="", problem=problem)


def _syntax_fault(path: Path | None, message: str) -> Fault:
    problem, _, position = message.partition(" (at ")
    line = position.removeprefix("line ").partition(",")[0]
    where = f"{path}:{line}" if line.isdigit() else f"{path}:end"
    return Fault(where=where, key="", problem=f"not TOML: {problem}")


def _unknown_tables(source: _Source) -> Iterator[Fault]:
    for name, table in source.tables.items():
        where = source.where((name,))
        if name not in TABLES:
            problem = f"no such table{_did_you_mean(name, TABLES)}"
            yield Fault(where=where, key=f"[{name}]", problem=problem)
        elif not isinstance(table, dict):
            yield Fault(where=where, key=name, problem=f"a table is expected: [{name}]")
    for key, variable in source.overrides.items():
        if key[0] not in TABLES:
            problem = f"no such table{_did_you_mean(str(key[0]), TABLES)}"
            yield Fault(where=variable, key=f"[{key[0]}]", problem=problem)


def _fault(model: type[BaseModel], source: _Source, details: Mapping[str, Any]) -> Fault:
    path: KeyPath = details["loc"]
    problem = _in_words(details)
    if details["type"] == "extra_forbidden":
        problem = f"no such key{_did_you_mean(str(path[-1]), _keys_around(model, path))}"
    key = ".".join(str(part) for part in path)
    return Fault(where=source.where(path), key=key, problem=problem)


def _in_words(details: Mapping[str, Any]) -> str:
    """What is wrong with a value; the value itself may be a secret and is not shown."""
    if details["type"] == NOT_A_PATH:
        return "it should be a path, in quotes"
    message: str = details["msg"].removeprefix(OWN_WORDS)
    if not message.startswith(SHOULD_BE):
        return message
    return f"it should be {message.removeprefix(SHOULD_BE).partition(', unable to parse')[0]}"


def _keys_around(model: type[BaseModel], path: KeyPath) -> tuple[str, ...]:
    """The keys that could stand where the last of `path` stands."""
    current: Any = model
    for part in path[:-1]:
        field = getattr(current, "model_fields", {}).get(part)
        current = field.annotation if field is not None else current
    return tuple(getattr(current, "model_fields", ()))


def _did_you_mean(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(known)}" if known else ""
