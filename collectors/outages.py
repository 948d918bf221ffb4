"""Outages: many lines that fell together are one thing that happened.

Pure. Single ONUs come and go all day: shops switch theirs off. At least `LINES_MIN` of a PON port
and `SHARE_MIN` of those that were online within `WINDOW` are an outage; ports of one OLT that fell
together are one outage. What is unknown or stale is never down.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from isp.access_network import DownCause, OnuState
from isp.outage import OutageCause, OutageScope, OutageState

__all__ = [
    "DOWN",
    "LINES_MIN",
    "TRANSITIONS",
    "WINDOW",
    "Cut",
    "Fall",
    "Lines",
    "Sign",
    "Standing",
    "advance",
    "cause_of",
    "cuts",
    "estimated_duration",
    "is_same_event",
    "sign_of",
]

LINES_MIN: Final = 4
SHARE_MIN: Final = 0.5
WINDOW: Final = timedelta(minutes=2)
"""An outage of a PON port: so many, this share of the online ones, in this time."""

SAME_EVENT: Final = timedelta(minutes=10)
"""Devices are read at different times; two intervals of 300 s apart it may still be one event."""

SHARE_GASPS: Final = 0.25
"""A cut fibre carries no last word: gasps from a quarter of the lines mean that power went. Not
from all, since many an ONU's capacitor is too small for it."""

SHARE_BACK: Final = 0.9
"""Somebody switched his ONU off meanwhile, or it broke: that outage is over nevertheless."""

SHARE_BACK_LATE: Final = 0.5
STRAGGLERS: Final = timedelta(minutes=15)
"""Half of the lines are back and for so long no other came: the rest have troubles of their own."""

HISTORY_MIN: Final = 3
"""Fewer outages than this tell nothing about how long the next one takes."""

DOWN: Final = frozenset({OnuState.OFFLINE, OnuState.LOS, OnuState.DYING_GASP})
"""What nobody ordered; a disabled ONU is an operator's will, an unknown one is not known."""

GASPS: Final = frozenset({OnuState.DYING_GASP, DownCause.DYING_GASP})
DARK: Final = frozenset({OnuState.LOS, DownCause.LOS, DownCause.WIRE_DOWN})


class Sign(StrEnum):
    """What a look at the lines of a standing outage says."""

    DOWN = "down"
    BACK = "back"


