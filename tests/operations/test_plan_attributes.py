"""A plan's own attributes are read before it is sold."""

from dataclasses import replace
from decimal import Decimal

import pytest

from isp.errors import Refused
from operations import plans
from tests.operations.conftest import NOW, Desk

pytestmark = pytest.mark.database

TERMS = plans.PlanTerms(price=Decimal("25.00"))


async def test_a_plan_with_an_attribute_that_no_dictionary_knows_is_refused(desk: Desk):
    wrong = replace(TERMS, attributes=("Idle-Timeout=600", "No-Such-Attribute=1"))
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match="No-Such-Attribute"):
            await plans.add(transaction, name="odd", terms=wrong, actor="ann", now=NOW)


async def test_one_that_is_known_is_said_at_every_login(desk: Desk):
    right = replace(TERMS, attributes=("Idle-Timeout=600",))
    async with desk.transaction() as transaction:
        await plans.add(transaction, name="even", terms=right, actor="ann", now=NOW)
    await desk.sell("ann", plan="even")

    assert [(["Idle-Timeout=600"],)] == await desk.rows("SELECT attributes FROM entitlement")
