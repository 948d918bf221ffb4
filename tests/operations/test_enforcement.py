"""Pausing and resuming."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from chassis.secrets import Secret
from database.tables.enforcement import enforcement_pause
from isp.errors import Refused
from operations import enforcement, nas
from tests.operations.conftest import NOW, Desk

pytestmark = pytest.mark.database

HOUR = timedelta(hours=1)


async def add_nas(desk: Desk, name: str, address: str) -> int:
    async with desk.transaction() as transaction:
        added = await nas.add(
            transaction,
            name=name,
            address=address,
            secret=Secret("a secret of a NAS, long enough"),
            keys=desk.keys,
            actor="ann",
            now=NOW,
        )
    return added.nas_id


async def stopped(desk: Desk, now=NOW) -> list[tuple]:
    async with desk.transaction() as transaction:
        return [(stop.nas, stop.kind) for stop in await enforcement.stops(transaction, now)]


async def pause(desk: Desk, **words) -> None:
    async with desk.transaction() as transaction:
        await enforcement.pause(transaction, actor="ann", now=NOW, **words)


async def resume(desk: Desk, **words) -> None:
    async with desk.transaction() as transaction:
        await enforcement.resume(transaction, actor="bob", now=NOW, **words)


async def test_a_pause_stands_until_it_is_resumed(desk: Desk):
    await add_nas(desk, "bras1", "192.0.2.1")
    await pause(desk)
    await pause(desk, nas_name="bras1")
    assert [(None, "pause"), ("bras1", "pause")] == await stopped(desk)
    await resume(desk)
    assert [("bras1", "pause")] == await stopped(desk)
    await resume(desk, nas_name="bras1")

    assert [] == await stopped(desk)


async def test_a_pause_for_a_time_runs_out_and_may_be_made_again(desk: Desk):
    await pause(desk, until=NOW + HOUR)
    assert [(None, "pause")] == await stopped(desk, NOW)
    assert [] == await stopped(desk, NOW + HOUR)
    await pause(desk, until=NOW + 3 * HOUR)

    assert [(None, "pause")] == await stopped(desk, NOW + HOUR)


async def test_the_guards_halt_is_lifted_like_a_pause(desk: Desk):
    nas_id = await add_nas(desk, "bras1", "192.0.2.1")
    async with desk.transaction() as transaction:
        await transaction.execute(
            insert(enforcement_pause).values(
                tenant_id=desk.tenant_id,
                nas_id=nas_id,
                kind="guard",
                author="coa",
                reason="25 of 100",
                paused_at=NOW,
            )
        )
    assert [("bras1", "guard")] == await stopped(desk)
    await resume(desk, nas_name="bras1")

    assert [] == await stopped(desk)


async def test_resuming_what_is_not_paused_says_what_is(desk: Desk):
    await add_nas(desk, "bras1", "192.0.2.1")
    await pause(desk, nas_name="bras1")
    with pytest.raises(Refused, match="stopped: bras1"):
        await resume(desk)


async def test_pauses_and_resumptions_are_audited(desk: Desk):
    await pause(desk, reason="maintenance")
    await resume(desk)
    audited = "SELECT actor, action, reason FROM audit WHERE action LIKE 'enforcement%' ORDER BY 1"

    assert [
        ("ann", "enforcement.pause", "maintenance"),
        ("bob", "enforcement.resume", None),
    ] == await desk.rows(audited)
