"""The `Name=value` additions of a plan, as octets."""

from functools import lru_cache

from radius.attributes import write
from radius.dictionaries import shipped
from radius.text import TextError, parse_pairs
from radius.values import InvalidAttributeError

__all__ = ["plan_attributes"]

PLANS_REMEMBERED = 1_024
"""Different sets of additions; a provider has some dozen plans."""


@lru_cache(maxsize=PLANS_REMEMBERED)
def plan_attributes(additions: tuple[str, ...]) -> bytes:
    """The octets of a plan's additions, in their order.

    One that the dictionary does not know is left out: plans are checked when they are made, and
    a login must not fail for one that slipped through.
    """
    return b"".join(_octets(addition) for addition in additions)


def _octets(addition: str) -> bytes:
    try:
        return write(parse_pairs(addition, shipped()), shipped())
    except (TextError, InvalidAttributeError):
        return b""
