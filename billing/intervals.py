"""Half-open date intervals [start, end): the only way the engine speaks of days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

__all__ = ["FOREVER", "Interval", "subtract"]

FOREVER = date.max  # an interval without an end


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The days from `start` up to, not including, `end`."""

    start: date
    end: date

    def __bool__(self) -> bool:
        return self.start < self.end

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def intersect(self, other: "Interval") -> "Interval":
        """The days in both; an empty (false) interval when there are none."""
        return Interval(max(self.start, other.start), min(self.end, other.end))


def subtract(whole: Interval, taken: Iterable[Interval]) -> tuple[Interval, ...]:
    """The days of `whole` that are in none of `taken`, in order, as few intervals as possible."""
    rest: list[Interval] = []
    start = whole.start
    for interval in sorted(taken):
        if free := Interval(start, min(interval.start, whole.end)):
            rest.append(free)
        start = max(start, interval.end)
    if free := Interval(start, whole.end):
        rest.append(free)
    return tuple(rest)
