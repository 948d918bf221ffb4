"""Requests that come again (RFC 5080 §2.2.2): one decision, one answer."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum

__all__ = ["Admission", "DuplicateBounds", "DuplicateCache"]


class Admission(Enum):
    """What to do with a request that has no answer yet."""

    NEW = "new"
    """Decide it, then call `answer` or `forget`."""
    NEW_AUTHENTICATOR = "new_authenticator"
    """Decide it too: the NAS has moved on and reuses the identifier; the old answer is gone."""
    IN_PROGRESS = "in_progress"
    """Drop it: the first copy is being decided."""
    OVERLOADED = "overloaded"
    """Drop it: too many are being decided."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DuplicateBounds:
    """How much is remembered and how long. RFC 5080 §2.2.2 wants 5 to 30 seconds."""

    answered_seconds: float = 10.0  # accel-ppp gives up after three tries of 3 seconds
    in_progress_seconds: float = 10.0  # a handler that never answers must not block its retries
    answered_maximum: int = 131_072  # some 13,000 requests a second for 10 seconds; 30 MB
    in_progress_maximum: int = 16_384  # as FreeRADIUS's max_requests


# Plain tuples of plain values: the garbage collector does not walk the 100,000 of them.
_InProgress = tuple[bytes, float]  # authenticator, expires at
_Answered = tuple[bytes, float, bytes]  # authenticator, expires at, reply


class DuplicateCache:
    """The requests of one socket. A key is source address and port, identifier and code.

    `now` is in seconds on any clock that does not go back. Only requests whose authenticators are
    right may get here: a forged packet must not touch the cache.
    """

    def __init__(self, bounds: DuplicateBounds | None = None) -> None:
        self.bounds = bounds or DuplicateBounds()
        # Both are in order of expiry, because each has one lifetime. An ordinary dict would walk
        # over the places of removed entries to find its first one.
        self._in_progress: OrderedDict[Hashable, _InProgress] = OrderedDict()
        self._answered: OrderedDict[Hashable, _Answered] = OrderedDict()
        self._nothing_expires_before = 0.0

    def __len__(self) -> int:
        return len(self._in_progress) + len(self._answered)

    def admit(self, key: Hashable, authenticator: bytes, now: float) -> Admission | bytes:
        """What to do with a request; octets are the reply to send again."""
        if now >= self._nothing_expires_before:
            self._expire(now)
        replaced = False
        answered = self._answered.get(key)
        if answered is not None:
            if answered[0] == authenticator:
                return answered[2]
            del self._answered[key]
            replaced = True
        in_progress = self._in_progress.get(key)
        if in_progress is not None:
            if in_progress[0] == authenticator:
                return Admission.IN_PROGRESS
            del self._in_progress[key]
            replaced = True
        if len(self._in_progress) >= self.bounds.in_progress_maximum:
            return Admission.OVERLOADED
        expires_at = now + self.bounds.in_progress_seconds
        self._in_progress[key] = (authenticator, expires_at)
        return Admission.NEW_AUTHENTICATOR if replaced else Admission.NEW

    def answer(self, key: Hashable, authenticator: bytes, reply: bytes, now: float) -> bool:
        """Remembers the reply. False where nobody waits for it any more: do not send it."""
        in_progress = self._in_progress.get(key)
        if in_progress is None or in_progress[0] != authenticator:
            return False
        del self._in_progress[key]
        if len(self._answered) >= self.bounds.answered_maximum:
            self._answered.popitem(last=False)
        expires_at = now + self.bounds.answered_seconds
        self._answered[key] = (authenticator, expires_at, reply)
        return True

    def forget(self, key: Hashable, authenticator: bytes) -> None:
        """There is no answer (silence, a handler that failed): a retry is decided anew."""
        in_progress = self._in_progress.get(key)
        if in_progress is not None and in_progress[0] == authenticator:
            del self._in_progress[key]

    def remember(self, key: Hashable, authenticator: bytes, reply: bytes, now: float) -> bool:
        """`admit` and `answer` in one, of a request that is answered at once.

        False, and nothing is changed, where it is no new one: `admit` says what it is.
        """
        if now >= self._nothing_expires_before:
            self._expire(now)
        if key in self._in_progress:
            return False
        answered = self._answered.get(key)
        if answered is not None:
            if answered[0] == authenticator:
                return False
            del self._answered[key]
        if len(self._answered) >= self.bounds.answered_maximum:
            self._answered.popitem(last=False)
        self._answered[key] = (authenticator, now + self.bounds.answered_seconds, reply)
        return True

    def _expire(self, now: float) -> None:
        """Forget what has expired; then nothing does before the oldest that is left."""
        lifetimes = (self.bounds.in_progress_seconds, self.bounds.answered_seconds)
        soonest = now + min(lifetimes)
        for kept in (self._in_progress, self._answered):
            while kept:
                key = next(iter(kept))
                expires_at = kept[key][1]
                if expires_at > now:
                    soonest = min(soonest, expires_at)
                    break
                del kept[key]
        self._nothing_expires_before = soonest
