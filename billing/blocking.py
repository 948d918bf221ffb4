"""Unattended blocking: who may be blocked now, and when a person must agree.

A billing run by hand is its own approval and skips the hours, the holidays and the warnings.
"""

from collections.abc import Collection
from dataclasses import replace
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
    "held_first",
    "is_open",
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


def held_first(state: DunningState, blocked_on: date | None) -> DunningState:
    """The state for unattended use: what was never held is blocked before it is ended.

    `blocked_on` is the day since which an `unpaid` hold is in force. A debt may be old when it
    comes to light, or when blocking is first chosen; the days until the end count from the hold.
    """
    if blocked_on is None and state.standing is Standing.DEACTIVATED:
        return replace(state, standing=Standing.BLOCKED)
    return state


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
