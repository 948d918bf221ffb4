"""A NAS that loses its sessions: an outage that no OLT tells of.

Pure. The counts of live sessions over the last two minutes say it; what `coa` ended on purpose is
not lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from collectors.outages import LINES_MIN, WINDOW

__all__ = ["Live", "are_lost", "kept"]

SHARE_LOST: Final = 0.3
"""Subscribers come and go by a few in the hundred; not a third of them in two minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How many sessions a NAS had, and how many were ended on purpose since the count before."""

    at: datetime
    sessions: int
    ended_on_purpose: int = 0


def kept(history: Iterable[Live], now: datetime) -> tuple[Live, ...]:
    """The counts that still matter, the oldest first."""
    return tuple(live for live in history if now - live.at <= WINDOW)


def are_lost(history: Iterable[Live]) -> bool:
    """Whether the newest count lacks a third of what there was within the window."""
    counts = list(history)
    if not counts:
        return False
    newest, on_purpose = counts[-1].sessions, 0
    for live in reversed(counts):
        lost = live.sessions - newest - on_purpose
        if lost >= LINES_MIN and lost >= SHARE_LOST * live.sessions:
            return True
        on_purpose += live.ended_on_purpose
    return False
