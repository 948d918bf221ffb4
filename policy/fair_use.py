"""Fair use: what a service that has used up its cap is left with until its period ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from isp.access import Access, Rates, Reason
from isp.cap import Block, Charge, Throttle
from policy.facts import Facts

__all__ = ["Exhausted", "exhausted"]

RATE_ATTRIBUTES: Final = (
    "mikrotik-rate-limit",
    "ascend-data-rate",
    "ascend-xmit-rate",
    "wispr-bandwidth-max-down",
    "wispr-bandwidth-max-up",
)
"""What a plan may say of rates by itself; it would outdo the throttle."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exhausted:
    """What is left of the plan while its cap is used up; `until` the period's end."""

    access: Access
    rates: Rates
    attributes: tuple[str, ...]
    reason: Reason
    until: datetime


def exhausted(facts: Facts, now: datetime) -> Exhausted | None:
    """None where there is no cap, something of it is left, or its period is over at `now`."""
    plan, usage = facts.plan, facts.usage
    if plan.over_cap is None or plan.cap_octets is None or usage is None:
        return None
    if usage.octets < plan.cap_octets or now >= usage.period_ends_at:
        return None
    access, rates, attributes = Access.FULL, plan.rates, plan.attributes
    match plan.over_cap:
        case Throttle(down_kbps=down, up_kbps=up):
            rates = Rates(
                down_kbps=_least(rates.down_kbps, down), up_kbps=_least(rates.up_kbps, up)
            )
            attributes = tuple(each for each in attributes if not _says_rates(each))
            code, then = "cap_throttled", f"throttled to {down}/{up} kbit/s"
        case Block():
            access, code, then = Access.NONE, "cap_blocked", "blocked"
        case Charge(price=price):
            code, then = "cap_charged", f"charged at {price}"
        case _:
            assert_never(plan.over_cap)
    text = f"the cap of {plan.cap_octets / 10**9:g} GB is used up; {then} until"
    return Exhausted(
        access=access,
        rates=rates,
        attributes=attributes,
        reason=Reason(code=code, text=f"{text} {usage.period_ends_at:%Y-%m-%d %H:%M %Z}"),
        until=usage.period_ends_at,
    )


def _least(plan_kbps: int | None, throttle_kbps: int) -> int:
    """A throttle never makes faster."""
    return throttle_kbps if plan_kbps is None else min(plan_kbps, throttle_kbps)


def _says_rates(addition: str) -> bool:
    return addition.partition("=")[0].strip().lower() in RATE_ATTRIBUTES
