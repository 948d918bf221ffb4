"""Whether a message about an outage goes out now, later, or not at all.

Pure. A person agreed to it already. One message tells of an outage and one that it is over; whom
the second one goes to is `collectors.store.notices`' affair.
"""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from isp.outage import NoticeKind, OutageState

__all__ = ["Fate", "Notice", "QuietHours", "fate"]


class Fate(StrEnum):
    """What becomes of an approved notice at this moment."""

    SEND = "send"
    WAIT = "wait"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What it is about; `being_told`: the first message may still be on its way to some."""

    kind: NoticeKind
    outage: OutageState
    being_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when until when, by the local clock, nobody is disturbed; none where they are equal."""

    begin: time
    end: time

    def hold(self, now: datetime, zone: str) -> bool:
        """Whether it is quiet in `zone`; the hours may pass midnight."""
        local = now.astimezone(ZoneInfo(zone)).time()
        if self.begin <= self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end


def fate(notice: Notice, quiet: QuietHours, zone: str, now: datetime) -> Fate:
    """Send it, keep it until it is time, or drop it as moot.

    Its end waits for those whom the first message is on its way to: they are to hear of both.
    """
    over = notice.outage in (OutageState.RESTORED, OutageState.DISMISSED)
    if over and notice.kind is NoticeKind.OUTAGE:
        return Fate.DROP
    return Fate.WAIT if notice.being_told or quiet.hold(now, zone) else Fate.SEND
