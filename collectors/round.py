"""ONUs asked for their light one after the other: whose turn it is, and when.

Only those that are alight are asked, each once in a round; what was read is kept together until it
is worth a transaction.
"""

from collections import Counter, deque
from typing import Final

from collectors.known import Known
from collectors.turnstile import Turnstile
from isp.access_network import OnuReading, OnuState, Poll

__all__ = ["Round"]

TOGETHER: Final = 20
TOGETHER_SECONDS: Final = 10.0
"""So many readings, or those of so long, are written in one transaction."""

EMPTY_SECONDS: Final = 5.0
"""How soon a device without lit ONUs is looked at again."""


class Round:
    """The turns of one device's ONUs; times are by the loop's clock."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self._not_before = 0.0
        self._waiting: deque[str] = deque()
        self._read: dict[str, OnuReading] = {}
        self._doubts: Counter[str] = Counter()
        self._since = 0.0

    @property
    def at(self) -> float:
        """When the next turn comes."""
        return max(self._not_before, self._turnstile.opens_at)

    def next(self, known: Known, now: float) -> OnuReading | None:
        """The ONU whose turn it is, with its place in the device's tables."""
        if not self._waiting:
            self._waiting.extend(
                serial
                for serial, onu in sorted(known.onus.items(), key=lambda item: item[1].onu_id)
                if onu.state is OnuState.ONLINE and serial not in known.left_out
            )
        while self._waiting:
            onu = known.placed(self._waiting.popleft())
            if onu is not None and onu.state is OnuState.ONLINE:
                self._turnstile.passed(now)
                return onu
        self._not_before = now + EMPTY_SECONDS
        return None

    def lit(self, poll: Poll, now: float) -> None:
        """An ONU answered; of an ONU that comes round again, the newer answer counts."""
        if not self._read:
            self._since = now
        self._read |= {str(onu.serial): onu for onu in poll.onus if onu.serial is not None}
        self._doubts.update(poll.doubts)

    def together(self, now: float) -> Poll | None:
        """What was read, as one reading, once that is worth writing."""
        if not self._read:
            return None
        if len(self._read) < TOGETHER and now - self._since < TOGETHER_SECONDS:
            return None
        poll = Poll(onus=tuple(self._read.values()), doubts=dict(self._doubts))
        self._read.clear()
        self._doubts.clear()
        return poll
