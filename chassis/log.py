"""Logs: static event names with fields, JSON to a pipe or columns at a terminal, no secrets.

    log = get_logger("radiusd")
    log.info("nas_added", nas="bras1", address="192.0.2.1")

`structlog.contextvars.bound_contextvars(nas="bras1")` binds fields to a unit of work.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from chassis.clock import Clock, SystemClock
from chassis.log_limit import RepeatLimit
from chassis.secrets import REDACTED, Secret

__all__ = ["configure_logging", "get_logger", "masked"]

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
PRIORITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""Levels as syslog priorities, which the journal reads from a line's `<N>` prefix."""

SECRET_KEY: Final = re.compile(
    r"password|passwd|passphrase|secret|token|credential|authorization|cookie|community"
    r"|private_key|api_key|chap_|mschap|mppe|user_password|dsn",
    re.IGNORECASE,
)
URL_PASSWORD: Final = re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+@")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
CONTROL_BUT_NEWLINE: Final = re.compile(
    CONTROL.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f")
)
DEPTH_MAX: Final = 4
"""Deeper values are shown as their type: no event needs more."""

STRING_CHARACTERS_MAX: Final = 8192
"""A traceback fits; a hostile attribute does not fill the disk."""


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a part of a daemon, `name` in every line as `source`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(source=name)
    return logger


def configure_logging(
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    style: Literal["auto", "json", "columns"] = "auto",
    stream: TextIO | None = None,
    clock: Clock | None = None,
) -> None:
    """Set up logging for this process; may be called again, after a reload.

    `auto` means columns at a terminal, JSON elsewhere; lines to the journal carry `<N>`.
    """
    stream = stream or sys.stdout
    clock = clock or SystemClock()
    columns = style == "columns" or (style == "auto" and stream.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            RepeatLimit(clock),
            _stamp(clock),
            structlog.processors.format_exc_info,
            _mask,
            _Columns(colors=stream.isatty()) if columns else _Json(_is_journal(stream)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Unstopped(stream))),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_FromLibraries()]
    root.setLevel(max(LEVELS[level], logging.WARNING))


def masked(value: Any, depth: int = 0) -> Any:
    """`value` fit to be written down: no secrets, no control characters, bounded."""
    match value:
        case None | bool() | int() | float():
            return value
        case Secret():
            return REDACTED
        case str():
            return _clean(value)
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} octets>"
        case _ if depth >= DEPTH_MAX:
            return f"<{type(value).__name__}>"
        case Mapping():
            return {
                _clean(str(key)): _masked_field(str(key), item, depth + 1)
                for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [masked(item, depth + 1) for item in value]
        case _:
            return _clean(str(value))


def _masked_field(key: str, value: Any, depth: int) -> Any:
    if SECRET_KEY.search(key) and not isinstance(value, bool | None):
        return REDACTED
    return masked(value, depth)


def _clean(text: str, pattern: re.Pattern[str] = CONTROL) -> str:
    text = URL_PASSWORD.sub(rf"\1{REDACTED}@", text)
    if len(text) > STRING_CHARACTERS_MAX:
        text = text[:STRING_CHARACTERS_MAX] + "…"
    return pattern.sub(lambda at: f"\\x{ord(at[0]):02x}", text)


def _mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    traceback = event.pop("exception", None)
    clean = {_clean(key): _masked_field(key, value, 0) for key, value in event.items()}
    if traceback is not None:
        clean["exception"] = _clean(traceback, CONTROL_BUT_NEWLINE)
    return clean


def _stamp(clock: Clock) -> structlog.typing.Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return stamp


def _is_journal(stream: TextIO) -> bool:
    """Whether the stream is the one that systemd connected to the journal (systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class _Unstopped:
    """A stream whose reader may be gone, as a killed supervisor is, or whose disk may be full: a
    line is lost then, and what was to be logged happens all the same."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _Json:
    """One line of ASCII JSON, with the journal's priority in front where it is read."""

    def __init__(self, journal: bool) -> None:
        self._journal = journal

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> str:
        first = {key: event.pop(key) for key in ("timestamp", "level", "event")}
        prefix = f"<{PRIORITIES[first['level']]}>" if self._journal else ""
        return prefix + json.dumps({**first, **event})


class _Columns:
    """Time, level, event and fields in columns, for people."""

    def __init__(self, *, colors: bool) -> None:
        self._render = structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=structlog.dev.plain_traceback
        )

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> str:
        return str(self._render(_logger, _method, event))


class _FromLibraries(logging.Handler):
    """What libraries say through the standard library's logging, as events of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = get_logger(record.name)
        level = record.levelname.lower()
        report = getattr(log, level if level in LEVELS else "warning")
        report("library_message", message=record.getMessage(), exc_info=record.exc_info)
