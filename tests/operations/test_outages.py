"""What a person says about outages, their messages, alarms and planned work."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chassis.secrets import Secret
from database.connect import Role
from database.tables.outages import notice, outage
from isp.errors import Refused
from isp.outage import NoticeKind, NoticeState
from operations import alarms, declared_outages, devices, maintenance, nas, notices, outages
from operations.onu_linking import link_sold
from operations.places import Place, find_place
from tests.operations.conftest import NOW, Desk
from tests.operations.test_devices import enter
from tests.support.access_network import see_alarm, see_device, see_onus, see_outage

HOUR = timedelta(hours=1)
LATER = NOW + HOUR


@pytest.fixture
async def cut(desk: Desk, database) -> int:
    """An outage of two ONUs, one of them Ann's."""
    await desk.sell("ann", subscriber="S-1", onu_serial="HWTC00000001")
    await enter(desk)
    async with database(Role.COLLECTORS).transaction() as transaction:
        await see_device(transaction, "olt1", NOW)
        rows = [{"serial": f"HWTC0000000{number}", "state": "los"} for number in (1, 2)]
        onus = await see_onus(transaction, "olt1", rows, NOW)
        await link_sold(transaction, onu_ids=onus)
        return await see_outage(transaction, "olt1", onus, NOW)


async def audited(desk: Desk, kind: str) -> list[str]:
    rows = await desk.rows(
        "SELECT action FROM audit WHERE object_kind = :kind ORDER BY audit_id", kind=kind
    )
    return [action for (action,) in rows]


async def test_an_outage_names_its_subscribers(desk: Desk, cut: int) -> None:
    async with desk.transaction() as transaction:
        (told,) = await outages.listed(transaction, standing=True)
        met = await outages.met(transaction, cut)
        hers = await outages.standing_of(transaction, "S-1")
        nobodys = await outages.standing_of(transaction, "S-2")

    assert ("olt1 0/1/3", "fibre_cut", 1, 2) == (
        told.where, told.cause, told.subscribers, told.lines,
    )  # fmt: skip
    assert [("S-1", "ann", "HWTC00000001"), (None, None, "HWTC00000002")] == [
        (each.subscriber, each.login, each.onu_serial) for each in met
    ]
    assert ((told,), ()) == (hers, nobodys)


async def test_an_estimate_and_a_note_are_a_persons(desk: Desk, cut: int) -> None:
    said = {"number": cut, "actor": "bob", "now": NOW}
    async with desk.transaction() as transaction:
        await outages.set_title(transaction, title="digger in Main Street", **said)
        told = await outages.set_estimate(transaction, estimate=LATER, **said)
        untold = await outages.set_estimate(transaction, estimate=None, **said)

    assert ("olt1 0/1/3", "digger in Main Street", LATER, "bob") == (
        told.where, told.title, told.estimate, told.estimated_by,
    )  # fmt: skip
    assert (None, None) == (untold.estimate, untold.estimated_by)
    assert ["outage.note", "outage.estimate", "outage.estimate"] == await audited(desk, "outage")


async def test_what_is_over_or_unknown_has_no_estimate(desk: Desk, database, cut: int) -> None:
    async with database(Role.COLLECTORS).transaction() as transaction:
        await transaction.execute(update(outage).values(state="restored", restored_at=NOW))
    async with desk.transaction() as transaction:
        for number, problem in ((cut, "is over"), (cut + 1, "there is no outage")):
            with pytest.raises(Refused, match=problem):
                await outages.set_estimate(
                    transaction, number=number, estimate=LATER, actor="bob", now=NOW
                )


async def decide(desk: Desk, number: int, decision: NoticeState, **more: Any) -> Any:
    async with desk.transaction() as transaction:
        return await notices.decide(
            transaction,
            number=number,
            kind=NoticeKind.OUTAGE,
            decision=decision,
            actor="bob",
            now=NOW,
            **more,
        )


