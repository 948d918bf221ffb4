"""What differs between makes: names of sessions, what a CoA may change, how silence is taken."""

from collections.abc import Callable
from dataclasses import dataclass

from radius import numbers

__all__ = ["GENERIC", "MIKROTIK", "Personality"]

MIKROTIK_RATE_LIMIT = (numbers.VENDOR_MIKROTIK, 8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Personality:
    """One make of NAS.

    `changeable` and `changeable_of_vendors` are what a CoA-Request may carry besides
    identification; anything else is answered with NAK 401 (RFC 5176 §2.3). `retry_seconds` and
    `tries` are for each request; a session whose accounting is not acknowledged is dropped where
    `drops_unacknowledged`.
    """

    name: str
    session_name: Callable[[int], str]
    changeable: frozenset[int]
    changeable_of_vendors: frozenset[tuple[int, int]]
    announces_restart: bool
    retry_seconds: float = 3.0
    tries: int = 3
    drops_unacknowledged: bool = True


GENERIC = Personality(
    name="generic",
    session_name=lambda count: f"{count:016x}",
    changeable=frozenset(),
    changeable_of_vendors=frozenset(),
    announces_restart=True,
)
"""Obeys Disconnect and nothing else; otherwise behaves as accel-ppp does."""

MIKROTIK = Personality(
    name="mikrotik",
    session_name=lambda count: f"{0x81A00000 + count:08x}",
    changeable=frozenset(
        {
            numbers.FILTER_ID,
            numbers.SESSION_TIMEOUT,
            numbers.IDLE_TIMEOUT,
            numbers.CLASS,
            numbers.ACCT_INTERIM_INTERVAL,
        }
    ),
    changeable_of_vendors=frozenset({MIKROTIK_RATE_LIMIT}),
    announces_restart=False,
)
"""RouterOS: changes the rate limit by CoA, never addresses, pools or address lists."""
