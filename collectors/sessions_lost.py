"""A NAS that loses its sessions: an outage that no OLT tells of.

Pure. The counts of live sessions over the last two minutes raise the suspicion; what `coa` ended on
purpose is not lost. What went with its line is not either: that outage is the OLT's, so a suspicion
stands until the OLTs of the other lines were read since, or have had the time to be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from collectors.outages import LINES_MIN, WINDOW, Sign

__all__ = ["OLTS_MAY_TAKE", "Live", "Lost", "are_lost", "kept", "second_look"]

SHARE_LOST: Final = 0.3
"""Subscribers come and go by a few in the hundred; not a third of them in two minutes."""

OLTS_MAY_TAKE: Final = timedelta(minutes=5)
"""By then an OLT that is asked at once was read, or its own silence was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How many sessions a NAS had, and how many were ended on purpose since the count before."""

    at: datetime
    sessions: int
    ended_on_purpose: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The services whose sessions ended and that have none now, `of` so many that had one.

    `explained` of them are at the end of a line that is dark or in an outage already; `unread` are
    the OLTs of the others that were not read since.
    """

    services: int
    of: int
    explained: int = 0
    unread: Sequence[int] = ()


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
        if _enough(live.sessions - newest - on_purpose, of=live.sessions):
            return True
        on_purpose += live.ended_on_purpose
    return False


def second_look(lost: Lost, suspected_for: timedelta) -> Sign | None:
    """What the services say of a suspected loss; nothing while OLTs have yet to say theirs."""
    if not _enough(lost.services - lost.explained, of=lost.of):
        return Sign.BACK
    waits = lost.unread and suspected_for < OLTS_MAY_TAKE
    return None if waits else Sign.DOWN


def _enough(lost: int, *, of: int) -> bool:
    return lost >= LINES_MIN and lost >= SHARE_LOST * of