async def test_a_message_is_approved_in_a_persons_words_held_and_approved_again(
    desk: Desk, cut: int
) -> None:
    approved = await decide(desk, cut, NoticeState.APPROVED, words="We are digging.")
    held = await decide(desk, cut, NoticeState.DECLINED)
    again = await decide(desk, cut, NoticeState.APPROVED)

    assert ["approved", "declined", "approved"] == [each.state for each in (approved, held, again)]
    assert ("We are digging.", "bob") == (again.text, again.decided_by)
    assert ["outage.notice"] * 3 == await audited(desk, "outage")


@pytest.mark.parametrize("state", ["sent", "dropped"])
async def test_a_message_that_is_out_or_moot_is_past_deciding(
    desk: Desk, database, cut: int, state: str
) -> None:
    async with database(Role.COLLECTORS).transaction() as transaction:
        await transaction.execute(update(notice).values(state=state))

    with pytest.raises(Refused, match=f"is {state} already"):
        await decide(desk, cut, NoticeState.APPROVED)


async def declare(desk: Desk, place: Place, **more: Any) -> outages.Outage:
    async with desk.transaction() as transaction:
        return await declared_outages.declare(
            transaction, place, title="digger", started_at=NOW, actor="bob", now=NOW, **more
        )


async def test_a_person_declares_an_outage_of_an_area_a_device_or_its_port(
    desk: Desk, cut: int
) -> None:
    await desk.sell("carl", subscriber="S-3", area="North")
    await desk.sell("dora", subscriber="S-4", area="North")
    made = [
        await declare(desk, place, estimate=LATER)
        for place in (
            Place(area="North"), Place(device="olt1"), Place(device="olt1", port="0/1/3")
        )
    ]  # fmt: skip
    async with desk.transaction() as transaction:
        met = await outages.met(transaction, made[0].outage)
        (message,) = await notices.of_outage(transaction, made[0].outage)

    assert [("area", 2, 2), ("olt", 1, 2), ("pon", 1, 2)] == [
        (each.scope, each.subscribers, each.lines) for each in made
    ]
    assert ["carl", "dora"] == [each.login for each in met]
    assert ("awaiting", "bob") == (message.state, made[0].estimated_by)
    with pytest.raises(Refused, match="not said where"):
        await declare(desk, Place())


async def test_a_declared_outage_is_over_when_a_person_says_so(desk: Desk, cut: int) -> None:
    made = await declare(desk, Place(device="olt1"))
    async with desk.transaction() as transaction:
        await notices.decide(
            transaction, number=made.outage, kind=NoticeKind.OUTAGE,
            decision=NoticeState.APPROVED, actor="bob", now=NOW,
        )  # fmt: skip
        over = await declared_outages.restore(
            transaction, number=made.outage, actor="bob", now=LATER
        )
        met = await outages.met(transaction, made.outage)
        kinds = [each.kind for each in await notices.of_outage(transaction, made.outage)]
        for number, problem in ((made.outage, "is over"), (cut, "watched by the collectors")):
            with pytest.raises(Refused, match=problem):
                await declared_outages.restore(transaction, number=number, actor="bob", now=LATER)

    assert ("restored", LATER, 3600) == (over.state, over.restored_at, over.duration_seconds)
    assert {LATER} == {each.restored_at for each in met}
    assert ["outage", "restored"] == sorted(kinds)


async def test_alarms_stand_worst_first_until_cleared_and_are_acknowledged_once(
    desk: Desk, database
) -> None:
    await enter(desk)
    async with database(Role.COLLECTORS).transaction() as transaction:
        low = await see_alarm(transaction, "olt1", "onu 1", NOW, value=-28.5, threshold=-27)
        bad = await see_alarm(transaction, "olt1", "olt1", NOW, severity="critical")
        gone = await see_alarm(transaction, "olt1", "onu 2", NOW, cleared_at=NOW)
    async with desk.transaction() as transaction:
        standing = await alarms.listed(transaction, standing=True)
        every = await alarms.listed(transaction, standing=False)
        first = await alarms.acknowledge(transaction, alarms=[low, bad], actor="bob", now=NOW)
        second = await alarms.acknowledge(transaction, alarms=[low], actor="eve", now=NOW)
        with pytest.raises(Refused, match="there is no alarm 4711"):
            await alarms.acknowledge(transaction, alarms=[low, 4711], actor="bob", now=NOW)
        known = await alarms.listed(transaction, standing=True)

    assert [bad, low] == [each.alarm for each in standing]
    assert [bad, low, gone] == [each.alarm for each in every]
    assert ("olt1 onu 1", -28.5) == (standing[1].where, standing[1].value)
    assert (2, 0) == (first, second)
    assert {"bob"} == {each.acknowledged_by for each in known}
    assert ["alarm.acknowledge"] * 2 == await audited(desk, "alarm")


