"""RouterOS rows as people read them: rates as they are sold, download first."""

from shaper.routeros_words import SIMPLE
from shaper.row import Row
from shaper.wording import limit_text

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
    if not (up.isdecimal() and down.isdecimal()):
        return pair
    return f"{limit_text(int(down))}/{limit_text(int(up))}"
