"""Readings of an OLT in a real database: which outages follow, and whom they met."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from collectors.outage_watch import OutageWatch
from database.connect import Database, Role
from database.tables.access_network import onu
from database.tables.outages import maintenance_window, notice, outage, outage_subscriber
from isp.access_network import OnuState
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLL = timedelta(minutes=5)
ONLINE, LOS, GASP = OnuState.ONLINE, OnuState.LOS, OnuState.DYING_GASP
ALL = range(64)


@pytest.fixture
def looked_soon() -> list[int]:
    return []


@pytest.fixture
async def site(database: Open, looked_soon) -> OltSite:
    """An OLT with one port of 64 ONUs, all online, watched by the collectors' own role."""
    site = OltSite(database(Role.OWNER), [OutageWatch(look_soon=looked_soon.append)])
    await site.build(NOON - timedelta(days=1))
    return site


async def states(site: OltSite, polls, start=NOON) -> list[str | None]:
    """The first outage's state after each poll; a poll is the ONUs that change."""
    seen, now = [], start
    for changes in polls:
        await site.read(changes, now)
        rows = await site.table(outage)
        seen.append(rows[0].state if rows else None)
        now += POLL
    return seen


async def test_a_cut_of_a_port_is_one_outage_of_64_subscribers_within_two_polls(site, looked_soon):
    assert ["suspected", "open", "open"] == await states(site, [dict.fromkeys(ALL, LOS), {}, {}])
    [found] = await site.table(outage)
    met = await site.table(outage_subscriber)

    assert ("pon", "fibre_cut", ["0/1/0"], "north", 64, 64) == (
        found.scope, found.cause, found.ports, found.area, found.lines, found.subscribers,
    )  # fmt: skip
    assert set(site.subscribers.values()) == {row.subscriber_id for row in met}
    assert [("outage", "awaiting")] == [(row.kind, row.state) for row in await site.table(notice)]
    assert [site.device_id] == looked_soon


async def test_it_is_restored_likewise(site):
    cut, mended = dict.fromkeys(ALL, LOS), dict.fromkeys(ALL, ONLINE)

    assert ["suspected", "open"] == await states(site, [cut, {}])
    await site.approve_messages()
    assert ["restoring", "restored", "restored"] == await states(
        site, [mended, {}, {}], NOON + 2 * POLL
    )
    [found] = await site.table(outage)

    assert (NOON, NOON + 2 * POLL) == (found.started_at, found.restored_at)
    assert {NOON + 2 * POLL} == {row.restored_at for row in await site.table(outage_subscriber)}
    assert ["outage", "restored"] == [row.kind for row in await site.table(notice)]


async def test_the_end_of_an_outage_that_nobody_was_told_of_is_not_told(site):
    cut, mended = dict.fromkeys(ALL, LOS), dict.fromkeys(ALL, ONLINE)
    await states(site, [cut, {}, mended, {}])

    assert [("outage", "dropped")] == [(row.kind, row.state) for row in await site.table(notice)]


async def test_an_outage_that_a_second_look_does_not_see_is_dismissed(site):
    cut, back = dict.fromkeys(ALL, LOS), dict.fromkeys(ALL, ONLINE)

    assert ["suspected", "dismissed"] == await states(site, [cut, back])
    assert [] == await site.table(notice)


async def test_shops_that_switch_off_are_no_outage(site):
    closing = [dict.fromkeys(range(3 * turn, 3 * turn + 3), GASP) for turn in range(20)]

    assert [None] * 20 == await states(site, closing)


async def test_what_cannot_be_read_is_never_down(site):
    assert [None] == await states(site, [dict.fromkeys(ALL, OnuState.UNKNOWN)])


async def test_an_outage_is_not_over_while_its_onus_are_unknown(site):
    unknown, cut = dict.fromkeys(ALL, OnuState.UNKNOWN), dict.fromkeys(ALL, LOS)

    assert ["suspected", "open", "open", "open"] == await states(site, [cut, {}, unknown, {}])


