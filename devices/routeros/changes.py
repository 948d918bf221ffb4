"""Writes to a router as values, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

__all__ = [
    "Change",
    "Done",
    "Outcome",
    "RouterCommands",
    "Row",
    "Trapped",
    "Unanswered",
    "Unsent",
    "Verb",
]

Row = Mapping[str, str]
"""One row as the router wrote it: names and raw strings, `.id` among them."""


class Verb(StrEnum):
    """What a change does in its menu."""

    ADD = "add"
    SET = "set"
    REMOVE = "remove"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write: `path` is the menu (`/queue/simple`), `id` the row's `.id` except for an add.

    A move's `words` name its `destination`, the `.id` that it shall stand before.
    """

    verb: Verb
    path: str
    id: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """Carried out; `id` is the new row's `.id` after an add. To remove what is gone is done."""

    id: str | None = None


@dataclass(frozen=True, slots=True)
class Trapped:
    """The router refused this one, as RouterTrap describes."""

    message: str
    category: int | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Sent, but the connection went before the answer came: it may or may not be carried out."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """The connection went before this one was sent."""


Outcome = Done | Trapped | Unanswered | Unsent


class RouterCommands(Protocol):
    """What both ways to a router, the API and REST, can do; errors are RouterError's kinds."""

    @property
    def user(self) -> str:
        """As whom."""
        ...

    @property
    def session(self) -> int | None:
        """Which connection stands now; None: none, or none that its end could be told by. A router
        that reboots numbers its rows anew, so an `.id` is good for the connection it was read by.
        """
        ...

    async def print(
        self, path: str, *, proplist: Sequence[str] = (), where: Mapping[str, str] | None = None
    ) -> tuple[Row, ...]:
        """The rows of a menu, in its order: only these columns, only where all of these equal."""
        ...

    async def add(self, path: str, /, **words: str) -> str:
        """A new row; returns its `.id`."""
        ...

    async def set(self, path: str, id: str, words: Mapping[str, str]) -> None:  # noqa: A002 - its name there
        """Change columns of a row."""
        ...

    async def remove(self, path: str, id: str) -> None:  # noqa: A002 - its name there
        """Remove a row; one that is gone is success."""
        ...

    async def call(self, command: str, words: Mapping[str, str] | None = None) -> tuple[Row, ...]:
        """Any command (`/system/reboot`) with its arguments; the rows that it returns."""
        ...

    async def apply(
        self, changes: Sequence[Change], *, session: int | None, window: int
    ) -> tuple[Outcome, ...]:
        """Carry out changes in this order, at most `window` unanswered at a time.

        One outcome for each change, in the same order. What is refused does not stop the others;
        a lost connection ends it, told by outcomes and not by an exception. `session` is the one
        that their `.id`s were read in: once it has ended nothing is sent.
        """
        ...

    async def close(self) -> None:
        """Leave the router."""
        ...