TRANSITIONS: Final = {
    (OutageState.SUSPECTED, Sign.DOWN): OutageState.OPEN,
    (OutageState.SUSPECTED, Sign.BACK): OutageState.DISMISSED,
    (OutageState.OPEN, Sign.DOWN): OutageState.OPEN,
    (OutageState.OPEN, Sign.BACK): OutageState.RESTORING,
    (OutageState.RESTORING, Sign.DOWN): OutageState.OPEN,
    (OutageState.RESTORING, Sign.BACK): OutageState.RESTORED,
}
"""A second look must agree with the first; restored and dismissed outages are never looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """An ONU that was online and is down; `at` as well as it is known."""

    onu_id: int
    port: str
    at: datetime
    cause: DownCause | OnuState


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What fell together on one OLT."""

    scope: OutageScope
    cause: OutageCause
    ports: tuple[str, ...]
    started_at: datetime
    falls: tuple[Fall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An outage that is not over, as far as it matters for what happens next."""

    outage_id: int
    scope: OutageScope
    cause: OutageCause
    device_id: int | None
    area: str | None
    ports: tuple[str, ...]
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines of a standing outage now; those that are neither are unknown."""

    down: int
    back: int
    unknown: int = 0
    last_back_at: datetime | None = None


def cuts(falls: Iterable[Fall], online: Mapping[str, int]) -> tuple[Cut, ...]:
    """The outages of one OLT among the ONUs that are down; `online` is how many are, by port."""
    by_port: dict[str, list[Fall]] = {}
    for fall in sorted(falls, key=lambda fall: fall.at):
        by_port.setdefault(fall.port, []).append(fall)
    hit = [
        together
        for port, fallen in by_port.items()
        if (together := _cut(fallen, online.get(port, 0)))
    ]
    used = sum(
        1 for port in by_port.keys() | online.keys() if by_port.get(port) or online.get(port)
    )
    return tuple(_as_cut(group, used) for group in _groups(hit))


def cause_of(causes: Iterable[DownCause | OnuState]) -> OutageCause:
    """The guess from what the OLT says of the lines."""
    said = Counter(
        OutageCause.POWER if cause in GASPS else OutageCause.FIBRE_CUT
        for cause in causes
        if cause in GASPS or cause in DARK
    )
    if not said:
        return OutageCause.UNKNOWN
    gasps = said[OutageCause.POWER] / said.total()
    return OutageCause.POWER if gasps >= SHARE_GASPS else OutageCause.FIBRE_CUT


def is_same_event(standing: Standing, device_id: int, area: str | None, cut: Cut) -> bool:
    """Whether a cut belongs to an outage that stands already.

    On the same ports it does; on other ports of the same OLT if it began about then; on another
    device if power went in the same area about then.
    """
    if standing.scope is OutageScope.NAS:
        return False
    together = abs(cut.started_at - standing.started_at) <= SAME_EVENT
    if standing.device_id == device_id:
        return together or bool(set(standing.ports) & set(cut.ports))
    power = standing.cause is cut.cause is OutageCause.POWER
    return together and power and area is not None and area == standing.area


def sign_of(lines: Lines, now: datetime) -> Sign | None:
    """What the lines of an outage say; nothing while most of them are unknown."""
    known = lines.down + lines.back
    if known == 0 or known < lines.unknown:
        return None
    back = lines.back / (known + lines.unknown)
    if back >= SHARE_BACK:
        return Sign.BACK
    waited = lines.last_back_at is not None and now - lines.last_back_at >= STRAGGLERS
    return Sign.BACK if back >= SHARE_BACK_LATE and waited else Sign.DOWN


def advance(state: OutageState, sign: Sign) -> OutageState:
    """The outage's next state."""
    return TRANSITIONS[state, sign]


def estimated_duration(earlier: Sequence[timedelta]) -> timedelta | None:
    """How long it may take, from how long others of its kind took."""
    if len(earlier) < HISTORY_MIN:
        return None
    return timedelta(seconds=median(duration.total_seconds() for duration in earlier))


def _cut(fallen: Sequence[Fall], online: int) -> tuple[Fall, ...]:
    """The most that fell within the window on one port, if they are enough; else none."""
    best: tuple[Fall, ...] = ()
    for first, fall in enumerate(fallen):
        together = tuple(other for other in fallen[first:] if other.at - fall.at <= WINDOW)
        before = online + len(fallen) - first
        enough = len(together) >= LINES_MIN and len(together) >= SHARE_MIN * before
        if enough and len(together) > len(best):
            best = together
    return best


def _groups(hit: Iterable[tuple[Fall, ...]]) -> list[list[tuple[Fall, ...]]]:
    """Ports that fell at the same time."""
    groups: list[list[tuple[Fall, ...]]] = []
    for port in sorted(hit, key=lambda falls: falls[0].at):
        if groups and port[0].at - groups[-1][-1][0].at <= WINDOW:
            groups[-1].append(port)
        else:
            groups.append([port])
    return groups


def _as_cut(ports: Sequence[tuple[Fall, ...]], ports_in_use: int) -> Cut:
    falls = tuple(fall for port in ports for fall in port)
    whole = len(ports) > 1 and len(ports) >= SHARE_MIN * ports_in_use
    return Cut(
        scope=OutageScope.OLT if whole else OutageScope.PON,
        cause=cause_of(fall.cause for fall in falls),
        ports=tuple(sorted(port[0].port for port in ports)),
        started_at=min(fall.at for fall in falls),
        falls=falls,
    )
