"""From recorded accounting to closed sessions and hours of usage."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from database.tables.sessions import session_live
from radiusd.accounting import Record, Status
from radiusd.store.rolling import mark_suspects, roll
from tests.support.accounting import (
    SERVICE_ID,
    START,
    SUBSCRIBER_ID,
    attributes,
    cookie,
    read,
    record,
    session,
)

pytestmark = pytest.mark.database


WHOLE = ((Status.START, 0, 0), (Status.INTERIM, 300, 1000), (Status.STOP, 400, 1500))


async def test_a_session_that_stopped_is_history_and_its_usage_counted(books):
    await books.write_each(*session(*WHOLE))
    await books.roll()

    (closed,) = await books.closed()
    assert [] == await books.live()
    assert ("stop", 1500, 3000, START + timedelta(seconds=400)) == (
        closed.closed_by,
        closed.octets_up,
        closed.octets_down,
        closed.ended_at,
    )
    assert {START: (1500, 3000)} == await books.usage()


async def test_rolling_again_changes_nothing(books):
    await books.write_each(*session(*WHOLE))
    await books.roll()
    await books.roll()

    assert 1 == len(await books.closed())
    assert (1500, 3000) == await books.used()


async def test_usage_of_a_session_that_goes_on_is_counted_as_it_grows(books):
    start, interim, stop = session(*WHOLE)
    await books.write(start, interim)
    await books.roll()
    used_so_far = await books.used()
    await books.write(stop)
    await books.roll()

    assert (1000, 2000) == used_so_far
    assert (1500, 3000) == await books.used()


async def test_one_batch_with_all_of_a_session_is_that_session(books):
    await books.write(*reversed(session(*WHOLE)))
    await books.roll()

    (closed,) = await books.closed()
    assert (1500, 400) == (closed.octets_up, closed.session_time_seconds)
    assert 3 == len(await books.records())


async def test_a_late_interim_raises_the_closed_session_and_its_usage(books):
    start, interim, stop = session(
        (Status.START, 0, 0), (Status.INTERIM, 300, 9000), (Status.STOP, 400, 0)
    )
    await books.write(start, stop)
    await books.roll()
    await books.write(interim)
    await books.roll()

    (closed,) = await books.closed()
    assert [] == await books.live()
    assert (9000, "stop", START + timedelta(seconds=400)) == (
        closed.octets_up,
        closed.closed_by,
        closed.ended_at,
    )
    assert (9000, 18000) == await books.used()


async def test_a_late_start_and_an_interim_after_stop_reopen_nothing(books):
    start, interim, stop = session(*WHOLE)
    await books.write(stop)
    await books.roll()
    await books.write(start)
    await books.write(interim)
    await books.roll()

    assert ([], 1) == (await books.live(), len(await books.closed()))
    assert (1500, 3000) == await books.used()


async def test_a_second_stop_does_not_bill_twice_nor_move_the_end_back(books):
    await books.write_each(*session(*WHOLE))
    await books.roll()
    await books.write(record(Status.STOP, 390, 1400))
    await books.roll()

    (closed,) = await books.closed()
    assert START + timedelta(seconds=400) == closed.ended_at
    assert (1500, 3000) == await books.used()


@pytest.mark.parametrize("seconds", [0, 5, 400])
async def test_a_stop_that_is_read_again_much_later_is_the_same_session(books, seconds):
    """Without Class and Event-Timestamp, as a worker finds it in its predecessor's socket."""
    stop = attributes(Status.STOP, seconds=seconds, up=1500, down=3000)
    for late_by in (0, 45, 590):
        read_at = START + timedelta(seconds=late_by)
        again = read(stop, received_at=read_at, services={"ann@isp": (SUBSCRIBER_ID, SERVICE_ID)})
        assert isinstance(again, Record)
        await books.write(again)
        await books.roll()

    (closed,) = await books.closed()
    assert ([], 1500, seconds) == (
        await books.live(),
        closed.octets_up,
        closed.session_time_seconds,
    )
    assert (1500, 3000) == await books.used()


