"""A router's rows: as they should be, and as they were found."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Actual", "Found", "Owner", "Row"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the menu `path`, in the one spelling of its words.

    `key` tells ours apart within the menu, whatever `.id` and name a row has; `subject` is whose it
    is.
    """

    path: str
    key: str
    subject: str
    words: Mapping[str, str]


class Owner(StrEnum):
    """Who made a row. Only ours are ever written."""

    OURS = "ours"
    FOREIGN = "foreign"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A row on a router. `digest` is its tag's; the key of a row that is not ours is its `.id`."""

    id: str
    owner: Owner
    row: Row
    digest: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Actual:
    """Everything of a router that is looked at, each menu in its own order."""

    rows: tuple[Found, ...] = ()
    session: int | None = None
    """Of the router's connection that it was read by."""
    version: str | None = None
    cpu_percent: float | None = None
    fasttrack: bool = False
    """Whether FastTrack takes traffic past simple queues there."""
    read_only: bool = False
    """Whether our account there may not write."""

    def ours(self) -> tuple[Found, ...]:
        """The rows that we made."""
        return tuple(found for found in self.rows if found.owner is Owner.OURS)

    @property
    def size(self) -> int:
        """How many rows are ours."""
        return len(self.ours())

    @property
    def warnings(self) -> tuple[str, ...]:
        """FastTrack, and an account that may not write."""
        told = {
            "FastTrack is on: what it takes passes the simple queues unshaped": self.fasttrack,
            "the account there may only read: its group needs the policy write": self.read_only,
        }
        return tuple(text for text, holds in told.items() if holds)
