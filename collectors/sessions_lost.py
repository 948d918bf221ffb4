"""A NAS that loses its sessions: an outage that no OLT tells of.

Pure. The counts of live sessions over the last two minutes say it; what `coa` ended on purpose is
not lost, and neither is what went with a line that an OLT calls dark: that outage is the OLT's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from collectors.outages import LINES_MIN, WINDOW

__all__ = ["LINES_LOOKED_AT", "Live", "are_lost", "kept"]

SHARE_LOST: Final = 0.3
"""Subscribers come and go by a few in the hundred; not a third of them in two minutes."""

LINES_LOOKED_AT: Final = timedelta(seconds=30)
"""So long their OLTs have to say whether the lines are dark, when they are asked at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How many sessions a NAS had, and how many were ended on purpose since the count before."""

    at: datetime
    sessions: int
    ended_on_purpose: int = 0


def kept(history: Iterable[Live], now: datetime) -> tuple[Live, ...]:
    """The counts that still matter, the oldest first."""
    return tuple(live for live in history if now - live.at <= WINDOW)


def are_lost(history: Iterable[Live], *, dark: int = 0) -> bool:
    """Whether the newest count lacks a third of what there was within the window.

    `dark` are the sessions that ended in it at the end of a line that is down.
    """
    counts = list(history)
    if not counts:
        return False
    newest, on_purpose = counts[-1].sessions, 0
    for live in reversed(counts):
        lost = live.sessions - newest - on_purpose - dark
        if lost >= LINES_MIN and lost >= SHARE_LOST * live.sessions:
            return True
        on_purpose += live.ended_on_purpose
    return False
