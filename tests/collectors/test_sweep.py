"""What no reading tells: a silent OLT, a NAS without its sessions."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from chassis.clock import ManualClock
from collectors.nas_watch import NasWatch
from collectors.outage_watch import OutageWatch
from collectors.silence import Silence, is_outage
from collectors.store.only_here import only_here
from collectors.sweep import Sweep
from collectors.symptoms import Limits
from database.connect import Database, Role
from database.tables.access_history import device_ping
from database.tables.access_network import device_status
from database.tables.enforcement import enforcement_action
from database.tables.network import nas
from database.tables.outages import alarm, notice, outage, outage_subscriber
from database.tables.sessions import session_live
from isp.access_network import OnuState
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LINES = 20


@pytest.mark.parametrize(
    ("silence", "outage"),
    [
        (Silence(since=None, lines=64), False),
        (Silence(since=NOON - MINUTE, lines=64), False),
        (Silence(since=NOON - 5 * MINUTE, lines=64), True),
        (Silence(since=NOON - 5 * MINUTE, lines=64, pinged=False), True),
        (Silence(since=NOON - 5 * MINUTE, lines=64, pinged=True), False),
        (Silence(since=NOON - 5 * MINUTE, lines=3), False),
        (Silence(since=NOON - 5 * MINUTE, lines=64, sessions=60), False),
        (Silence(since=NOON - 20 * MINUTE, lines=64, sessions=60), True),
        (Silence(since=NOON - 20 * MINUTE, lines=64, sessions=60, heard=7), False),
        (Silence(since=NOON - 5 * MINUTE, lines=64, sessions=20, ended=40), True),
    ],
)
def test_a_silent_olt_is_an_outage_unless_its_subscribers_are_heard(silence, outage):
    assert outage is is_outage(silence, NOON)


@pytest.fixture
async def site(database: Open) -> OltSite:
    site = OltSite(
        database(Role.OWNER), [OutageWatch(look_soon=lambda _: None)], onus_per_port=LINES
    )
    await site.build(NOON - timedelta(days=1))
    await write(
        site,
        insert(device_status).values(
            device_id=site.device_id, tenant_id=1, state="reachable", state_changed_at=NOON
        ),
    )
    return site


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def looked_soon() -> list[int]:
    return []


@pytest.fixture
def sweep(database: Open, clock: ManualClock, looked_soon: list[int]) -> Sweep:
    return Sweep(database(Role.COLLECTORS), clock, Limits(), NasWatch(looked_soon.append))


async def write(site: OltSite, *statements: Any) -> None:
    async with site.owner.transaction() as transaction:
        for statement in statements:
            await transaction.execute(statement)


async def turns(sweep: Sweep, clock: ManualClock, count: int, seconds: float = 60) -> None:
    for _ in range(count):
        clock.advance(seconds)
        await sweep.turn()


async def test_a_silent_olt_is_an_alarm_and_one_outage_of_its_lines(site, sweep, clock):
    silent = update(device_status).values(state="unreachable", state_changed_at=NOON)
    await write(site, silent)
    await turns(sweep, clock, 4)
    [found] = await site.table(outage)
    [raised] = await site.table(alarm)

    assert ("olt", "device", "open", LINES, LINES) == (
        found.scope, found.cause, found.state, found.lines, found.subscribers,
    )  # fmt: skip
    assert ("device_unreachable", "critical") == (raised.kind, raised.severity)
    assert 1 == len(await site.table(notice))

    await write(site, update(device_status).values(state="reachable", state_changed_at=clock.now()))
    for _ in range(2):
        await site.read({}, clock.now())
    await turns(sweep, clock, 12)

    assert ["restored"] == [row.state for row in await site.table(outage)]
    assert [True] == [row.cleared_at is not None for row in await site.table(alarm)]


async def test_an_olt_that_answers_echo_requests_is_no_outage(site, sweep, clock):
    ping = insert(device_ping).values(
        device_id=site.device_id, tenant_id=1, sent=20, lost=0, checked_at=NOON, last_answer_at=NOON
    )
    await write(
        site, ping, update(device_status).values(state="unreachable", state_changed_at=NOON)
    )
    await turns(sweep, clock, 4)

    assert [] == await site.table(outage) + await site.table(alarm)


async def test_lost_echo_requests_are_an_alarm(site, sweep, clock):
    ping = insert(device_ping).values(
        device_id=site.device_id, tenant_id=1, sent=20, lost=6, checked_at=NOON, last_answer_at=NOON
    )
    await write(site, ping)
    await turns(sweep, clock, 3)

    assert [("device_loss", 0.3)] == [(row.kind, row.value) for row in await site.table(alarm)]


async def test_an_outage_of_a_silent_olt_is_open_while_its_onus_were_not_read(site, sweep, clock):
    await write(site, update(device_status).values(state="unreachable", state_changed_at=NOON))
    await turns(sweep, clock, 10)

    assert ["open"] == [row.state for row in await site.table(outage)]
    assert {None} == {row.restored_at for row in await site.table(outage_subscriber)}


async def sessions(site: OltSite, count: int) -> int:
    """A NAS with a session of each of the first lines; its number."""
    async with site.owner.transaction() as transaction:
        nas_id = await transaction.scalar(
            insert(nas)
            .values(tenant_id=1, name="bras1", address="192.0.2.1", secret_sealed=b"")
            .returning(nas.c.nas_id)
        )
        rows = [
            {
                "session_key": uuid.uuid4(),
                "tenant_id": 1,
                "subscriber_id": site.subscribers[number],
                "service_id": number + 1,
                "nas_id": nas_id,
                "acct_session_id": str(number),
                "started_at": NOON - timedelta(hours=1),
                "last_seen_at": NOON,
            }
            for number in range(count)
        ]
        await transaction.execute(insert(session_live), rows)
    return int(nas_id)


def ended(at: datetime, *numbers: int) -> Any:
    these = session_live.c.acct_session_id.in_([str(number) for number in numbers])
    return update(session_live).where(these).values(ended_at=at)


async def lose(site: OltSite, sweep: Sweep, clock: ManualClock, *numbers: int) -> None:
    """Two counts of all sessions, a third without these."""
    await turns(sweep, clock, 2, 15)
    await write(site, ended(clock.now(), *numbers))
    await turns(sweep, clock, 1, 15)


async def read_again(site: OltSite, sweep: Sweep, clock: ManualClock) -> None:
    """All lines are lit a second later; then the next turn."""
    clock.advance(1)
    await site.read({}, clock.now())
    await turns(sweep, clock, 1, 15)


async def found(site: OltSite) -> list[tuple[str, str, int]]:
    return [(row.scope, row.state, row.lines) for row in await site.table(outage)]


async def test_a_nas_that_loses_a_third_of_its_sessions_is_one_outage(
    site, sweep, clock, looked_soon
):
    nas_id = await sessions(site, LINES)
    await lose(site, sweep, clock, *range(7))
    assert [site.device_id] == looked_soon

    await read_again(site, sweep, clock)
    [made] = await site.table(outage)

    assert ("nas", "sessions_lost", "open", nas_id, 7, 7) == (
        made.scope, made.cause, made.state, made.nas_id, made.lines, made.subscribers,
    )  # fmt: skip

    await site.approve_messages()
    await write(site, update(session_live).values(ended_at=None))
    await turns(sweep, clock, 2, 15)

    assert ["restored"] == [row.state for row in await site.table(outage)]
    assert ["outage", "restored"] == [row.kind for row in await site.table(notice)]


async def test_a_loss_is_suspected_until_the_olts_of_its_lines_were_read(site, sweep, clock):
    await sessions(site, LINES)
    await lose(site, sweep, clock, *range(LINES))
    await site.read({}, clock.now() - timedelta(seconds=1))
    await turns(sweep, clock, 10, 15)
    assert [("nas", "suspected", 0)] == await found(site)

    await turns(sweep, clock, 10, 15)
    assert [("nas", "open", LINES)] == await found(site)


async def test_every_process_asks_its_own_olts_about_the_lines(
    site, sweep, clock, looked_soon, database
):
    await sessions(site, LINES)
    elsewhere: list[int] = []
    other = Sweep(database(Role.COLLECTORS), clock, Limits(), NasWatch(elsewhere.append))
    await lose(site, sweep, clock, *range(LINES))
    async with site.owner.transaction() as first_process:
        assert await only_here(first_process, "sweep")
        await other.turn()

    assert [site.device_id] == looked_soon == elsewhere


async def test_sessions_that_went_with_their_lines_are_the_olts_outage_alone(site, sweep, clock):
    await sessions(site, LINES)
    await lose(site, sweep, clock, *range(LINES))
    for _ in range(2):
        await site.read(dict.fromkeys(range(LINES), OnuState.LOS), clock.now())
        await turns(sweep, clock, 12, 15)

    assert [("nas", "dismissed", 0), ("pon", "open", LINES)] == await found(site)
    assert 1 == len(await site.table(notice))


async def test_lines_that_are_known_to_be_dark_raise_no_suspicion_of_the_nas(site, sweep, clock):
    await sessions(site, LINES)
    for _ in range(2):
        await site.read(dict.fromkeys(range(LINES), OnuState.LOS), clock.now())
    await lose(site, sweep, clock, *range(LINES))

    assert [("pon", "open", LINES)] == await found(site)


async def test_sessions_that_went_with_a_dead_olt_are_its_outage_alone(site, sweep, clock):
    await sessions(site, LINES)
    await lose(site, sweep, clock, *range(LINES))
    await write(site, update(device_status).values(state="unreachable", state_changed_at=NOON))
    await turns(sweep, clock, 20, 15)

    assert [("nas", "dismissed", 0), ("olt", "open", LINES)] == await found(site)
    assert 1 == len(await site.table(notice))


async def test_a_nas_that_goes_while_some_lines_are_dark_has_the_others(site, sweep, clock):
    await sessions(site, LINES)
    await site.read(dict.fromkeys(range(4), OnuState.LOS), clock.now())
    await lose(site, sweep, clock, *range(LINES))
    await read_again(site, sweep, clock)

    assert [("nas", "open", LINES - 4)] == await found(site)


async def test_sessions_that_were_ended_on_purpose_are_no_line_of_an_outage(site, sweep, clock):
    nas_id = await sessions(site, LINES)
    [*keys] = [row.session_key for row in await site.table(session_live)]
    action = {
        "tenant_id": 1, "nas_id": nas_id, "acct_session_id": "", "kind": "disconnect",
        "cause": "hold", "outcome": "ack",
    }  # fmt: skip
    await turns(sweep, clock, 2, 15)
    cut_off = [action | {"session_key": key, "at": clock.now()} for key in keys[:2]]
    await write(site, insert(enforcement_action).values(cut_off), ended(clock.now(), *range(LINES)))
    await turns(sweep, clock, 1, 15)
    await read_again(site, sweep, clock)

    assert [("nas", "open", LINES - 2)] == await found(site)


async def test_sessions_that_a_restart_ended_when_they_were_last_seen_are_lost_too(
    site, sweep, clock
):
    await sessions(site, LINES)
    await turns(sweep, clock, 2, 15)
    seen = clock.now() - timedelta(minutes=9)
    await write(site, ended(seen, *range(LINES)).values(closed_by="nas_restart"))
    await turns(sweep, clock, 1, 15)
    await read_again(site, sweep, clock)

    assert [("nas", "open", LINES)] == await found(site)
    assert NOON < (await site.table(outage_subscriber))[0].down_at


async def test_sessions_that_moved_to_another_nas_raise_no_suspicion(site, sweep, clock):
    await sessions(site, LINES)
    await turns(sweep, clock, 2, 15)
    async with site.owner.transaction() as transaction:
        other = insert(nas).values(
            tenant_id=1, name="bras2", address="192.0.2.2", secret_sealed=b""
        )
        nas_id = await transaction.scalar(other.returning(nas.c.nas_id))
        await transaction.execute(update(session_live).values(nas_id=nas_id))
    await turns(sweep, clock, 3, 15)

    assert [] == await found(site)


async def test_the_outage_of_a_nas_that_was_removed_is_looked_at_until_it_is_over(
    site, sweep, clock
):
    await sessions(site, LINES)
    await lose(site, sweep, clock, *range(LINES))
    await read_again(site, sweep, clock)
    await write(
        site, update(nas).values(removed_at=NOON), update(session_live).values(ended_at=None)
    )
    await turns(sweep, clock, 2, 15)

    assert [("nas", "restored", LINES)] == await found(site)


async def test_sessions_that_come_and_go_are_no_outage(site, sweep, clock):
    await sessions(site, LINES)
    for number in range(8):
        await turns(sweep, clock, 2, 30)
        await write(site, ended(clock.now(), number))

    assert [] == await site.table(outage)


async def test_a_nas_without_any_session_ever_is_quiet(site, sweep, clock):
    await sessions(site, 1)
    await write(site, delete(session_live))
    await turns(sweep, clock, 5, 15)

    assert [] == await site.table(outage)


async def test_onus_of_an_olt_that_came_back_dark_stay_in_its_outage(site, sweep, clock):
    await write(site, update(device_status).values(state="unreachable", state_changed_at=NOON))
    await turns(sweep, clock, 4)
    await write(site, update(device_status).values(state="reachable", state_changed_at=clock.now()))
    for _ in range(2):
        await site.read(dict.fromkeys(range(LINES), OnuState.LOS), clock.now())

    assert ["open"] == [row.state for row in await site.table(outage)]
