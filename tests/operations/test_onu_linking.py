"""ONUs and services: linked by hand, in bulk, by what was sold; exchanged; freed at the end."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from database.connect import Role
from isp.access_network import OnuState
from isp.errors import Refused
from operations import onu_bulk_linking, onu_linking, onus, service_record, services
from operations.import_rows import read_rows
from operations.importing import import_file
from operations.onu_matching import MatchBy
from tests.operations.conftest import NOW, Desk
from tests.operations.test_devices import enter
from tests.support.access_network import see_device, see_onus

ONE, TWO, THREE = "HWTC00000001", "HWTC00000002", "HWTC00000003"


@pytest.fixture
async def olt(desk: Desk, database) -> AsyncIterator[Any]:
    """`await olt({"serial": …})`: olt1 lists those ONUs on a port."""
    await enter(desk)
    collectors = database(Role.COLLECTORS)

    async def lists(*rows: dict[str, Any]) -> list[int]:
        async with collectors.transaction() as transaction:
            await see_device(transaction, "olt1", NOW)
            return await see_onus(transaction, "olt1", rows, NOW)

    yield lists


async def owners(desk: Desk) -> dict[str, str | None]:
    """Whose every seen ONU is."""
    async with desk.transaction() as transaction:
        return {each.serial: each.login for each in await onus.listed(transaction)}


async def sold(desk: Desk, login: str) -> str | None:
    async with desk.transaction() as transaction:
        return (await service_record.by_login(transaction, login)).onu_serial


async def test_an_onu_is_linked_by_hand_in_any_spelling(desk: Desk, olt) -> None:
    await desk.sell("ann")
    await olt({"serial": ONE})
    async with desk.transaction() as transaction:
        linked = await onu_linking.link(
            transaction, serial="hwtc-00000001", login="ANN", actor="bob", now=NOW
        )

    assert (ONE, "ann", True) == (linked.serial, linked.login, linked.seen)
    assert {ONE: "ann"} == await owners(desk)
    assert [("onu.link", ONE, "bob")] == await desk.rows(
        "SELECT action, object_name, actor FROM audit WHERE object_kind = 'onu'"
    )


async def test_what_was_sold_before_it_was_seen_is_linked_when_it_appears(desk: Desk, olt) -> None:
    await desk.sell("ann")
    async with desk.transaction() as transaction:
        linked = await onu_linking.link(transaction, serial=ONE, login="ann", actor="bob", now=NOW)
    appeared = await olt({"serial": ONE}, {"serial": TWO})
    async with desk.transaction() as transaction:
        count = await onu_linking.link_sold(transaction, onu_ids=appeared)

    assert (False, 1) == (linked.seen, count)
    assert {ONE: "ann", TWO: None} == await owners(desk)


async def test_an_import_links_the_onus_that_are_there(desk: Desk, olt) -> None:
    await olt({"serial": ONE}, {"serial": TWO})
    for text in (f"login,plan,onu_serial\nann,gold,48575443{ONE[4:]}\n",
                 f"login,plan,onu_serial\nann,gold,{TWO}\n"):  # fmt: skip
        async with desk.transaction() as transaction:
            await import_file(
                transaction,
                read_rows(text.encode()),
                source="file.csv",
                update=True,
                keys=desk.keys,
                actor="bob",
                now=NOW,
            )
        first = await owners(desk) if ONE[4:] in text else None
        if first:
            assert {ONE: "ann", TWO: None} == first

    assert {ONE: None, TWO: "ann"} == await owners(desk)


async def test_a_service_has_one_onu_and_an_onu_one_service(desk: Desk, olt) -> None:
    await desk.sell("ann", onu_serial=ONE)
    await desk.sell("bob")
    async with desk.transaction() as transaction:
        for serial, login, problem in (
            (
                TWO,
                "ann",
                f"ann has the ONU {ONE}; exchange it with `turnpike onu swap {ONE} {TWO}`",
            ),
            (ONE, "bob", f"{ONE} belongs to ann; take it from there first"),
        ):
            with pytest.raises(Refused, match=problem):
                await onu_linking.link(
                    transaction, serial=serial, login=login, actor="bob", now=NOW
                )


async def test_a_swap_keeps_the_service_and_frees_the_old_onu(desk: Desk, olt) -> None:
    await desk.sell("ann", onu_serial=ONE)
    before = await desk.rows("SELECT service_id, state, started_on FROM service")
    await onu_linked(desk, await olt({"serial": ONE}, {"serial": TWO}))
    async with desk.transaction() as transaction:
        await onu_linking.swap(transaction, old=ONE, new=TWO, actor="bob", now=NOW)

    assert {ONE: None, TWO: "ann"} == await owners(desk)
    assert TWO == await sold(desk, "ann")
    assert before == await desk.rows("SELECT service_id, state, started_on FROM service")
    assert [('{"serial": "HWTC00000001"}', '{"login": "ann"}')] == await desk.rows(
        "SELECT before::text, after::text FROM audit WHERE action = 'onu.swap'"
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (THREE, TWO, f"no service has the ONU {THREE}"),
        (ONE, TWO, f"{TWO} belongs to bob"),
        (ONE, ONE, f"{ONE} is one ONU"),
    ],
)
async def test_a_swap_takes_nothing_from_others(
    desk: Desk, old: str, new: str, problem: str
) -> None:
    await desk.sell("ann", onu_serial=ONE)
    await desk.sell("bob", onu_serial=TWO)
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match=problem):
            await onu_linking.swap(transaction, old=old, new=new, actor="bob", now=NOW)


async def test_an_unlinked_onu_and_that_of_a_terminated_service_are_nobodys(
    desk: Desk, olt
) -> None:
    await desk.sell("ann", onu_serial=ONE)
    found = await desk.sell("bob", onu_serial=TWO)
    await onu_linked(desk, await olt({"serial": ONE}, {"serial": TWO}))
    async with desk.transaction() as transaction:
        await onu_linking.unlink(transaction, serial=ONE, actor="bob", now=NOW)
        await services.terminate(transaction, found, actor="bob", now=NOW)

    assert {ONE: None, TWO: None} == await owners(desk)
    assert [(0,), (0,)] == await desk.rows("SELECT subscriber_id FROM onu")


async def test_in_bulk_by_what_radius_saw_and_by_descriptions(desk: Desk, olt) -> None:
    await desk.sell("ann", circuit_id="olt1 xpon 0/1/3:1.1")
    await desk.sell("bob", subscriber="S-2")
    await olt({"serial": ONE}, {"serial": TWO, "description": "flat 7, s-2"}, {"serial": THREE})
    for by in (MatchBy.CIRCUIT_ID, MatchBy.DESCRIPTION, MatchBy.SERIAL):
        async with desk.transaction() as transaction:
            found = await onu_bulk_linking.matching(transaction, by)
            await onu_bulk_linking.link_matches(
                transaction, found.matches, by, actor="bob", now=NOW
            )

    assert {ONE: "ann", TWO: "bob", THREE: None} == await owners(desk)
    assert (ONE, TWO) == (await sold(desk, "ann"), await sold(desk, "bob"))
    assert [("circuit-id",), ("description",)] == await desk.rows(
        "SELECT linked_by FROM onu WHERE service_id IS NOT NULL ORDER BY serial"
    )
    assert [(2,)] == await desk.rows("SELECT count(*) FROM audit WHERE action = 'onu.link'")


async def test_onus_are_listed_by_place_state_and_what_is_nobodys(desk: Desk, olt) -> None:
    await desk.sell("ann", onu_serial=ONE)
    await onu_linked(
        desk, await olt({"serial": ONE, "rx_dbm": -19.5}, {"serial": TWO, "state": "los"})
    )
    async with desk.transaction() as transaction:
        ann = await service_record.by_login(transaction, "ann")
        mine = await onus.of_service(transaction, ann)
        dark = await onus.listed(transaction, state=OnuState.LOS)
        free = await onus.listed(transaction, device="olt1", port="0/1/3", unlinked=True)
        elsewhere = await onus.listed(transaction, device="olt2")

    assert mine is not None
    assert (-19.5, "0/1/3", OnuState.ONLINE) == (mine.rx_dbm, mine.port, mine.state)
    assert [TWO] == [each.serial for each in dark] == [each.serial for each in free]
    assert () == elsewhere


async def onu_linked(desk: Desk, onu_ids: list[int]) -> None:
    async with desk.transaction() as transaction:
        await onu_linking.link_sold(transaction, onu_ids=onu_ids)
