"""What every kind of router can do for the shaper; `backends/` has one file for each kind."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from shaper.queue import Tree

__all__ = [
    "Applied",
    "Backend",
    "BackendTrouble",
    "Change",
    "Difference",
    "Kind",
    "Reading",
    "Throughput",
]


class BackendTrouble(Exception):  # noqa: N818 - named for what happened
    """A router could not be read or written; `refused`: it does not let us in."""

    def __init__(self, problem: str, *, refused: bool = False) -> None:
        super().__init__(problem)
        self.refused = refused


class Kind(StrEnum):
    """What a write does."""

    ADD = "add"
    SET = "set"
    MOVE = "move"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One write in words. `edited`: somebody else changed on the router what stays wanted;
    `opens`: it lets a service back in and nobody else out.
    """

    kind: Kind
    subject: str
    before: str | None = None
    after: str | None = None
    edited: bool = False
    opens: bool = False


class Reading(Protocol):
    """A router as it was read; what else it holds is its backend's own."""

    @property
    def version(self) -> str | None:
        """The software it runs."""
        ...

    @property
    def cpu_percent(self) -> float | None:
        """How busy it is."""
        ...

    @property
    def size(self) -> int:
        """How many rows of ours it has."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know: FastTrack, say."""
        ...


class Difference(Protocol):
    """The writes that make a router what it should be; rows that are not ours are left alone."""

    @property
    def changes(self) -> Sequence[Change]:
        """Each write in words."""
        ...

    @property
    def conflicts(self) -> Sequence[tuple[str, str]]:
        """Subjects whose row cannot be, and why."""
        ...

    @property
    def foreign(self) -> int:
        """Queues there that are not ours."""
        ...

    def without(self, kept: Collection[Change]) -> "Difference":
        """The same writes but these of `changes`."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """What came of the writes. `reading` is what was read back of them; None: all is to be read
    again, for something did not go as expected.
    """

    done: int
    failed: int = 0
    problems: tuple[str, ...] = ()
    reading: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Throughput:
    """What flows through a parent queue now."""

    queue: str
    down_bps: int
    up_bps: int


class Backend(Protocol):
    """One router. What goes wrong with it raises BackendTrouble."""

    async def read(self, tree: Tree) -> Any:
        """A `Reading` of all that the tree is about."""
        ...

    def is_current(self, reading: Any) -> bool:
        """Whether what was read then may be written to now; else it is to be read again."""
        ...

    def plan(self, tree: Tree, reading: Any) -> Any:
        """A `Difference`; pure."""
        ...

    async def apply(self, difference: Any, reading: Any) -> Applied:
        """Write, and read back what was written."""
        ...

    async def throughput(self, queues: Collection[str]) -> Sequence[Throughput]:
        """Of those of the queues that there are."""
        ...

    async def close(self) -> None:
        """Let go of the router."""
        ...