async def plan(desk: Desk, place: Place, **more: Any) -> maintenance.Maintenance:
    when = {"starts_at": NOW, "ends_at": LATER, "reason": "splicing"} | more
    async with desk.transaction() as transaction:
        return await maintenance.add(transaction, place, actor="bob", now=NOW, **when)


async def test_work_is_planned_for_everything_an_area_a_device_its_port_or_a_nas(
    desk: Desk, cut: int
) -> None:
    async with desk.transaction() as transaction:
        await nas.add(
            transaction,
            name="bras1",
            address="192.0.2.1",
            secret=Secret("a secret of the tests"),
            keys=desk.keys,
            actor="bob",
            now=NOW,
        )
    places = (
        Place(),
        Place(area="North"),
        Place(device="olt1"),
        Place(device="olt1", port="0/1/3"),
        Place(nas="bras1"),
    )
    async with desk.transaction() as transaction:
        await devices.change(
            transaction,
            name="olt1",
            changes={"area": "North"},
            keys=desk.keys,
            actor="bob",
            now=NOW,
        )
        with pytest.raises(Refused, match="nothing is in an area Nord") as refused:
            await find_place(transaction, Place(area="Nord"))
    assert "there are: North" in refused.value.remedy
    made = [await plan(desk, place) for place in places]

    assert [
        ("provider", "everything"),
        ("area", "North"),
        ("device", "olt1"),
        ("port", "olt1 0/1/3"),
        ("nas", "bras1"),
    ] == [(each.scope, each.where) for each in made]


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        (Place(area="North", device="olt1"), "several places"),
        (Place(port="0/1/3"), "several places"),
        (Place(device="olt1", port="9/9/9"), "olt1 has no port 9/9/9"),
        (Place(device="olt9"), "there is no device olt9"),
    ],
)
async def test_work_somewhere_unknown_is_refused(
    desk: Desk, cut: int, place: Place, problem: str
) -> None:
    with pytest.raises(Refused, match=problem):
        await plan(desk, place)


async def test_work_that_is_over_before_it_begins_is_refused(desk: Desk) -> None:
    for when in ({"ends_at": NOW}, {"starts_at": LATER + HOUR}):
        with pytest.raises(Refused, match="over before it begins"):
            await plan(desk, Place(), **when)


async def test_work_to_come_is_called_off_and_work_under_way_ends_now(desk: Desk) -> None:
    to_come = await plan(desk, Place(), starts_at=LATER, ends_at=LATER + HOUR)
    begun = await plan(desk, Place(), starts_at=NOW - HOUR)
    async with desk.transaction() as transaction:
        for each in (to_come, begun):
            await maintenance.remove(transaction, number=each.maintenance, actor="eve", now=NOW)
        planned = await maintenance.listed(transaction, NOW)
        over = {each.maintenance: each for each in await maintenance.listed(
            transaction, NOW, past=True
        )}  # fmt: skip
        with pytest.raises(Refused, match="is over"):
            await maintenance.remove(transaction, number=begun.maintenance, actor="eve", now=NOW)

    assert () == planned
    assert "eve" == over[to_come.maintenance].cancelled_by
    assert (NOW, None) == (over[begun.maintenance].ends_at, over[begun.maintenance].cancelled_at)
    assert ["maintenance.add"] * 2 + ["maintenance.remove"] * 2 == await audited(
        desk, "maintenance"
    )
