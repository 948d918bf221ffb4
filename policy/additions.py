"""A plan's own attributes: `Name=value` in the dictionary's spelling, said beside ours."""

from collections.abc import Collection, Iterator
from functools import lru_cache

from radius.attributes import write
from radius.dictionaries import shipped
from radius.numbers import VENDOR_SPECIFIC
from radius.packet import Attribute
from radius.text import TextError, parse_pairs
from radius.values import InvalidAttributeError

__all__ = ["AdditionError", "combined", "parse_addition", "substituted"]

PLANS_REMEMBERED = 1_024
"""Different sets of additions; a provider has some dozen plans."""

Key = tuple[int, ...]
"""What an attribute is: its number, inside Vendor-Specific the vendor's and its own."""


class AdditionError(ValueError):
    """An addition that the dictionary does not know, or that its type does not allow."""


def parse_addition(addition: str) -> tuple[Attribute, ...]:
    """What `Name=value` says; several may stand on the line, with commas. Raises AdditionError."""
    try:
        octets = write(parse_pairs(addition, shipped()), shipped())
    except (TextError, InvalidAttributeError) as error:
        raise AdditionError(str(error)) from None
    return tuple(_split(octets))


def combined(
    own: tuple[Attribute, ...],
    additions: tuple[str, ...],
    firm: tuple[Attribute, ...],
    vendors: frozenset[int] | None,
) -> tuple[Attribute, ...]:
    """Own attributes, the plan's and the firm ones.

    An addition takes the place of own attributes of its kind, never that of a firm one. Those of
    vendors other than `vendors` (None: any) are left out: a NAS must treat them as a Reject
    (RFC 5080 §2.5).
    """
    if not additions:  # the usual plan
        return (*own, *firm)
    added, replaced = _admitted(additions, frozenset(map(_key, firm)), vendors)
    return (*(each for each in own if _key(each) not in replaced), *added, *firm)


def substituted(own: tuple[Attribute, ...], additions: tuple[str, ...]) -> tuple[Attribute, ...]:
    """Own attributes, each in the plan's version where it has one of that kind."""
    added = {_key(each): each for each in _parsed(additions)}
    return tuple(added.get(_key(each), each) for each in own)


@lru_cache(maxsize=PLANS_REMEMBERED)
def _admitted(
    additions: tuple[str, ...], fixed: frozenset[Key], vendors: frozenset[int] | None
) -> tuple[tuple[Attribute, ...], frozenset[Key]]:
    """Those that may be said, and what they are."""
    added = tuple(
        each
        for each in _parsed(additions)
        if _key(each) not in fixed and _understood(each, vendors)
    )
    return added, frozenset(map(_key, added))


@lru_cache(maxsize=PLANS_REMEMBERED)
def _parsed(additions: tuple[str, ...]) -> tuple[Attribute, ...]:
    """One that cannot be read is left out: a login must not fail for what slipped into a plan."""
    return tuple(each for addition in additions for each in _readable(addition))


def _readable(addition: str) -> tuple[Attribute, ...]:
    try:
        return parse_addition(addition)
    except AdditionError:
        return ()


def _split(octets: bytes) -> Iterator[Attribute]:
    at = 0
    while at < len(octets):
        end = at + octets[at + 1]
        yield Attribute(octets[at], octets[at + 2 : end])
        at = end


def _key(attribute: Attribute) -> Key:
    if attribute.type != VENDOR_SPECIFIC or len(attribute.value) < 5:
        return (attribute.type,)
    vendor = int.from_bytes(attribute.value[:4], "big")
    return (VENDOR_SPECIFIC, vendor, attribute.value[4])


def _understood(attribute: Attribute, vendors: Collection[int] | None) -> bool:
    key = _key(attribute)
    return vendors is None or len(key) == 1 or key[1] in vendors
