"""Which ONUs fell just now, and when: what outages are made of.

Pure. A poll sees every change at once, up to an interval late; where the OLT says when each ONU
went down, its clock orders them (its differences are right even if it is set wrong).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from collectors.consequences import PollChange
from collectors.outages import DOWN, Fall
from isp.access_network import OnuState

__all__ = ["remembered", "seen_to_fall"]

SPREAD_MAX: Final = timedelta(minutes=15)
"""An OLT's time further back than three polls is of an earlier fall: many write it only when the
ONU is back."""

REMEMBERED: Final = timedelta(minutes=15)
"""Older falls cannot be part of anything new."""


def seen_to_fall(change: PollChange) -> tuple[Fall, ...]:
    """The ONUs that were online before this reading and are down, or gone from it, now."""
    told = {onu.serial: onu.last_down_at for onu in change.poll.onus}
    fallen = [
        each
        for each in change.state_changes
        if each.before is OnuState.ONLINE and each.after in DOWN
    ]
    times = [time for each in fallen if (time := told.get(each.serial)) is not None]
    newest = max(times, default=None)
    falls = [
        Fall(
            onu_id=each.onu_id,
            port=each.port,
            at=change.now - _behind(told.get(each.serial), newest),
            cause=each.after if each.after is not OnuState.OFFLINE else each.cause or each.after,
        )
        for each in fallen
    ]
    falls += (
        Fall(onu_id=onu.onu_id, port=onu.port, at=change.now, cause=OnuState.OFFLINE)
        for onu in change.vanished
        if onu.state is OnuState.ONLINE
    )
    return tuple(falls)


def remembered(
    earlier: Mapping[int, Fall], seen: Iterable[Fall], back: Iterable[int], now: datetime
) -> dict[int, Fall]:
    """The recent falls of a device by ONU, after one more poll; `back` are online again."""
    falls = {onu_id: fall for onu_id, fall in earlier.items() if now - fall.at <= REMEMBERED}
    falls |= {fall.onu_id: fall for fall in seen}
    for onu_id in back:
        falls.pop(onu_id, None)
    return falls


def _behind(told: datetime | None, newest: datetime | None) -> timedelta:
    """How long before the last of them this one fell."""
    if told is None or newest is None or newest - told > SPREAD_MAX:
        return timedelta(0)
    return newest - told
