"""Mikrotik-Rate-Limit (vendor 14988, attribute 8): the text of RouterOS's manual, "RADIUS".

    value    = pair [SP pair(burst) [SP pair(threshold) [SP times [SP priority [SP pair(min)]]]]]
    pair     = rate ["/" rate]           rx first: what the router receives, the subscriber's upload
    rate     = 1*DIGIT ["k" / "M" / "G"]     bit/s; k is 1,000
    times    = seconds ["/" seconds]
    priority = "1".."8" ["/" "1".."8"]

A second half that is left out is the first. With a burst, a threshold left out is the rate, and a
time is one second. A rate of 0 is none: no limit, no burst.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isp.limit import PRIORITY_LOWEST, Limit

__all__ = [
    "RateLimit",
    "RateLimitError",
    "parse_rate_bps",
    "parse_rate_limit",
    "rate_bps_text",
    "rate_limit_text",
]

RATE: Final = re.compile(r"([0-9]{1,15})([kKmMgG]?)")
UNITS_BPS: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
SECONDS: Final = re.compile(r"[0-9]{1,6}")
PRIORITY: Final = re.compile(r"[1-8]")
BURST_SECONDS: Final = 1
"""RouterOS's own where a burst comes without its time."""
DEFAULTS: Final = ("", "0/0", "0/0", "0/0", f"{PRIORITY_LOWEST}", "0/0")
"""What each part says when it says nothing; such need not stand at the end."""


class RateLimitError(ValueError):
    """A text that is not of the grammar, or limits that contradict each other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """Both directions, seen from the subscriber."""

    up: Limit
    down: Limit


def parse_rate_limit(text: str) -> RateLimit:
    """The limits that the text says. Raises RateLimitError."""
    parts = text.split(" ")
    if len(parts) > len(DEFAULTS):
        message = f"{text!r} has more than {len(DEFAULTS)} parts"
        raise RateLimitError(message)
    parts += DEFAULTS[len(parts) :]
    readers = (parse_rate_bps, parse_rate_bps, parse_rate_bps, _seconds, _priority, parse_rate_bps)
    pairs = [_pair(part, read) for part, read in zip(parts, readers, strict=True)]
    up, down = (_limit(*each) for each in zip(*pairs, strict=True))
    return RateLimit(up=up, down=down)


def rate_limit_text(limit: RateLimit) -> str:
    """The shortest text that RouterOS of any age understands so."""
    both = (limit.up, limit.down)
    parts = [
        _rates(limit.up.rate_bps, limit.down.rate_bps),
        _rates(limit.up.burst_bps, limit.down.burst_bps),
        _rates(limit.up.burst_threshold_bps, limit.down.burst_threshold_bps),
        "/".join(f"{each.burst_seconds or 0}" for each in both),
        "/".join(dict.fromkeys(f"{each.priority}" for each in both)),
        _rates(limit.up.guaranteed_bps, limit.down.guaranteed_bps),
    ]
    while parts[-1] == DEFAULTS[len(parts) - 1]:
        parts.pop()
    return " ".join(parts)


def parse_rate_bps(text: str) -> int:
    """Bits per second from `64`, `512k`, `7M`, `2G`. Raises RateLimitError."""
    match = RATE.fullmatch(text)
    if match is None:
        message = f"{text!r} is not a rate; write 64, 512k, 7M or 2G"
        raise RateLimitError(message)
    return int(match[1]) * UNITS_BPS[match[2].lower()]


def rate_bps_text(bps: int) -> str:
    """The rate in the largest of bit, k and M that says it exactly; `G` is too new for some."""
    for unit in ("M", "k"):
        if bps and bps % UNITS_BPS[unit.lower()] == 0:
            return f"{bps // UNITS_BPS[unit.lower()]}{unit}"
    return f"{bps}"


def _limit(
    rate: int, burst: int, threshold: int, seconds: int, priority: int, guaranteed: int
) -> Limit:
    if rate and guaranteed > rate:
        message = f"a minimum of {guaranteed} bit/s is above the rate of {rate} bit/s"
        raise RateLimitError(message)
    return Limit(
        rate_bps=rate or None,
        guaranteed_bps=guaranteed or None,
        burst_bps=burst or None,
        burst_threshold_bps=(threshold or rate or None) if burst else None,
        burst_seconds=(seconds or BURST_SECONDS) if burst else None,
        priority=priority,
    )


def _rates(up: int | None, down: int | None) -> str:
    return f"{rate_bps_text(up or 0)}/{rate_bps_text(down or 0)}"


def _pair(text: str, read: Callable[[str], int]) -> tuple[int, int]:
    first, slash, second = text.partition("/")
    return read(first), read(second if slash else first)


def _seconds(text: str) -> int:
    if not SECONDS.fullmatch(text):
        message = f"{text!r} is not a number of seconds"
        raise RateLimitError(message)
    return int(text)


def _priority(text: str) -> int:
    if not PRIORITY.fullmatch(text):
        message = f"{text!r} is not a priority; write 1 (served first) to 8"
        raise RateLimitError(message)
    return int(text)
