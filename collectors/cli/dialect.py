"""What a command line is asked, and how its tables become rows.

A dialect is data and pure functions, in a file of its own. Each command has a TextFSM template in
`templates/`, named by the dialect's vendor and the command's words.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import textfsm

from collectors.driver import Part
from isp.access_network import DeviceReading, OnuReading, OnuState, Poll, PortReading

__all__ = [
    "Answer",
    "Answers",
    "Dialect",
    "Row",
    "number_of",
    "ports_of",
    "refusal",
    "rows",
    "total_of",
]

TEMPLATES: Final = Path(__file__).parent / "templates"
REFUSAL: Final = re.compile(
    r"^\s*(?:%\s*(?:Error|Unknown|Invalid|Incomplete|Ambiguous|Code)|Failure:|System is busy).*",
    re.IGNORECASE | re.MULTILINE,
)
NOTHING: Final = re.compile(
    r"no ONT available|ONTs? do(?:es)? not exist|no related info", re.IGNORECASE
)
"""How a device says that what was asked for is empty."""

Row = Mapping[str, str | list[str]]
"""A record of a template, by its values' names; what a line does not tell is empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A command and its rows; none where the device refused it or was not asked."""

    command: str
    template: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What a session told, and the commands that it did not answer."""

    told: tuple[Answer, ...] = ()
    refused: tuple[str, ...] = ()

    def rows(self, template: str) -> list[Row]:
        """The rows of every command of a template."""
        return [row for answer in self.told if answer.template == template for row in answer.rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """One vendor's command line. Commands only look (`display`, `show`), never from `config`.

    `identify` is asked first of all; `device` is what it tells. `first` are a part's commands,
    `then` those that follow from what they told, `of_onu` those of one ONU's optics.
    """

    vendor: str
    netmiko_type: str
    identify: str
    device: Callable[[Answers], DeviceReading]
    first: Callable[[frozenset[Part]], tuple[str, ...]]
    then: Callable[[frozenset[Part], Answers], tuple[str, ...]]
    of_onu: Callable[[OnuReading, Answers], tuple[str, ...]]
    poll: Callable[[Answers], Poll]

    def understand(self, outputs: Mapping[str, str]) -> Answers:
        """The rows of the commands' outputs, as a screen shows them."""
        told = {command: text for command, text in outputs.items() if refusal(text) is None}
        return Answers(
            told=tuple(
                Answer(
                    command=command,
                    template=_template_of(self.vendor, command),
                    rows=rows(self.vendor, command, text),
                )
                for command, text in told.items()
            ),
            refused=tuple(command for command in outputs if command not in told),
        )


def ports_of(onus: Iterable[OnuReading]) -> tuple[PortReading, ...]:
    """The ports that these ONUs are on: a command line does not list empty ones."""
    every, online = Counter[str](), Counter[str]()
    for onu in onus:
        every[onu.port] += 1
        online[onu.port] += onu.state is OnuState.ONLINE
    return tuple(
        PortReading(port=port, onus=count, onus_online=online[port])
        for port, count in every.items()
    )


def number_of(row: Row, name: str) -> float | None:
    """A value as a number; None where it is empty or a dash."""
    words = row.get(name, "")
    return None if words in ("", "-") else float(str(words))


def total_of(rows: Iterable[Row]) -> int:
    """How many ONUs the device says that it listed: lines get lost in pagers and busy sessions."""
    return sum(int(str(row["TOTAL"])) for row in rows if row["TOTAL"])


def refusal(output: str) -> str | None:
    """The line by which a device says that it did not do a command."""
    found = REFUSAL.search(output)
    return found[0].strip() if found and not NOTHING.search(found[0]) else None


def rows(vendor: str, command: str, output: str) -> tuple[Row, ...]:
    """The records of a command's output."""
    machine = _machine(_template_of(vendor, command))
    machine.Reset()
    return tuple(machine.ParseTextToDicts(output))


@cache
def _templates() -> Iterable[str]:
    """Every template's name, the longest first."""
    return sorted((path.stem for path in TEMPLATES.glob("*.textfsm")), key=len, reverse=True)


@cache
def _machine(template: str) -> textfsm.TextFSM:
    with (TEMPLATES / f"{template}.textfsm").open() as file:
        return textfsm.TextFSM(file)


def _template_of(vendor: str, command: str) -> str:
    words = f"{vendor}_{command.replace(' ', '_')}_"
    return next(name for name in _templates() if words.startswith(f"{name}_"))
