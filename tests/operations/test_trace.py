"""The trace: what was recorded since a moment, of everybody, of one login, of one NAS."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert

from database.connect import Role
from database.tables.enforcement import enforcement_action
from database.tables.sessions import accounting_record, auth_attempt, session_live
from isp.errors import Refused
from operations import trace
from tests.operations.conftest import NOW, Desk

KEY = UUID(int=7)
SECOND = timedelta(seconds=1)


async def happen(desk: Desk, database, login: str) -> None:
    """A login, a Start and a Disconnect, a second apart, and an attempt of the hour before."""
    key = UUID(int=sum(login.encode()))
    owned = {"tenant_id": desk.tenant_id, "nas_id": 1}
    session = {"session_key": key, "acct_session_id": f"s-{login}", "login": login}
    attempt = {
        "attempted_on": NOW.date(),
        "window_start": NOW.replace(minute=0),
        "outcome": "accept",
        "reason": "ok",
        "login": login,
    }
    hour_before = NOW - timedelta(hours=1)
    rows = {
        auth_attempt: [
            attempt | {"first_at": NOW, "last_at": NOW},
            attempt | {"outcome": "reject", "first_at": hour_before, "last_at": hour_before},
        ],
        session_live: [session | {"started_at": NOW, "last_seen_at": NOW}],
        accounting_record: [
            {
                "session_key": key,
                "record_key": 1,
                "received_on": NOW.date(),
                "received_at": NOW + SECOND,
                "event_at": NOW,
                "status": 1,
                "attributes": b"",
            }
        ],
    }
    async with database(Role.OWNER).transaction() as owner:
        for table, values in rows.items():
            await owner.execute(insert(table), [owned | each for each in values])
        action = {"at": NOW + 2 * SECOND, "kind": "disconnect", "cause": "unpaid"}
        await owner.execute(
            insert(enforcement_action).values(**owned, **session, **action, outcome="proven")
        )


async def looked(desk: Desk, **of: str) -> list[tuple[str, str, str]]:
    async with desk.transaction() as transaction:
        found = await trace.look(transaction, NOW, **of)
    return [(each.kind, each.login, each.what) for each in found]


@pytest.fixture
async def partitions(database) -> None:
    """For the days of the tests."""
    from database.partitions import ensure_partitions

    async with database(Role.OWNER).transaction() as owner:
        await ensure_partitions(owner, NOW.date())


async def test_what_was_recorded_since_is_told_in_order(desk, database, partitions) -> None:
    await happen(desk, database, "ann")

    assert [
        ("login", "ann", "accept"),
        ("accounting", "ann", "start"),
        ("enforcement", "ann", "disconnect proven"),
    ] == await looked(desk)


async def test_only_what_was_asked_for_is_told(desk, database, partitions) -> None:
    await happen(desk, database, "ann")
    await happen(desk, database, "bob")

    assert {"bob"} == {login for _, login, _ in await looked(desk, login=" BOB ")}
    assert [] == await looked(desk, nas="bras9")


async def test_a_nas_that_is_not_there_is_not_waited_for(desk) -> None:
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match="there is no NAS bras9"):
            await trace.known_nas(transaction, "bras9")
