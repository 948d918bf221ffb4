"""The example configuration, written from the tables: every key, its use, its default."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chassis.config import NEEDS_RESTART, Table
from chassis.toml_lines import toml_value

__all__ = ["example"]

HEAD = """\
# The configuration of Turnpike: one file for every daemon, one table for each room.
#
# Every key has a default, shown here as a comment; take the `# ` away to change it. Any key can
# also be set by an environment variable: TURNPIKE_RADIUSD__AUTH_PORT=11812 sets auth_port in
# [radiusd]. `turnpike check FILE` names every fault; SIGHUP makes a daemon read the file again.
# Keys marked (restart) take effect when the daemon is started next.
"""


def example(tables: Mapping[str, type[Table]]) -> str:
    """The file's text, tables in the order given."""
    return HEAD + "".join(_table(name, model) for name, model in tables.items())


def _table(name: str, model: type[Table]) -> str:
    lines = ["", _comment(model.__doc__ or ""), f"[{name}]"]
    for key, field in model.model_fields.items():
        restart = " (restart)" if NEEDS_RESTART in field.metadata else ""
        lines += ["", _comment((field.description or "") + restart), f"# {key} = {_default(field)}"]
    return "\n".join([*lines, ""])


def _comment(text: str) -> str:
    return "\n".join(f"# {line.strip()}" for line in text.strip().splitlines())


def _default(field: FieldInfo) -> str:
    """The default as TOML; a key without one shows an empty string to fill in."""
    if field.default_factory is not None or field.is_required() or field.default is None:
        return '""'
    return toml_value(_plain(field.default))


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case bool() | int() | float() | str():
            return value
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)
