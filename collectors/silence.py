"""When a device that does not answer is an outage, and not only a device that does not answer.

Pure. Its management may be cut while its subscribers surf on: their own sessions are the witness.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from collectors.outages import LINES_MIN

__all__ = ["Silence", "is_outage"]

CERTAIN: Final = timedelta(minutes=2)
"""Silent to readings and to echo requests for so long, so that a reboot is none."""

WITNESSES: Final = timedelta(minutes=15)
"""By then every session's accounting should have been heard of again."""

SHARE_HEARD: Final = 0.1
SHARE_ENDED: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A device that does not answer since `since` (None: it answers), and its subscribers.

    `pinged` says whether it answers echo requests, None where it was never asked or never did. Of
    `lines` that were online, `sessions` had one; `heard` were heard of since, `ended` have ended.
    """

    since: datetime | None
    pinged: bool | None = None
    lines: int = 0
    sessions: int = 0
    heard: int = 0
    ended: int = 0

    @property
    def unreachable(self) -> bool:
        """Neither its protocol nor an echo is answered."""
        return self.since is not None and self.pinged is not True


def is_outage(silence: Silence, now: datetime) -> bool:
    """Whether the lines of a silent OLT are down with it."""
    if silence.since is None or not silence.unreachable or silence.lines < LINES_MIN:
        return False
    silent_for = now - silence.since
    if silent_for < CERTAIN or silence.heard > SHARE_HEARD * silence.sessions:
        return False
    without_witness = silence.sessions + silence.ended == 0
    ended = silence.ended >= SHARE_ENDED * (silence.sessions + silence.ended)
    return without_witness or ended or silent_for >= WITNESSES
