"""NASes: what is refused of one, and who is unknown until he is added."""

from typing import Any

import pytest
from sqlalchemy import insert

from chassis.secrets import Secret
from database.connect import Role
from database.tables.network import unknown_nas
from isp.errors import Refused
from operations import nas, status
from operations.unknown_nas import listed
from tests.operations.conftest import NOW, Desk

pytestmark = pytest.mark.database


async def add(desk: Desk, **words: Any) -> None:
    given = {"name": "bras1", "address": "192.0.2.1"} | words
    async with desk.transaction() as transaction:
        await nas.add(
            transaction,
            secret=Secret("a secret of a NAS, long enough"),
            keys=desk.keys,
            actor="ann",
            now=NOW,
            **given,
        )


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"name": ""}, "the NAS has no name"),
        ({"name": "bras\n1"}, "is no name of a NAS"),
        ({"name": "--bras"}, "is no name of a NAS"),
        ({"coa_port": 0}, "0 is no UDP port"),
        ({"coa_port": 70_000}, "70000 is no UDP port"),
    ],
)
async def test_a_nas_that_could_not_be_named_or_reached_is_refused(
    desk: Desk, words: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Refused, match=problem):
        await add(desk, **words)


async def test_a_port_that_is_none_is_not_set_later_either(desk: Desk) -> None:
    await add(desk)
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match="65536 is no UDP port"):
            await nas.change(
                transaction, name="bras1", changes={"coa_port": 65_536}, actor="ann", now=NOW
            )


async def test_who_is_added_as_a_nas_is_unknown_no_more(desk: Desk, database) -> None:
    strangers = (("192.0.2.1", None), ("192.0.2.9", "b"), ("192.0.2.10", "c"), ("2001:db8::1", "b"))
    async with database(Role.RADIUSD).transaction() as transaction:
        seen = {"packets": 1, "first_at": NOW, "last_at": NOW}
        rows = [{"address": at, "nas_identifier": name} | seen for at, name in strangers]
        await transaction.execute(insert(unknown_nas), rows)
    await add(desk)
    await add(desk, name="bras2", address="192.0.2.8/29", nas_identifier="b")
    async with desk.transaction() as transaction:
        left = {one.address for one in await listed(transaction)}
        told = (await status.status(transaction, NOW, NOW)).counts["unknown NASes"]

    assert ({"192.0.2.10", "2001:db8::1"}, 2) == (left, told)
