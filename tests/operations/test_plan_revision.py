"""A revised plan: who gets the new version on its day, and whom a person's order keeps from it."""

from datetime import UTC, date, datetime
from decimal import Decimal

from operations import due_changes, plan_revision, plans, service_record, services, tenants
from tests.operations.conftest import NOW, Desk

TERMS = plans.PlanTerms(price=Decimal("30.00"), down_kbps=100_000)


async def add_plans(desk: Desk, *names: str) -> None:
    async with desk.transaction() as transaction:
        for name in names:
            await plans.add(transaction, name=name, terms=TERMS, actor="ann", now=NOW)


async def revise(desk: Desk, name: str, existing_from: date) -> None:
    async with desk.transaction() as transaction:
        await plan_revision.revise(
            transaction,
            name=name,
            terms=TERMS,
            existing_from=existing_from,
            actor="ann",
            now=NOW,
        )


async def order(desk: Desk, plan: str, on: date, price: str | None = None) -> None:
    async with desk.transaction() as transaction:
        await services.change_plan(
            transaction,
            await service_record.by_login(transaction, "ann"),
            plan=plan,
            on=on,
            custom_price=price and Decimal(price),
            actor="bob",
            now=NOW,
        )


async def sold_as(desk: Desk, *days: date) -> list[tuple[str, int]]:
    """The plan and its version that ann has on each of these days, which come one by one."""
    told = []
    for day in days:
        async with desk.transaction() as transaction:
            owner = await tenants.current(transaction)
            await due_changes.apply(
                transaction, owner, datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
            )
            found = await service_record.by_login(transaction, "ann")
        told.append((found.plan, found.plan_version))
    return told


async def test_who_has_ordered_another_plan_by_that_day_is_not_moved_back(desk: Desk) -> None:
    await add_plans(desk, "platinum")
    await desk.sell("ann")
    await order(desk, "platinum", date(2026, 12, 1))

    await revise(desk, "gold", date(2026, 12, 15))

    assert [("gold", 1), ("platinum", 1), ("platinum", 1)] == await sold_as(
        desk, date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 15)
    )


async def test_who_has_ordered_another_plan_for_a_later_day_is_moved_until_then(
    desk: Desk,
) -> None:
    await add_plans(desk, "platinum")
    await desk.sell("ann")
    await order(desk, "platinum", date(2026, 12, 15))

    await revise(desk, "gold", date(2026, 12, 1))

    assert [("gold", 2), ("platinum", 1)] == await sold_as(
        desk, date(2026, 12, 1), date(2026, 12, 15)
    )


async def test_who_comes_to_the_plan_before_that_day_is_moved_at_the_price_agreed(
    desk: Desk,
) -> None:
    await add_plans(desk, "silver")
    await desk.sell("ann", plan="silver")
    await order(desk, "gold", date(2026, 9, 1), "20.00")

    await revise(desk, "gold", date(2026, 9, 15))

    assert [("gold", 1), ("gold", 2)] == await sold_as(desk, date(2026, 9, 1), date(2026, 9, 15))
    assert [(Decimal("20.00"),)] == await desk.rows("SELECT custom_price FROM service")


async def test_an_order_leaves_what_a_person_ordered_for_later_days(desk: Desk) -> None:
    """Though he comes back to the plan that he has now, as a revision would name it."""
    await add_plans(desk, "silver", "bronze")
    await desk.sell("ann", plan="silver")
    await order(desk, "gold", date(2026, 9, 1))
    await order(desk, "silver", date(2026, 10, 1))

    await order(desk, "bronze", date(2026, 8, 1))

    assert [("bronze", 1), ("gold", 1), ("silver", 1)] == await sold_as(
        desk, date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
    )


async def test_an_order_overtakes_a_revision_only_until_the_next_order(desk: Desk) -> None:
    await add_plans(desk, "silver", "bronze")
    await desk.sell("ann", plan="silver")
    await order(desk, "gold", date(2026, 9, 1))
    await revise(desk, "gold", date(2026, 10, 1))

    await order(desk, "bronze", date(2026, 8, 1))

    assert [("bronze", 1), ("gold", 1), ("gold", 2)] == await sold_as(
        desk, date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
    )


async def test_a_revision_that_an_order_overtook_is_overtaken_by_the_next_one_too(
    desk: Desk,
) -> None:
    await add_plans(desk, "silver", "bronze")
    await desk.sell("ann")
    await revise(desk, "gold", date(2026, 10, 1))
    await order(desk, "silver", date(2026, 8, 1))

    await order(desk, "bronze", date(2026, 9, 1))

    assert [("silver", 1), ("bronze", 1), ("bronze", 1)] == await sold_as(
        desk, date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
    )
