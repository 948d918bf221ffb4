"""RouterOS rows as people read them: rates as they are sold, download first."""

from policy.rate_limit import RateLimitError, parse_rate_bps, rate_bps_text
from shaper.routeros_words import SIMPLE
from shaper.row import Row

__all__ = ["row_text"]


def row_text(row: Row) -> str:
    """`100M/20M 10.0.0.7/32`, `10.0.0.7/32 on turnpike-walled`, or the row's name."""
    words = row.words
    if row.path == SIMPLE:
        return f"{_rates(words['max-limit'])} {words['target']}"
    if "list" in words:
        return f"{words['address']} on {words['list']}"
    return words.get("name") or words["new-packet-mark"]


def _rates(pair: str) -> str:
    up, _, down = pair.partition("/")
    try:
        return "/".join(
            rate_bps_text(parse_rate_bps(each)) if each != "0" else "unlimited"
            for each in (down, up)
        )
    except RateLimitError:
        return pair
