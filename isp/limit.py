"""How fast traffic may flow in one direction: the noun that queues and rate attributes share."""

from dataclasses import dataclass

__all__ = ["PRIORITY_LOWEST", "Limit"]

PRIORITY_LOWEST = 8
"""RouterOS and HTB count priorities from 1, served first, to 8, the default."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """One direction's limit in bits per second; a rate that is None is unlimited or not given.

    `guaranteed_bps` is kept for it when its parent is full. Up to `burst_bps` is allowed while the
    average over `burst_seconds` is below `burst_threshold_bps`.
    """

    rate_bps: int | None = None
    guaranteed_bps: int | None = None
    burst_bps: int | None = None
    burst_threshold_bps: int | None = None
    burst_seconds: int | None = None
    priority: int = PRIORITY_LOWEST
