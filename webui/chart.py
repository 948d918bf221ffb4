"""The picture of a month's usage: two bars a day, in the coordinates of an SVG. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from operations.usage import DAYS_SHOWN
from webui.store.subscriber import Volumes

__all__ = ["Bar", "Chart", "usage_chart"]

DAY_WIDTH: Final = 24
BAR_WIDTH: Final = 9
HEIGHT: Final = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One day: what it stands for, where it stands, how high its two bars are."""

    day: date
    volumes: Volumes
    x: int
    down_height: int
    up_height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """The days, oldest first, days without usage too; `most` is what the full height stands for."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    bar_width: int
    most: int
    total: Volumes


def usage_chart(usage: Mapping[date, Volumes], today: date) -> Chart:
    """The month up to and with `today`."""
    nothing = Volumes(octets_down=0, octets_up=0)
    days = [today - timedelta(days=back) for back in range(DAYS_SHOWN, -1, -1)]
    volumes = [usage.get(day, nothing) for day in days]
    most = max(max(each.octets_down, each.octets_up) for each in volumes)
    return Chart(
        bars=tuple(
            Bar(
                day=day,
                volumes=each,
                x=index * DAY_WIDTH,
                down_height=_height(each.octets_down, most),
                up_height=_height(each.octets_up, most),
            )
            for index, (day, each) in enumerate(zip(days, volumes, strict=True))
        ),
        width=len(days) * DAY_WIDTH,
        height=HEIGHT,
        bar_width=BAR_WIDTH,
        most=most,
        total=Volumes(
            octets_down=sum(each.octets_down for each in volumes),
            octets_up=sum(each.octets_up for each in volumes),
        ),
    )


def _height(octets: int, most: int) -> int:
    """At least 1 where there was any: little is not nothing."""
    return max(1, round(octets * HEIGHT / most)) if octets else 0
