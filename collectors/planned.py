"""Planned work: where and when nothing is an alarm, nothing is told, nothing lost.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from isp.outage import MaintenanceScope

__all__ = ["Place", "Window", "is_planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A maintenance window that was not cancelled; of the keys, that of its scope is set."""

    scope: MaintenanceScope
    area: str | None = None
    device_id: int | None = None
    pon_port_id: int | None = None
    nas_id: int | None = None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something happened; what does not apply is None."""

    area: str | None = None
    device_id: int | None = None
    pon_port_id: int | None = None
    nas_id: int | None = None


def is_planned(windows: Iterable[Window], place: Place, at: datetime) -> bool:
    """Whether planned work covers the place at that time."""
    return any(
        window.starts_at <= at < window.ends_at and _covers(window, place) for window in windows
    )


def _covers(window: Window, place: Place) -> bool:
    if window.scope is MaintenanceScope.PROVIDER:
        return True
    key = {
        MaintenanceScope.AREA: (window.area, place.area),
        MaintenanceScope.DEVICE: (window.device_id, place.device_id),
        MaintenanceScope.PORT: (window.pon_port_id, place.pon_port_id),
        MaintenanceScope.NAS: (window.nas_id, place.nas_id),
    }
    named, here = key[window.scope]
    return named is not None and named == here
