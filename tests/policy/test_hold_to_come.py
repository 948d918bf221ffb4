"""A hold placed for a day to come: the debtor is let in until then."""

from datetime import UTC, datetime

from isp.access import Access
from isp.service import Hold, HoldKind, ServiceState
from policy.entitlement import entitlement
from policy.facts import Facts, PlanTerms

BEGINS = datetime(2026, 3, 10, tzinfo=UTC)


def test_a_hold_is_in_force_from_its_day_on_and_the_decision_is_made_again_then() -> None:
    hold = Hold(kind=HoldKind.UNPAID, author="ann", reason="promised", placed_at=BEGINS)
    facts = Facts(
        tenant_id=1,
        subscriber_id=2,
        service_id=3,
        state=ServiceState.ACTIVE,
        plan=PlanTerms(name="gold"),
        holds=(hold,),
    )

    before = entitlement(facts, datetime(2026, 3, 9, tzinfo=UTC))
    after = entitlement(facts, BEGINS)

    assert (Access.FULL, BEGINS) == (before.access, before.valid_until)
    assert (Access.NONE, None) == (after.access, after.valid_until)
