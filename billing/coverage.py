"""Which days the standing charges of a service cover, at which tariff, for how much."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.account import Account
from billing.documents import Basis, Line, LineKind
from billing.intervals import Interval, subtract
from billing.money import ZERO
from billing.proration import DayCount, day_count
from billing.timeline import Segment

__all__ = ["Charged", "Coverage", "coverage_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Charged:
    """A standing recurring line after what was taken back from it.

    `net` is the line less its repairs: what it contributes to its tariff. `left` is less every
    other credit too: the most that can still be given back.
    """

    line: Line
    basis: Basis
    covers: tuple[Interval, ...]
    net: Decimal
    left: Decimal

    def days(self, convention: DayCount) -> int:
        return sum(day_count(covers, convention) for covers in self.covers)

    def repaired(self, repair: Line) -> "Charged":
        """The line after one more repair."""
        taken = [repair.period] if repair.period else []
        return replace(
            self,
            covers=tuple(part for covers in self.covers for part in subtract(covers, taken)),
            net=self.net + repair.net,
            left=self.left + repair.net,
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """The charged lines of one service."""

    charged: tuple[Charged, ...]

    def unwanted(self, segments: Iterable[Segment]) -> Iterator[tuple[Charged, Interval]]:
        """Days that are charged and, by the segments, should not be. Unsettled days wait."""
        segments = tuple(segments)
        for each in self.charged:
            wanted = [s.days for s in segments if s.unsettled or _same_tariff(each.basis, s)]
            for covers in each.covers:
                for days in subtract(covers, wanted):
                    yield each, days

    def uncovered(self, segment: Segment) -> tuple[Interval, ...]:
        """The segment's days that need a charge; while it is unsettled any tariff's will do."""
        covers = (
            days
            for each in self.charged
            if segment.unsettled or _same_tariff(each.basis, segment)
            for days in each.covers
        )
        return subtract(segment.days, covers)

    def in_cycle(self, basis: Basis, convention: DayCount) -> tuple[int, Decimal]:
        """How many days of the cycle are charged at this tariff, and their net."""
        same = self.of_tariff(basis)
        net = sum((each.net for each in same), ZERO)
        return sum(each.days(convention) for each in same), net

    def of_tariff(self, basis: Basis) -> tuple[Charged, ...]:
        """The lines of the basis' own tariff and cycle."""
        return tuple(each for each in self.charged if _tariff(each.basis) == _tariff(basis))

    def with_charge(self, line: Line) -> "Coverage":
        """The coverage after one more recurring line."""
        return Coverage((*self.charged, *_charged(line, ())))

    def with_repair(self, repair: Line) -> "Coverage":
        """The coverage after one more repair."""
        return Coverage(
            tuple(
                each.repaired(repair) if each.line.charge_key == repair.corrects else each
                for each in self.charged
            )
        )


def coverage_of(account: Account, service: str) -> Coverage:
    """What the documents that are not void have charged a service."""
    lines = [line for line in account.standing_lines() if line.service == service]
    corrections: dict[str, list[Line]] = {}
    for line in lines:
        if line.corrects:
            corrections.setdefault(line.corrects, []).append(line)
    return Coverage(
        tuple(
            charged
            for line in lines
            if line.kind is LineKind.RECURRING
            for charged in _charged(line, corrections.get(line.charge_key, ()))
        )
    )


def _charged(line: Line, corrections: Iterable[Line]) -> Iterator[Charged]:
    if line.basis is None or line.period is None:
        return
    charged = Charged(
        line=line, basis=line.basis, covers=(line.period,), net=line.net, left=line.net
    )
    for each in corrections:
        if each.kind is LineKind.REPAIR:
            charged = charged.repaired(each)
        else:
            charged = replace(charged, left=charged.left + each.net)
    yield charged


def _same_tariff(basis: Basis, segment: Segment) -> bool:
    tariff = (segment.plan.key, segment.plan.price, segment.percent)
    return (basis.plan, basis.price, basis.percent) == tariff


def _tariff(basis: Basis) -> tuple[object, ...]:
    return (basis.plan, basis.price, basis.percent, basis.cycle)
