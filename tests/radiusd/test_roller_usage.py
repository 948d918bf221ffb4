"""How octets get from sessions into hours, and are counted once whatever arrives when."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from radiusd.accounting import Status
from tests.support.accounting import SERVICE_ID, START, SUBSCRIBER_ID, cookie, record, session
from tests.support.recording import enter_service, set_zone

pytestmark = pytest.mark.database


async def test_octets_that_cross_an_hour_are_split_by_time(books):
    start = START + timedelta(minutes=50)
    await books.write_each(
        *session((Status.START, 0, 0), (Status.INTERIM, 1200, 1001), start=start)
    )
    await books.roll()

    assert {START: (500, 1001), START + timedelta(hours=1): (501, 1001)} == await books.usage()


async def test_records_in_between_tell_more_than_time(books):
    start = START + timedelta(minutes=50)
    await books.write(
        *session(
            (Status.START, 0, 0),
            (Status.INTERIM, 600, 990),
            (Status.INTERIM, 1200, 1000),
            start=start,
        )
    )
    await books.roll()

    assert {START: (990, 1980), START + timedelta(hours=1): (10, 20)} == await books.usage()


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        # A zone of 5:45: its hours begin at a quarter past the hour of UTC.
        ("Asia/Kathmandu", datetime(2025, 3, 4, 10, 5, tzinfo=UTC), [-50, 10]),
        # Clocks go back at 01:00 UTC: both local hours between two and three are hours.
        ("Europe/Berlin", datetime(2025, 10, 26, 0, 50, tzinfo=UTC), [-50, 10]),
        # Clocks go forward at 01:00 UTC: from two to three there is nothing.
        ("Europe/Berlin", datetime(2025, 3, 30, 0, 50, tzinfo=UTC), [-50, 10]),
        # Clocks go back half an hour at 15:00 UTC: from half past one, whose hour began at 14:30.
        ("Australia/Lord_Howe", datetime(2025, 4, 5, 14, 50, tzinfo=UTC), [-50, -20]),
    ],
)
async def test_hours_are_the_tenants_own(books, database_config, zone, start, hours):
    await set_zone(database_config, zone)
    await books.open_on(start.date())
    await books.write(*session((Status.START, 0, 0), (Status.STOP, 1200, 1000), start=start))
    await books.roll(start + timedelta(hours=1))

    first, second = (start + timedelta(minutes=minutes) for minutes in hours)
    assert {first: (500, 1000), second: (500, 1000)} == await books.usage()


async def test_a_long_gap_is_spread_over_all_its_hours_to_the_octet(books):
    await books.write(*session((Status.START, 0, 0), (Status.INTERIM, 10 * 3600, 100_003)))
    await books.roll()

    usage = await books.usage()
    assert [START + timedelta(hours=number) for number in range(10)] == list(usage)
    assert (100_003, 200_006) == await books.used()


async def test_a_session_from_before_the_service_was_entered_counts_from_its_first_sight(
    books, database_config
):
    await enter_service(database_config, created_at=START + timedelta(hours=1))
    known = {"ann@isp": (11, 21)}
    first, second = session(
        (Status.INTERIM, 7200, 10_000),
        (Status.INTERIM, 7500, 10_500),
        class_value=None,
        services=known,
    )
    await books.write(first)
    await books.roll()
    await books.write(second)
    await books.roll()

    assert (500, 1000) == await books.used()


async def test_crossing_the_cap_is_told_once(books, database_config):
    await enter_service(database_config, created_at=START - timedelta(days=1), cap_octets=3000)
    start, interim, stop = session(
        (Status.START, 0, 0), (Status.INTERIM, 300, 1000), (Status.STOP, 400, 1500)
    )
    crossed = []
    for one in (interim, start, stop):
        await books.write(one)
        crossed.append((await books.roll()).crossed_cap)

    assert [(SERVICE_ID,), (), ()] == crossed


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_lost_repeated_or_late_totals_are_what_arrived(books, seed):
    """Each session's total is the most that its delivered records say, wherever turns fall."""
    chance = random.Random(seed)
    sent, expected = [], {}
    for number in range(30):
        parts = [part(Status.START, 0, 0, number, chance)]
        octets = seconds = 0
        for _ in range(chance.randrange(6)):
            octets, seconds = octets + chance.randrange(1 << 33), seconds + chance.randrange(1, 900)
            parts.append(part(Status.INTERIM, seconds, octets, number, chance))
        seconds += chance.randrange(30, 900)
        parts.append(part(Status.STOP, seconds, chance.choice([0, octets + 7]), number, chance))
        arrived = [each for each in parts if chance.random() < 0.7]
        arrived += [each for each in arrived if chance.random() < 0.3]
        sent += arrived
        expected[f"{number}"] = max((each.octets_up for each in arrived), default=0)
    chance.shuffle(sent)
    while sent:
        count = chance.randrange(1, 25)
        await books.write(*sent[:count])
        del sent[:count]
        if chance.random() < 0.4:
            await books.roll()
    await books.roll()

    totals = dict.fromkeys(expected, 0)
    for row in [*await books.live(), *await books.closed()]:
        totals[row.acct_session_id] += row.octets_up
    assert expected == totals
    assert (sum(expected.values()), 2 * sum(expected.values())) == await books.used()


def part(status: Status, seconds: int, octets: int, number: int, chance: random.Random):
    """A record of the session with that number; one in ten lost its Class on the way."""
    return record(
        status,
        seconds,
        octets,
        start=START + timedelta(minutes=number),
        session_id=f"{number}",
        station=f"02:00:00:00:01:{number:02x}",
        class_value=None if chance.random() < 0.1 else cookie(number),
        services={"ann@isp": (SUBSCRIBER_ID, SERVICE_ID)},
    )
