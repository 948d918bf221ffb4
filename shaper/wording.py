"""Rates as people sell them: `100M`, `2.5G`."""

from operations.quantities import rate_text
from policy.rate_limit import rate_bps_text

__all__ = ["limit_text"]


def limit_text(bps: int | None) -> str:
    """The rate; none and 0 are `unlimited`."""
    if not bps:
        return rate_text(None)
    return rate_bps_text(bps) if bps % 1000 else rate_text(bps // 1000)
