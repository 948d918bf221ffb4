"""One spelling for what RouterOS writes in several: rates, times, targets, yes and no.

A rate comes back as plain bits whatever it was set in, an address with its /32, a time as `1m30s`,
and a word at its default may be left out (RouterOS manual, "Queues").
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from policy.rate_limit import RateLimitError, parse_rate_bps
from shaper.prefixes import network
from shaper.tag import COMMENT

__all__ = [
    "ADDRESS_LIST",
    "ADDRESS_LISTS",
    "ADDRESS_LIST_6",
    "MANGLE",
    "MENUS",
    "SIMPLE",
    "TREE",
    "TYPE",
    "canonical",
]

SIMPLE: Final = "/queue/simple"
TREE: Final = "/queue/tree"
TYPE: Final = "/queue/type"
MANGLE: Final = "/ip/firewall/mangle"
ADDRESS_LIST: Final = "/ip/firewall/address-list"
ADDRESS_LIST_6: Final = "/ipv6/firewall/address-list"
ADDRESS_LISTS: Final = (ADDRESS_LIST, ADDRESS_LIST_6)

SPELLINGS_REMEMBERED: Final = 65_536
CLOCK: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
CLOCK_SECONDS: Final = (604_800, 86_400, 3_600, 60, 1)

Spelling = Callable[[str], str]
Menu = Mapping[str, tuple[str, Spelling]]


def _as_is(text: str) -> str:
    return text


@lru_cache(maxsize=SPELLINGS_REMEMBERED)
def _pair_of_rates(text: str) -> str:
    return _pair(text, lambda half: str(parse_rate_bps(half)))


@lru_cache(maxsize=SPELLINGS_REMEMBERED)
def _rate(text: str) -> str:
    try:
        return str(parse_rate_bps(text))
    except RateLimitError:
        return text


@lru_cache(maxsize=SPELLINGS_REMEMBERED)
def _pair_of_times(text: str) -> str:
    return _pair(text, _seconds)


def _pair_as_is(text: str) -> str:
    return _pair(text, _as_is)


def _pair(text: str, spell: Spelling) -> str:
    """Both halves; one alone stands for two. What cannot be read stays, and so differs."""
    first, slash, second = text.partition("/")
    try:
        return f"{spell(first)}/{spell(second if slash else first)}"
    except (RateLimitError, ValueError):
        return text


def _seconds(text: str) -> str:
    if text.isdecimal():
        return f"{int(text)}s"
    if ":" in text:
        seconds = 0
        for part in text.split(":"):
            seconds = seconds * 60 + int(part)
        return f"{seconds}s"
    match = CLOCK.fullmatch(text)
    if match is None or not text:
        raise ValueError(text)
    groups = zip(match.groups(), CLOCK_SECONDS, strict=True)
    return f"{sum(int(count) * unit for count, unit in groups if count)}s"


@lru_cache(maxsize=SPELLINGS_REMEMBERED)
def _targets(text: str) -> str:
    """Networks in order of their numbers, then whatever else (interfaces) by name."""
    networks, others = [], []
    for each in filter(None, text.split(",")):
        try:
            networks.append(network(each))
        except ValueError:
            others.append(each)
    networks.sort(key=lambda each: (each.version, each.network_address, each.prefixlen))
    return ",".join([*(str(each) for each in networks), *sorted(others)])


def _truth(text: str) -> str:
    return {"yes": "true", "no": "false"}.get(text, text)


_MATCH: Final[Menu] = {
    "chain": ("", _as_is),
    "action": ("accept", _as_is),
    "src-address-list": ("", _as_is),
    "dst-address-list": ("", _as_is),
    "new-packet-mark": ("", _as_is),
    "passthrough": ("true", _truth),
    "disabled": ("false", _truth),
    COMMENT: ("", _as_is),
}
_LISTED: Final[Menu] = {
    "list": ("", _as_is),
    "address": ("", _targets),
    "disabled": ("false", _truth),
    COMMENT: ("", _as_is),
}

MENUS: Final[Mapping[str, Menu]] = {
    TYPE: {
        "name": ("", _as_is),
        "kind": ("", _as_is),
        "pcq-rate": ("0", _rate),
        "pcq-classifier": ("", _as_is),
    },
    MANGLE: _MATCH,
    TREE: {
        "name": ("", _as_is),
        "parent": ("", _as_is),
        "packet-mark": ("", _as_is),
        "queue": ("", _as_is),
        "max-limit": ("0", _rate),
        "limit-at": ("0", _rate),
        "disabled": ("false", _truth),
        COMMENT: ("", _as_is),
    },
    SIMPLE: {
        "name": ("", _as_is),
        "target": ("", _targets),
        "dst": ("", _targets),
        "parent": ("none", _as_is),
        "priority": ("8/8", _pair_as_is),
        "limit-at": ("0/0", _pair_of_rates),
        "max-limit": ("0/0", _pair_of_rates),
        "burst-limit": ("0/0", _pair_of_rates),
        "burst-threshold": ("0/0", _pair_of_rates),
        "burst-time": ("0s/0s", _pair_of_times),
        "disabled": ("false", _truth),
        COMMENT: ("", _as_is),
    },
    ADDRESS_LIST: _LISTED,
    ADDRESS_LIST_6: _LISTED,
}
"""The menus in the order in which their rows build on each other; of each, the words that are ours
to set, with RouterOS's default and the one spelling. Other words (queue kinds, say) are the
operator's.
"""


def canonical(path: str, words: Mapping[str, str]) -> dict[str, str]:
    """The words that are ours to set, all of them, each in its one spelling."""
    return {name: spell(words.get(name, default)) for name, (default, spell) in MENUS[path].items()}


def not_default(path: str, words: Mapping[str, str]) -> dict[str, str]:
    """The words that a new row would not have by itself."""
    return {name: word for name, word in words.items() if word != MENUS[path][name][0]}
