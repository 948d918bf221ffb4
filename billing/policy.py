"""The billing policy of a tenant: every choice the engine leaves open, with neutral defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from billing.calendar import Alignment
from billing.money import ZERO
from billing.proration import DayCount

__all__ = [
    "OFFERED",
    "WHOLE",
    "BlockingSchedule",
    "DunningStep",
    "Earlier",
    "Policy",
    "Timing",
]

WHOLE = Decimal(100)


class Timing(StrEnum):
    """When a cycle is charged: at its start, at its end, or day by day out of credit."""

    ADVANCE = "advance"
    ARREARS = "arrears"
    PREPAID = "prepaid"


@dataclass(frozen=True, kw_only=True, slots=True)
class DunningStep:
    """A named state that a debt reaches `after_days` days past due."""

    state: str
    after_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockingSchedule:
    """When nobody is watching: the hours and the safeguards of unattended blocking.

    `weekdays` as `date.weekday()` counts (Monday is 0); `opens` and `closes` are local times.
    A batch larger than max(`batch_minimum`, `batch_percent` of all) or than
    `batch_usual_factor` times the usual one awaits approval.
    """

    weekdays: frozenset[int] = frozenset({0, 1, 2, 3})
    opens: time = time(10)
    closes: time = time(15)
    on_holidays: bool = False
    warning_days: int = 3
    batch_minimum: int = 20
    batch_percent: Decimal = Decimal(2)
    batch_usual_factor: Decimal = Decimal(3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """What another policy said of the days before `until`."""

    until: date
    charge_last_day: bool
    suspended_percent: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How a tenant bills; `billing/settings.py` reads it from the keys that people write.

    `anchor_day` 31 is the last day of each month. `suspended_percent` is the share of the price
    that suspended days cost (100 charge, 0 credit, between: reduced). Nobody is blocked
    unattended until `unattended_blocking` is chosen. `earlier`, the oldest first, keeps what was
    charged before a change from being charged otherwise after it.
    """

    timing: Timing = Timing.ADVANCE
    alignment: Alignment = Alignment.ANCHOR
    anchor_day: int = 1
    day_count: DayCount = DayCount.ACTUAL
    charge_last_day: bool = False
    suspended_percent: Decimal = WHOLE
    due_days: int = 14
    blocking_days: int = 0
    deactivation_days: int = 60
    minimum_balance: Decimal = ZERO
    block_threshold: Decimal = ZERO
    dunning: tuple[DunningStep, ...] = ()
    unattended_blocking: bool = False
    blocking: BlockingSchedule = BlockingSchedule()
    earlier: tuple[Earlier, ...] = ()

    def terms_on(self, day: date) -> "Policy | Earlier":
        """What says of a day whether an end charges it, and what it costs while suspended."""
        return next((each for each in self.earlier if day < each.until), self)


OFFERED: Mapping[str, object] = {
    "unattended_blocking": True,
    "blocking_days": 7,
    "suspended_time": "credit",
}
