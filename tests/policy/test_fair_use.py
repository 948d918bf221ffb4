"""What is left of a plan whose cap is used up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from isp.access import Access, Entitlement, Rates
from isp.cap import Block, Charge, OverCap, Throttle
from isp.service import Hold, HoldKind, ServiceState
from policy.entitlement import entitlement
from policy.facts import Facts, PlanTerms, Usage

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
GIGABYTE = 10**9
RATES = Rates(down_kbps=100_000, up_kbps=20_000)
THROTTLE = Throttle(down_kbps=2_000, up_kbps=1_000)


def facts(used: int, over: OverCap | None = THROTTLE, **terms: object) -> Facts:
    plan = PlanTerms(name="gold", rates=RATES, cap_octets=500 * GIGABYTE, over_cap=over)
    return Facts(
        tenant_id=1,
        subscriber_id=2,
        service_id=3,
        state=ServiceState.ACTIVE,
        plan=replace(plan, **terms),
        usage=Usage(octets=used, period_ends_at=APRIL),
    )


def decided(found: Facts, now: datetime = NOW) -> tuple[Entitlement, list[str]]:
    made = entitlement(found, now)
    return made, [reason.code for reason in made.reasons]


def test_below_the_cap_the_plan_is_in_force():
    made, codes = decided(facts(500 * GIGABYTE - 1))

    assert (RATES, None, ["active"]) == (made.rates, made.valid_until, codes)


def test_at_the_cap_it_is_throttled_until_the_period_ends():
    made, codes = decided(facts(500 * GIGABYTE))

    assert Access.FULL == made.access
    assert Rates(down_kbps=2_000, up_kbps=1_000) == made.rates
    assert (APRIL, ["cap_throttled"]) == (made.valid_until, codes)


def test_when_the_period_has_ended_nothing_is_left_of_it():
    made, codes = decided(facts(500 * GIGABYTE), APRIL)

    assert (RATES, None, ["active"]) == (made.rates, made.valid_until, codes)


def test_a_throttle_makes_nobody_faster():
    slow = Rates(down_kbps=1_000, up_kbps=None)

    assert Rates(down_kbps=1_000, up_kbps=1_000) == decided(facts(10**12, rates=slow))[0].rates


def test_a_plans_own_rates_do_not_outdo_the_throttle():
    own = ('Mikrotik-Rate-Limit="20M/100M 40M/200M"', "Idle-Timeout=600")

    assert ("Idle-Timeout=600",) == decided(facts(10**12, attributes=own))[0].attributes
    assert own == decided(facts(0, attributes=own))[0].attributes


def test_over_a_blocking_cap_there_is_no_access():
    made, codes = decided(facts(10**12, Block()))

    assert (Access.NONE, APRIL, ["cap_blocked"]) == (made.access, made.valid_until, codes)


def test_over_a_charged_cap_nothing_changes_but_the_reason():
    made, codes = decided(facts(10**12, Charge(price=Decimal("1.00"), per_octets=GIGABYTE)))

    assert (Access.FULL, RATES, ["cap_charged"]) == (made.access, made.rates, codes)


@pytest.mark.parametrize("kind", list(HoldKind))
def test_a_hold_keeps_out_a_service_that_is_throttled_too(kind: HoldKind):
    held = Hold(kind=kind, author="ann", reason="asked", placed_at=NOW - timedelta(hours=1))
    made, codes = decided(replace(facts(10**12), holds=(held,)))

    assert (Access.NONE, [f"hold_{kind}", "cap_throttled"]) == (made.access, codes)