async def test_what_falls_later_on_the_same_port_is_the_same_outage(site):
    first, late = dict.fromkeys(range(60), LOS), dict.fromkeys(range(60, 64), LOS)
    await states(site, [first, late, {}])
    [found] = await site.table(outage)

    assert ("open", 64) == (found.state, found.lines)


async def test_one_that_flaps_is_one_outage_and_one_message(site):
    cut, back = dict.fromkeys(ALL, LOS), dict.fromkeys(ALL, ONLINE)
    seen = await states(site, [cut, {}, back, cut, back, {}])
    [found] = await site.table(outage)

    assert ["suspected", "open", "restoring", "open", "restoring", "restored"] == seen
    assert (1, 1) == (found.flaps, len(await site.table(notice)))


async def test_an_onu_that_was_taken_out_meanwhile_keeps_no_outage_open(site):
    await states(site, [dict.fromkeys(ALL, LOS), {}])
    async with site.owner.transaction() as transaction:
        gone = [site.onus[number].onu_id for number in range(32)]
        await transaction.execute(update(onu).where(onu.c.onu_id.in_(gone)).values(removed_at=NOON))
    back = dict.fromkeys(range(32, 64), ONLINE)

    assert ["restoring", "restored"] == await states(site, [back, {}], NOON + 2 * POLL)


async def test_planned_work_is_an_outage_that_nobody_is_told_of(site):
    async with site.owner.transaction() as transaction:
        await transaction.execute(
            insert(maintenance_window).values(
                tenant_id=1,
                scope="port",
                pon_port_id=site.ports["0/1/0"],
                reason="splicing",
                starts_at=NOON - POLL,
                ends_at=NOON + POLL,
                created_by="ann",
                created_at=NOON,
            )
        )
    await states(site, [dict.fromkeys(ALL, LOS), {}])
    [found] = await site.table(outage)

    assert ("open", True) == (found.state, found.planned)
    assert [] == await site.table(notice)


async def test_power_that_goes_in_an_area_is_one_outage_over_its_olts(database: Open, site):
    other = OltSite(site.owner, site.consequences, name="olt2", onus_per_port=8)
    await other.build(NOON - timedelta(days=1))
    await site.read(dict.fromkeys(ALL, GASP), NOON)
    await other.read(dict.fromkeys(range(8), GASP), NOON + timedelta(minutes=3))
    [found] = await site.table(outage)

    assert ("area", "north", "power", None, 72) == (
        found.scope, found.area, found.cause, found.device_id, found.lines,
    )  # fmt: skip


async def test_the_estimate_is_what_others_like_it_took(site):
    async with site.owner.transaction() as transaction:
        for hours in (1, 2, 9):
            began = NOON - timedelta(days=hours)
            await transaction.execute(
                insert(outage).values(
                    tenant_id=1,
                    scope="pon",
                    state="restored",
                    cause="fibre_cut",
                    started_at=began,
                    detected_at=began,
                    restored_at=began + timedelta(hours=hours),
                )
            )
    await site.read(dict.fromkeys(ALL, LOS), NOON)
    await site.read({}, NOON + POLL)
    [found] = await site.rows(select(outage).where(outage.c.state == "open"))

    assert (NOON + timedelta(hours=2), "history") == (found.estimate, found.estimated_by)


async def test_an_outage_that_a_person_declared_is_left_alone(site):
    async with site.owner.transaction() as transaction:
        await transaction.execute(
            insert(outage).values(
                tenant_id=1,
                scope="pon",
                state="open",
                device_id=site.device_id,
                ports=["0/1/0"],
                started_at=NOON,
                detected_at=NOON,
                declared_by="ann",
            )
        )
    await site.read({}, NOON + POLL)

    assert ["open"] == [row.state for row in await site.table(outage)]


async def test_the_collectors_own_role_may_do_all_of_it(database: Open, site):
    await site.read(dict.fromkeys(ALL, LOS), NOON)
    site.owner = database(Role.COLLECTORS)
    seen = await states(site, [{}, dict.fromkeys(ALL, ONLINE), {}], NOON + POLL)

    assert ["open", "restoring", "restored"] == seen
