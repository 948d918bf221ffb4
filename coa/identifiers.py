"""Which source port and Identifier a request to a NAS goes out with (RFC 5176 §2.3 and §6.3).

A NAS may take a used Identifier from the same port for a duplicate within its time window, so an
Identifier rests that long before it is used again, and further source ports give further 256.
"""

from collections import deque
from typing import NamedTuple

__all__ = ["Identifiers", "Slot"]

IDENTIFIERS_PER_PORT = 256
PORTS_MAX = 64
"""16,384 requests to one NAS in a time window: a plan change of every session of a large one."""
REST_SECONDS = 300.0
"""The time window that RFC 5176 §6.3 has NASes keep by default."""


class Slot(NamedTuple):
    """The number of a source port (0 is the first one opened) and an Identifier."""

    port: int
    identifier: int


class Identifiers:
    """The slots of one NAS. `now` is any clock in seconds that does not go back."""

    def __init__(self) -> None:
        self._fresh = 0
        self._resting: deque[tuple[float, Slot]] = deque()

    def take(self, now: float) -> Slot | None:
        """A slot that nothing is outstanding on; the longest rested when all were used.

        None when all 16,384 are outstanding.
        """
        if self._resting and now - self._resting[0][0] >= REST_SECONDS:
            return self._resting.popleft()[1]
        if self._fresh < PORTS_MAX * IDENTIFIERS_PER_PORT:
            self._fresh += 1
            return Slot(*divmod(self._fresh - 1, IDENTIFIERS_PER_PORT))
        return self._resting.popleft()[1] if self._resting else None

    def give_back(self, slot: Slot, now: float) -> None:
        """The request of that slot has ended."""
        self._resting.append((now, slot))
