"""The only writer of `entitlement`."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert, true, update

from database.tables.network import pool
from database.tables.subscribers import entitlement as table
from database.tables.subscribers import entitlement_due, hold, plan_version, service
from operations import entitlement
from operations.service_record import ServiceRecord
from tests.operations.conftest import NOW, Desk

pytestmark = pytest.mark.database

DECIDED = "SELECT version, access, down_kbps FROM entitlement WHERE service_id = :service_id"


async def place(transaction, sold: ServiceRecord, kind: str, **columns) -> None:
    await transaction.execute(
        insert(hold).values(
            tenant_id=sold.tenant_id,
            subscriber_id=sold.subscriber_id,
            service_id=sold.service_id,
            kind=kind,
            author="ann",
            reason="a test",
            placed_at=NOW,
            **columns,
        )
    )


async def decided(desk: Desk, sold: ServiceRecord) -> tuple:
    (row,) = await desk.rows(DECIDED, service_id=sold.service_id)
    return row


async def test_a_decision_that_comes_out_the_same_is_not_written(desk: Desk):
    sold = await desk.sell("ann")
    before = await desk.rows("SELECT * FROM entitlement")
    async with desk.transaction() as transaction:
        await entitlement.rewrite(transaction, [sold.service_id], NOW + timedelta(days=1))

    assert before == await desk.rows("SELECT * FROM entitlement")
    assert (1, "full", 100_000) == await decided(desk, sold)


async def test_one_that_differs_gets_the_next_version(desk: Desk):
    sold = await desk.sell("ann")
    async with desk.transaction() as transaction:
        await place(transaction, sold, "abuse")
        await entitlement.rewrite(transaction, [sold.service_id], NOW)

    assert (2, "none", 100_000) == await decided(desk, sold)


async def test_a_service_that_does_not_exist_is_passed_over(desk: Desk):
    sold = await desk.sell("ann")
    async with desk.transaction() as transaction:
        await place(transaction, sold, "abuse")
        await entitlement.rewrite(transaction, [999_999, sold.service_id], NOW)

    assert 2 == (await decided(desk, sold))[0]


async def test_of_two_facts_at_once_the_later_transaction_sees_both(desk: Desk):
    """Ann is held for abuse in one transaction while her debt is forgiven in another."""
    sold = await desk.sell("ann")
    async with desk.transaction() as transaction:
        await place(transaction, sold, "unpaid")
        await entitlement.rewrite(transaction, [sold.service_id], NOW)
    forgiving = asyncio.Event()

    async def forgive() -> None:
        async with desk.transaction() as transaction:
            await transaction.execute(update(hold).values(released_at=NOW, released_by="bob"))
            forgiving.set()
            await entitlement.rewrite(transaction, [sold.service_id], NOW)

    async with desk.transaction() as transaction:
        await place(transaction, sold, "abuse")
        await entitlement.rewrite(transaction, [sold.service_id], NOW)
        other = asyncio.create_task(forgive())
        await forgiving.wait()
        await asyncio.sleep(0.2)
        assert not other.done()
    await other

    version, access, _ = await decided(desk, sold)
    assert (4, "none") == (version, access)


async def test_what_was_asked_for_is_decided_in_chunks(desk: Desk):
    sold = [await desk.sell(login) for login in ("ann", "bob", "eve")]
    async with desk.transaction() as transaction:
        await transaction.execute(update(plan_version).values(down_kbps=50_000))
        asked = [each.service_id for each in sold]
        await entitlement.ask(
            transaction, service.c.service_id.in_(asked), cause="plan gold", now=NOW
        )
        await entitlement.ask(transaction, true(), cause="again", now=NOW)
    database = desk.billingd
    counts = []
    for _ in range(3):
        async with database.transaction() as transaction:
            counts.append(await entitlement.drain_due(transaction, 2, NOW))

    assert [2, 1, 0] == counts
    assert {(2, "full", 50_000)} == {await decided(desk, each) for each in sold}
    assert [] == await desk.rows(f"SELECT * FROM {entitlement_due.name}")


async def test_a_decision_whose_time_is_over_is_made_again(desk: Desk):
    sold = await desk.sell("ann")
    ends = NOW + timedelta(hours=1)
    async with desk.transaction() as transaction:
        await place(transaction, sold, "pause", until=ends)
        await entitlement.rewrite(transaction, [sold.service_id], NOW)
    database = desk.billingd
    counts = []
    for now in (ends - timedelta(seconds=1), ends, ends):
        async with database.transaction() as transaction:
            counts.append(await entitlement.rewrite_expired(transaction, now, 100))

    assert [0, 1, 0] == counts
    assert (3, "full", 100_000) == await decided(desk, sold)


async def test_a_pool_name_means_the_pools_of_that_name_here_or_the_nass_own(desk: Desk):
    sold = await desk.sell("ann")
    pools = f"SELECT ipv4_pool, ipv6_pool, delegated_pool FROM {table.name}"
    async with desk.transaction() as transaction:
        await transaction.execute(update(plan_version).values(pool_name="homes"))
        await entitlement.rewrite(transaction, [sold.service_id], NOW)
    assert [("homes", None, None)] == await desk.rows(pools)
    async with desk.transaction() as transaction:
        await transaction.execute(
            insert(pool).values(
                tenant_id=desk.tenant_id,
                name="homes",
                kind="delegated_prefix",
                network="2001:db8::/40",
                prefix_length=56,
                created_at=NOW,
            )
        )
        await entitlement.rewrite(transaction, [sold.service_id], NOW)

    assert [(None, None, "homes")] == await desk.rows(pools)
