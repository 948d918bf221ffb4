"""Promised uptime: to whom, how much, and what was broken."""

from decimal import Decimal

import pytest
from sqlalchemy import insert

from database.connect import Role
from database.tables.outages import sla_breach
from isp.errors import Refused
from operations import sla
from operations.sla import Promised, Target
from tests.operations.conftest import NOW, Desk
from tests.operations.test_devices import enter


async def promise(desk: Desk, whom: Promised, percent: str = "99.5") -> Target:
    async with desk.transaction() as transaction:
        return await sla.promise(transaction, whom, percent=Decimal(percent), actor="bob", now=NOW)


async def test_a_promise_is_made_to_everybody_an_area_a_plan_a_subscriber_or_of_a_device(
    desk: Desk,
) -> None:
    await desk.sell("ann", subscriber="S-1")
    await enter(desk, area="North")
    made = [
        await promise(desk, whom)
        for whom in (
            Promised(),
            Promised(area="North"),
            Promised(plan="gold"),
            Promised(subscriber="S-1"),
            Promised(device="olt1"),
        )
    ]
    async with desk.transaction() as transaction:
        await sla.withdraw(transaction, number=made[1].target, actor="bob", now=NOW)
        left = await sla.listed(transaction)

    assert ["everybody", "North", "gold", "S-1", "olt1"] == [each.whom for each in made]
    assert ["provider", "plan", "subscriber", "device"] == [each.scope for each in left]
    assert [("sla.promise",)] * 5 + [("sla.withdraw",)] == await desk.rows(
        "SELECT action FROM audit WHERE object_kind = 'sla' ORDER BY audit_id"
    )


@pytest.mark.parametrize(
    ("whom", "percent", "problem"),
    [
        (Promised(area="Nord"), "99", "nothing is in an area Nord"),
        (Promised(subscriber="S-9"), "99", "there is no subscriber S-9"),
        (Promised(area="North", plan="gold"), "99", "several promises"),
        (Promised(), "100.1", "no share of a month"),
    ],
)
async def test_a_promise_to_nobody_or_of_too_much_is_refused(
    desk: Desk, whom: Promised, percent: str, problem: str
) -> None:
    with pytest.raises(Refused, match=problem):
        await promise(desk, whom, percent)


async def test_a_broken_promise_tells_whom(desk: Desk, database) -> None:
    found = await desk.sell("ann", subscriber="S-1")
    made = await promise(desk, Promised(plan="gold"))
    async with database(Role.COLLECTORS).transaction() as transaction:
        await transaction.execute(
            insert(sla_breach).values(
                tenant_id=desk.tenant_id,
                sla_target_id=made.target,
                scope="subscriber",
                subscriber_id=found.subscriber_id,
                month=NOW.date().replace(day=1),
                percent=made.percent,
                down_seconds=20_000,
                found_at=NOW,
            )
        )
    async with desk.transaction() as transaction:
        (broken,) = await sla.breaches(transaction)

    assert ("S-1", Decimal("99.5"), 20_000) == (
        broken.whom, broken.percent, broken.down_seconds,
    )  # fmt: skip
