"""The one decision."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from isp.access import Access, Rates
from isp.nas import Nas
from isp.service import Hold, HoldKind, ServiceState
from policy.entitlement import effective, entitlement
from policy.facts import Facts, PlanTerms
from policy.session import OPENNESS

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FACTS = Facts(
    tenant_id=1,
    subscriber_id=2,
    service_id=3,
    state=ServiceState.ACTIVE,
    plan=PlanTerms(name="gold", rates=Rates(down_kbps=100_000, up_kbps=20_000)),
)


def hold(kind: HoldKind = HoldKind.OPERATOR, until: datetime | None = None) -> Hold:
    return Hold(kind=kind, author="ann", reason="asked", placed_at=NOW - HOUR, until=until)


def walling(facts: Facts) -> Facts:
    return replace(facts, plan=replace(facts.plan, unpaid_access=Access.WALLED))


def codes(facts: Facts, now: datetime = NOW) -> list[str]:
    return [reason.code for reason in entitlement(facts, now).reasons]


def test_an_active_service_has_its_plan():
    decided = entitlement(FACTS, NOW)

    assert Access.FULL == decided.access
    assert FACTS.plan.rates == decided.rates
    assert None is decided.valid_until
    assert ["active"] == codes(FACTS)


def test_an_unpaid_service_has_none_where_the_plan_has_no_wall():
    assert Access.NONE == entitlement(replace(FACTS, holds=(hold(HoldKind.UNPAID),)), NOW).access


def test_an_unpaid_service_is_walled_by_its_plan():
    facts = walling(replace(FACTS, holds=(hold(HoldKind.UNPAID),)))

    assert Access.WALLED == entitlement(facts, NOW).access


def test_the_least_open_of_several_holds_wins_and_all_are_told():
    facts = walling(replace(FACTS, holds=(hold(HoldKind.UNPAID), hold(HoldKind.ABUSE))))

    assert Access.NONE == entitlement(facts, NOW).access
    assert ["hold_abuse", "hold_unpaid"] == codes(facts)


def test_a_hold_whose_end_has_come_is_no_hold():
    facts = replace(FACTS, holds=(hold(until=NOW),))

    assert Access.NONE == entitlement(facts, NOW - HOUR).access
    assert NOW == entitlement(facts, NOW - HOUR).valid_until
    assert Access.FULL == entitlement(facts, NOW).access
    assert None is entitlement(facts, NOW).valid_until


def test_a_service_is_served_from_its_start_until_its_end():
    facts = replace(FACTS, starts_at=NOW, ends_at=NOW + HOUR)

    assert ["not_started"] == codes(facts, NOW - HOUR)
    assert NOW == entitlement(facts, NOW - HOUR).valid_until
    assert ["active"] == codes(facts, NOW)
    assert NOW + HOUR == entitlement(facts, NOW).valid_until
    assert ["ended"] == codes(facts, NOW + HOUR)


def test_pending_and_terminated_services_have_none():
    assert ["pending"] == codes(replace(FACTS, state=ServiceState.PENDING))
    assert ["terminated"] == codes(replace(FACTS, state=ServiceState.TERMINATED))
    assert Access.NONE == entitlement(replace(FACTS, state=ServiceState.PENDING), NOW).access
    assert Access.NONE == entitlement(replace(FACTS, state=ServiceState.TERMINATED), NOW).access


def test_walled_is_none_on_a_nas_whose_wall_is_not_tested():
    walled = entitlement(walling(replace(FACTS, holds=(hold(HoldKind.UNPAID),))), NOW)
    nas = Nas(nas_id=1, tenant_id=1, name="bras1", address="192.0.2.1")

    assert Access.NONE == effective(walled, nas).access
    assert "wall_untested" == effective(walled, nas).reasons[-1].code
    assert walled == effective(walled, replace(nas, wall_tested=True))


instants = st.integers(-50, 50).map(lambda hours: NOW + hours * HOUR)
holds = st.builds(
    Hold,
    kind=st.sampled_from(HoldKind),
    author=st.just("ann"),
    reason=st.just("asked"),
    placed_at=instants,
    until=st.none() | instants,
)
facts_of_all_sorts = st.builds(
    replace,
    st.just(FACTS),
    state=st.sampled_from((ServiceState.PENDING, ServiceState.ACTIVE, ServiceState.TERMINATED)),
    holds=st.lists(holds, max_size=4).map(tuple),
    starts_at=st.none() | instants,
    ends_at=st.none() | instants,
    plan=st.sampled_from((FACTS.plan, walling(FACTS).plan)),
)


@given(facts=facts_of_all_sorts, minutes=st.integers(0, 6000))
@settings(max_examples=300, deadline=None)
def test_a_decision_stands_until_the_time_it_names(facts: Facts, minutes: int):
    decided = entitlement(facts, NOW)
    later = NOW + timedelta(minutes=minutes)
    if decided.valid_until is None or later < decided.valid_until:
        assert decided == entitlement(facts, later)
    assert decided.valid_until is None or decided.valid_until > NOW


@given(facts=facts_of_all_sorts, another=holds)
@settings(max_examples=300, deadline=None)
def test_a_further_hold_never_opens(facts: Facts, another: Hold):
    before = entitlement(facts, NOW)
    after = entitlement(replace(facts, holds=(*facts.holds, another)), NOW)

    assert OPENNESS[after.access] <= OPENNESS[before.access]
    assert before.reasons
    assert after.reasons
