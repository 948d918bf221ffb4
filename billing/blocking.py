"""Unattended blocking: who may be blocked now, and when a person must agree.

A billing run by hand is its own approval and skips the hours, the holidays and the warnings.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from billing.dunning import DunningState, Standing
from billing.policy import BlockingSchedule, Policy

__all__ = [
    "BatchVerdict",
    "BlockVerdict",
    "batch_verdict",
    "block_verdict",
    "is_open",
    "service_standing",
]

PERCENT = Decimal(100)


class BlockVerdict(StrEnum):
    """What to do about one account now."""

    NOTHING = "nothing"
    WARN = "warn"
    WAIT = "wait"
    BLOCK = "block"


class BatchVerdict(StrEnum):
    """Whether a batch of blocks may go ahead by itself."""

    EXECUTE = "execute"
    AWAIT_APPROVAL = "await_approval"


def block_verdict(
    state: DunningState,
    policy: Policy,
    *,
    warned_on: date | None,
    now: datetime,
    zone: str,
    holidays: Collection[date],
    by_hand: bool = False,
) -> BlockVerdict:
    """What to do about one account at `now` (aware), by its debt and its last warning.

    `warned_on` is the local day of the warning about this debt, None when there was none.
    A warning goes out as soon as there is a debt past due, so that it need not delay the block.
    """
    if by_hand:
        blocked = state.standing is not Standing.GOOD
        return BlockVerdict.BLOCK if blocked else BlockVerdict.NOTHING
    if not policy.unattended_blocking or not state.overdue or not state.missing:
        return BlockVerdict.NOTHING
    if warned_on is None:
        return BlockVerdict.WARN
    if state.standing is Standing.GOOD:
        return BlockVerdict.NOTHING
    today = now.astimezone(ZoneInfo(zone)).date()
    warned = warned_on + timedelta(days=policy.blocking.warning_days) <= today
    inside = is_open(policy.blocking, now=now, zone=zone, holidays=holidays)
    return BlockVerdict.BLOCK if warned and inside else BlockVerdict.WAIT


def is_open(
    schedule: BlockingSchedule, *, now: datetime, zone: str, holidays: Collection[date]
) -> bool:
    """Whether `now` (aware) is within the hours of unattended blocking."""
    local = now.astimezone(ZoneInfo(zone))
    inside = schedule.opens <= local.time() < schedule.closes
    return inside and _open_on(schedule, local.date(), holidays)


def service_standing(state: DunningState, policy: Policy, held_on: date | None) -> Standing:
    """What to do to one service for that debt, unattended: it is blocked before it is ended.

    `held_on` is the day since which the service's own `unpaid` hold is in force, None without
    one. A debt may be older than the service, than its return, or than the choice to block; the
    days until the end count from the hold.
    """
    if state.standing is not Standing.DEACTIVATED:
        return state.standing
    days = timedelta(days=policy.deactivation_days)
    held_long = held_on is not None and held_on + days <= state.as_of
    return Standing.DEACTIVATED if held_long else Standing.BLOCKED


def batch_verdict(
    blocks: int, *, services: int, usual: Decimal | None, schedule: BlockingSchedule
) -> BatchVerdict:
    """Whether this many blocks may go ahead: of `services` in all, where `usual` were usual.

    `usual` None: no batch has been executed yet, so only the size counts.
    """
    bound = max(Decimal(schedule.batch_minimum), services * schedule.batch_percent / PERCENT)
    large = blocks > bound
    unusual = usual is not None and blocks > max(usual, Decimal(1)) * schedule.batch_usual_factor
    return BatchVerdict.AWAIT_APPROVAL if large or unusual else BatchVerdict.EXECUTE


def _open_on(schedule: BlockingSchedule, day: date, holidays: Collection[date]) -> bool:
    return day.weekday() in schedule.weekdays and (schedule.on_holidays or day not in holidays)