async def test_yesterdays_stop_sent_once_more_is_no_other_session(books):
    """Without Class and Event-Timestamp nothing but its counters says what it is a copy of."""
    stop = attributes(Status.STOP, seconds=400, up=1_500_000, down=3_000_000)
    copies = []
    for late_by in (timedelta(), timedelta(hours=2), timedelta(hours=20)):
        known = {"ann@isp": (SUBSCRIBER_ID, SERVICE_ID)}
        again = read(stop, received_at=START + late_by, services=known)
        assert isinstance(again, Record)
        await books.write(again)
        copies.append((await books.roll()).copies)

    (closed,) = await books.closed()
    assert ([], START) == (await books.live(), closed.ended_at)
    assert [(), (closed.nas_id,), (closed.nas_id,)] == copies
    assert (1_500_000, 3_000_000) == await books.used()


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_a_packet_that_lost_its_class_does_not_split_the_session(books, lost):
    parts = session(*WHOLE)
    parts[lost] = record(*WHOLE[lost], class_value=None)
    for part in parts:
        await books.write(part)
        await books.roll()

    (closed,) = await books.closed()
    assert [] == await books.live()
    assert (1500, 21) == (closed.octets_up, closed.service_id)
    assert (1500, 3000) == await books.used()


async def test_a_session_whose_service_is_known_later_counts_in_full(books):
    start, interim, _ = session(*WHOLE, class_value=None)
    stop = record(*WHOLE[2], class_value=None, services={"ann@isp": (11, 21)})
    await books.write_each(start, interim)
    await books.roll()
    nobodys = await books.used()
    await books.write(stop)
    await books.roll()

    (closed,) = await books.closed()
    assert (0, 0) == nobodys
    assert 21 == closed.service_id
    assert (1500, 3000) == await books.used()


async def test_an_id_used_again_after_a_reboot_is_another_session(books):
    later = START + timedelta(hours=2)
    await books.write_each(*session(*WHOLE[:2]))
    await books.roll()
    await books.write_each(*session(*WHOLE, start=later, class_value=cookie(2)))
    await books.roll()

    first, second = sorted(await books.closed(), key=lambda row: row.started_at)
    assert ("replaced", 1000, START + timedelta(seconds=300)) == (
        first.closed_by,
        first.octets_up,
        first.ended_at,
    )
    assert ("stop", 1500, later) == (second.closed_by, second.octets_up, second.started_at)
    assert (2500, 5000) == await books.used()


async def test_an_id_used_again_without_our_class_is_another_session(books):
    known = {"ann@isp": (11, 21)}
    again = START + timedelta(hours=2)
    await books.write_each(*session(*WHOLE[:2], class_value=None, services=known))
    await books.roll()
    await books.write_each(*session(*WHOLE, start=again, class_value=None, services=known))
    await books.roll()
    third = START + timedelta(hours=4)
    await books.write_each(*session(*WHOLE, start=third, class_value=None, services=known))
    await books.roll()

    assert [1000, 1500, 1500] == sorted(row.octets_up for row in await books.closed())
    assert (4000, 8000) == await books.used()


async def test_a_new_login_on_the_line_closes_the_ghost_when_last_seen(books):
    await books.write_each(*session(*WHOLE[:2], session_id="old"))
    await books.write(record(Status.START, start=START + timedelta(hours=1), class_value=cookie(2)))
    await books.roll()

    (ghost,) = await books.closed()
    (live,) = await books.live()
    assert ("old", "replaced", START + timedelta(seconds=300)) == (
        ghost.acct_session_id,
        ghost.closed_by,
        ghost.ended_at,
    )
    assert "s1" == live.acct_session_id


async def test_a_session_on_another_line_is_not_a_ghost(books):
    await books.write_each(*session(*WHOLE[:2], session_id="old", station="02:00:00:00:00:02"))
    await books.write(record(Status.START, start=START + timedelta(hours=1), class_value=cookie(2)))
    await books.roll()

    assert ([], 2) == (await books.closed(), len(await books.live()))


async def test_a_ghost_that_goes_on_is_live_again_and_counted_once(books):
    await books.write_each(*session(*WHOLE[:2], session_id="old"))
    await books.write(record(Status.START, start=START + timedelta(hours=1), class_value=cookie(2)))
    await books.roll()
    await books.write(record(Status.INTERIM, 7200, 5000, session_id="old"))
    await books.roll()

    assert [] == await books.closed()
    assert {"old", "s1"} == {row.acct_session_id for row in await books.live()}
    assert (5000, 10000) == await books.used()


def restart(seconds: int, status: Status = Status.ACCOUNTING_ON):
    at = START + timedelta(seconds=seconds)
    return read(attributes(status, at=at), received_at=at)


async def test_a_restart_closes_what_began_before_it_at_the_last_known_counters(books):
    await books.write_each(*session(*WHOLE[:2]))
    await books.write(restart(350))
    await books.roll()

    (closed,) = await books.closed()
    assert ("nas_restart", 1000, START + timedelta(seconds=300)) == (
        closed.closed_by,
        closed.octets_up,
        closed.ended_at,
    )


