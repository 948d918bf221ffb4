"""The keys of a billing policy, as people write them, and the policy they make."""

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal

from billing.calendar import Alignment
from billing.fields import Fields
from billing.policy import WHOLE, BlockingSchedule, DunningStep, Earlier, Policy, Timing
from billing.proration import DayCount

__all__ = ["parse_policy"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
MOST_DAYS = 3650  # ten years: what is longer is a slip of the pen
MOST_BLOCKS = 1_000_000


def parse_policy(settings: Mapping[str, object], currency: str) -> Policy:
    """The policy of a tenant's settings; every key is optional, an unknown one is refused."""
    fields = Fields("policy", settings)
    neutral = Policy()
    policy = Policy(
        timing=fields.choice("timing", Timing, neutral.timing),
        alignment=fields.choice("alignment", Alignment, neutral.alignment),
        anchor_day=fields.anchor_day("anchor_day", neutral.anchor_day),
        day_count=fields.choice("day_count", DayCount, neutral.day_count),
        charge_last_day=fields.flag("charge_last_day", neutral.charge_last_day),
        suspended_percent=_suspended_percent(fields),
        due_days=fields.integer("due_days", neutral.due_days, high=MOST_DAYS),
        blocking_days=fields.integer("blocking_days", neutral.blocking_days, high=MOST_DAYS),
        deactivation_days=fields.integer(
            "deactivation_days", neutral.deactivation_days, high=MOST_DAYS
        ),
        minimum_balance=fields.amount("minimum_balance", currency, neutral.minimum_balance),
        block_threshold=fields.amount("block_threshold", currency, neutral.block_threshold),
        dunning=tuple(_step(each) for each in fields.tables("dunning")),
        unattended_blocking=fields.flag("unattended_blocking", neutral.unattended_blocking),
        blocking=_schedule(fields),
        earlier=tuple(_earlier(each) for each in fields.tables("earlier")),
    )
    fields.close()
    ends = [each.until for each in policy.earlier]
    if ends != sorted(ends):
        raise fields.refused("earlier", len(ends), "give the oldest first")
    return policy


def _earlier(fields: Fields) -> Earlier:
    """`until` is the first day that it does not speak of."""
    earlier = Earlier(
        until=fields.day("until", "UTC"),
        charge_last_day=fields.flag("charge_last_day", False),
        suspended_percent=_suspended_percent(fields),
    )
    fields.close()
    return earlier


def _suspended_percent(fields: Fields) -> Decimal:
    text = fields.text("suspended_time", "charge")
    kind, _, percent = text.partition(":")
    if kind == "reduced" and percent.isascii() and percent.isdigit() and int(percent) <= WHOLE:
        return Decimal(percent)
    if text not in ("charge", "credit"):
        remedy = 'write charge, credit or "reduced:50" (the percentage that is charged)'
        raise fields.refused("suspended_time", text, remedy)
    return WHOLE if text == "charge" else Decimal(0)


def _step(fields: Fields) -> DunningStep:
    step = DunningStep(
        state=fields.text("state"), after_days=fields.integer("after_days", high=MOST_DAYS)
    )
    fields.close()
    return step


def _schedule(fields: Fields) -> BlockingSchedule:
    neutral = BlockingSchedule()
    opens, closes = _hours(fields, neutral)
    return BlockingSchedule(
        weekdays=_weekdays(fields, neutral),
        opens=opens,
        closes=closes,
        on_holidays=fields.flag("blocking_on_holidays", neutral.on_holidays),
        warning_days=fields.integer("warning_days", neutral.warning_days, high=MOST_DAYS),
        batch_minimum=fields.integer("batch_minimum", neutral.batch_minimum, high=MOST_BLOCKS),
        batch_percent=fields.percent("batch_percent", neutral.batch_percent),
        batch_usual_factor=fields.decimal("batch_usual_factor", neutral.batch_usual_factor),
    )


def _weekdays(fields: Fields, neutral: BlockingSchedule) -> frozenset[int]:
    if "blocking_weekdays" not in fields:
        return neutral.weekdays
    value = fields.raw("blocking_weekdays")
    names = value if isinstance(value, list) else str(value).split(",")
    names = [str(name).strip().lower() for name in names]
    if not names or not set(names).issubset(WEEKDAYS):
        raise fields.refused("blocking_weekdays", value, f"list some of {', '.join(WEEKDAYS)}")
    return frozenset(WEEKDAYS.index(name) for name in names)


def _hours(fields: Fields, neutral: BlockingSchedule) -> tuple[time, time]:
    if "blocking_hours" not in fields:
        return neutral.opens, neutral.closes
    text = fields.text("blocking_hours")
    match = HOURS_FORM.fullmatch(text)
    hours = [int(each) for each in match.groups()] if match else []
    if not hours or hours[:2] >= hours[2:]:
        raise fields.refused("blocking_hours", text, 'write it as "10:00-15:00"')
    return time(hours[0], hours[1]), time(hours[2], hours[3])
