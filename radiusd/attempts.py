"""Login attempts, folded: one row per ten minutes, NAS, login, MAC, outcome and reason.

Pure and bounded. Workers fold what they answer, the keeper folds what workers send, and what the
database cannot take now waits, folding on.
"""

from collections.abc import Iterable
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from isp.identifiers import normalise_mac

__all__ = [
    "ATTEMPTS_HELD_MAX",
    "WINDOW_SECONDS",
    "Attempt",
    "AttemptKey",
    "Attempts",
    "Outcome",
    "attempt_key",
    "tidy",
]

WINDOW_SECONDS = 600
"""A client that retries every second all day makes 144 rows, not 86,400."""

ATTEMPTS_HELD_MAX = 100_000
"""Rows waiting, about 60 MB: a large provider's whole base logging in once. Beyond it, attempts
are folded without login and MAC, so that a flood of invented names still counts and costs nothing.
"""

TEXT_CHARACTERS_MAX = 253
"""No attribute is longer (RFC 2865 §5)."""


class Outcome(StrEnum):
    """What was answered."""

    ACCEPT = "accept"
    REJECT = "reject"
    SILENCE = "silence"


class AttemptKey(NamedTuple):
    """What attempts have in common to be one row. `window_start` is in seconds since 1970."""

    window_start: int
    tenant_id: int
    subscriber_id: int
    service_id: int
    nas_id: int
    login: str
    calling_station_id: str
    outcome: str
    reason: str


class Attempt(NamedTuple):
    """A row: how often, first and last (seconds since 1970)."""

    key: AttemptKey
    count: int
    first_at: float
    last_at: float


class Attempts:
    """Attempts being folded, first come first written."""

    def __init__(self, held_maximum: int = ATTEMPTS_HELD_MAX) -> None:
        self._held_maximum = held_maximum
        self._held: dict[AttemptKey, list[float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, key: AttemptKey, at: float) -> None:
        """One more attempt."""
        held = self._held.get(key)
        if held is None:
            self._insert(key, 1, at, at)
        else:
            held[0] += 1
            held[2] = at

    def merge(self, attempts: Iterable[Attempt]) -> None:
        """Attempts that were folded elsewhere, or could not be written."""
        for key, count, first_at, last_at in attempts:
            held = self._held.get(key)
            if held is None:
                self._insert(key, count, first_at, last_at)
            else:
                held[0] += count
                held[1] = min(held[1], first_at)
                held[2] = max(held[2], last_at)

    def take(self, limit: int) -> list[Attempt]:
        """The oldest rows, at most `limit`; they are no longer held."""
        taken = []
        for key in list(islice(self._held, limit)):
            count, first_at, last_at = self._held.pop(key)
            taken.append(Attempt(key, int(count), first_at, last_at))
        return taken

    def _insert(self, key: AttemptKey, count: int, first_at: float, last_at: float) -> None:
        if len(self._held) < self._held_maximum:
            self._held[key] = [count, first_at, last_at]
            return
        anonymous = key._replace(login="", calling_station_id="", subscriber_id=0, service_id=0)
        held = self._held.setdefault(anonymous, [0, first_at, last_at])
        held[0] += count
        held[1] = min(held[1], first_at)
        held[2] = max(held[2], last_at)


def attempt_key(
    *,
    at: float,
    tenant_id: int,
    subscriber_id: int,
    service_id: int,
    nas_id: int,
    login: str,
    calling_station_id: str,
    outcome: Outcome,
    reason: str,
) -> AttemptKey:
    """The row that an attempt at `at` (seconds since 1970) is folded into."""
    window_start = int(at) // WINDOW_SECONDS * WINDOW_SECONDS
    return AttemptKey(
        window_start,
        tenant_id,
        subscriber_id,
        service_id,
        nas_id,
        login,
        calling_station_id,
        outcome,
        reason,
    )


def tidy(attempt: Attempt) -> Attempt:
    """The row as it is stored: the MAC in its one spelling, no text that a column cannot hold."""
    key = attempt.key
    station = normalise_mac(key.calling_station_id) or _storable(key.calling_station_id)
    return attempt._replace(
        key=key._replace(login=_storable(key.login), calling_station_id=station)
    )


def _storable(text: str) -> str:
    return text.replace("\0", "�")[:TEXT_CHARACTERS_MAX]
