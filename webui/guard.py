"""Guessing is slowed: who was wrong too often from one place waits. In memory; pure but for that.

Places are IPv4 addresses and IPv6 /64s. Tries are noted before the password is looked at, so that
many at once are no way around.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

__all__ = ["WINDOW", "Guard"]

TRIES_OF_A_NAME_MAX: Final = 10
"""From one place; a person who tried all his passwords twice has asked a colleague by then."""

TRIES_OF_A_PLACE_MAX: Final = 50
"""Whatever the names; an office behind one address stays below it."""

WINDOW: Final = timedelta(minutes=10)
WATCHED_MAX: Final = 10_000
"""Names and places remembered; beyond them the longest untouched are forgotten."""

ANY_NAME: Final = ""


class Guard:
    """Counts tries of the last ten minutes by name and place."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], list[datetime]] = OrderedDict()

    def admits(self, name: str, address: str, now: datetime) -> bool:
        """Note a try; False when it is one too many."""
        place = _place(address)
        of_name = self._noted((name, place), TRIES_OF_A_NAME_MAX, now)
        of_place = self._noted((ANY_NAME, place), TRIES_OF_A_PLACE_MAX, now)
        return of_name and of_place

    def forget(self, name: str, address: str) -> None:
        """It was the right password: the tries before it were the same person's."""
        self._tries.pop((name, _place(address)), None)

    def _noted(self, key: tuple[str, str], tries_max: int, now: datetime) -> bool:
        recent = [at for at in self._tries.pop(key, []) if now - at < WINDOW]
        admitted = len(recent) < tries_max
        self._tries[key] = [*recent, now] if admitted else recent
        while len(self._tries) > WATCHED_MAX:
            self._tries.popitem(last=False)
        return admitted


def _place(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return parsed.exploded[:19]
    return str(parsed)
