"""When a request is sent again (RFC 5080 §2.2.1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Schedule", "waits"]

JITTER_SHARE = 0.1
"""RAND of RFC 5080 §2.2.1: -0.1 to +0.1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """IRT, MRT, MRC and MRD in the words of RFC 5080 §2.2.1, with its own values."""

    initial_seconds: float = 2.0
    wait_seconds_maximum: float = 16.0
    sendings_maximum: int = 5
    duration_seconds_maximum: float = 30.0


def waits(schedule: Schedule, random: Callable[[], float]) -> Iterator[float]:
    """How many seconds to wait for an answer after each sending.

    `random` gives numbers from 0 to 1. As many waits as sendings; their sum is at most the longest
    duration.
    """
    left = schedule.duration_seconds_maximum
    wait = 0.0
    for _ in range(schedule.sendings_maximum):
        jitter = (2 * random() - 1) * JITTER_SHARE
        wait = wait * (2 + jitter) if wait else schedule.initial_seconds * (1 + jitter)
        if wait > schedule.wait_seconds_maximum:
            wait = schedule.wait_seconds_maximum * (1 + jitter)
        if left <= 0:
            return
        yield min(wait, left)
        left -= wait