async def test_a_late_restart_spares_newer_sessions(books):
    await books.write_each(
        *session((Status.START, 0, 0), start=START + timedelta(seconds=400)), restart(350)
    )
    await books.roll()

    assert ([], 1) == (await books.closed(), len(await books.live()))


async def test_what_comes_late_from_before_a_restart_stays_closed(books):
    await books.write(record(*WHOLE[0]), restart(350))
    await books.roll()
    await books.write(record(*WHOLE[1]))
    await books.roll()

    (closed,) = await books.closed()
    assert ([], 1000) == (await books.live(), closed.octets_up)
    assert (1000, 2000) == await books.used()


async def test_a_start_that_comes_after_the_restart_that_followed_it_is_closed(books):
    await books.write(restart(350))
    await books.roll()
    await books.write(record(*WHOLE[0]))
    await books.roll()

    assert ["nas_restart"] == [row.closed_by for row in await books.closed()]


async def test_a_silent_session_becomes_suspect_until_it_is_seen_again(books):
    async def suspect_at(minutes: int) -> list[bool]:
        async with books.database.transaction() as transaction:
            await mark_suspects(transaction, START + timedelta(minutes=minutes))
        return [row.suspect for row in await books.live()]

    await books.write(record(Status.START))
    seen = [await suspect_at(29), await suspect_at(31)]
    await books.write(record(Status.INTERIM, 1900, 1))

    assert [[False], [True], [False]] == [*seen, [row.suspect for row in await books.live()]]
    assert [] == await books.closed()


async def test_a_held_session_is_left_to_the_next_turn(books):
    await books.write_each(*session(*WHOLE))
    async with books.database.transaction() as holder:
        await holder.execute(select(session_live).with_for_update())
        rolling = asyncio.create_task(books.roll())
        await asyncio.sleep(0.2)
        waits = not rolling.done()
    await rolling
    await books.roll()

    assert waits
    assert 1 == len(await books.closed())
    assert (1500, 3000) == await books.used()


@pytest.mark.parametrize("status", [Status.STOP, Status.INTERIM])
async def test_a_held_repetition_is_judged_before_what_comes_after_it(books, status):
    """It was taken while a recorder held it; the next of its records is due already."""
    whole = session(*WHOLE, class_value=None, services={"ann@isp": (SUBSCRIBER_ID, SERVICE_ID)})
    again = next(each for each in whole if each.status == status)
    await books.write_each(*whole)
    await books.roll()
    await books.write_each(again, again)
    async with books.database.transaction() as holder, books.database.transaction() as roller:
        await holder.execute(select(session_live).with_for_update())
        await roll(roller, START, sessions_maximum=1)
    for _ in range(3):
        async with books.database.transaction() as roller:
            await roll(roller, START, sessions_maximum=1)

    assert ([], 1) == (await books.live(), len(await books.closed()))
    assert (1500, 3000) == await books.used()


@pytest.mark.parametrize("status", [Status.STOP, Status.INTERIM])
async def test_a_repetition_that_waits_is_not_closed_by_a_turn_of_its_services_next(books, status):
    more = {"class_value": None, "services": {"ann@isp": (SUBSCRIBER_ID, SERVICE_ID)}}
    whole = session(*WHOLE, **more)
    again = next(each for each in whole if each.status == status)
    following = START + timedelta(seconds=500)
    await books.write_each(*whole)
    await books.roll()
    await books.write(record(Status.START, session_id="s2", start=following, **more))
    await books.write(again)
    for _ in range(3):
        async with books.database.transaction() as roller:
            await roll(roller, START, sessions_maximum=1)

    assert (["s2"], 1) == (
        [live.acct_session_id for live in await books.live()],
        len(await books.closed()),
    )
    assert (1500, 3000) == await books.used()


async def test_two_rollers_take_turns(books):
    await books.write_each(*session(*WHOLE))
    async with books.database.transaction() as first, books.database.transaction() as second:
        assert await roll(first, START) is not None
        assert await roll(second, START) is None

    assert (1500, 3000) == await books.used()


async def test_a_turn_that_is_cut_short_has_done_nothing(books):
    await books.write_each(*session(*WHOLE))
    with pytest.raises(OperationalError):
        async with books.database.transaction() as transaction:
            await roll(transaction, START)
            await transaction.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    halfway = await books.used()
    await books.roll()

    assert (0, 0) == halfway
    assert (1500, 3000) == await books.used()
