"""What goes wrong on demand: slowness, refusals, replies that never come, cut connections."""

from dataclasses import dataclass, field
from enum import Enum, auto

__all__ = ["Fate", "Faults"]


class Fate(Enum):
    """What becomes of one write."""

    OBEY = auto()
    REFUSE = auto()
    """Answered with `!trap`, not carried out."""
    LOSE_REPLY = auto()
    """Carried out, never answered; the connection stays."""
    DROP_BEFORE = auto()
    """The connection is cut, and it is not carried out."""
    DROP_AFTER = auto()
    """Carried out, and the connection is cut before the answer."""
    CUT_REPLY = auto()
    """Carried out, and the connection is cut in the midst of the answer's sentence."""
    REBOOT = auto()
    """Carried out, and the router reboots before the answer."""


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults of a router; all may be changed while it runs.

    `latency_seconds` is a round trip, `commit_seconds` what every write takes, one after the
    other, on all connections. `at` gives single writes a fate by their number, counted from 1;
    `every` gives every so manieth one.
    """

    latency_seconds: float = 0.0
    commit_seconds: float = 0.0
    at: dict[int, Fate] = field(default_factory=dict)
    every: dict[Fate, int] = field(default_factory=dict)
    writes_seen: int = 0

    def next_fate(self) -> Fate:
        """The fate of the write that has just come."""
        self.writes_seen += 1
        if self.writes_seen in self.at:
            return self.at[self.writes_seen]
        for fate, often in self.every.items():
            if often and self.writes_seen % often == 0:
                return fate
        return Fate.OBEY
