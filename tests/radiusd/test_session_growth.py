"""How a session's counters grow: wraps, resets and old news, and what that comes to in usage."""

from datetime import timedelta

import pytest

from radius import numbers
from radiusd.accounting import Status
from tests.support.accounting import START, record

pytestmark = pytest.mark.database

WRAP = 1 << 32


def counted(*parts: tuple[int, int, int], gigawords: bool = True, stop: int | None = None):
    """Interims by seconds, octets up and down; the one at `stop` seconds is the Stop."""
    return [
        record(
            Status.STOP if seconds == stop else Status.INTERIM,
            seconds,
            up=up,
            down=down,
            gigawords=gigawords,
        )
        for seconds, up, down in parts
    ]


async def octets(books) -> tuple[int, int]:
    """Of the one session; its usage must be the same."""
    await books.roll()
    (one,) = [*await books.live(), *await books.closed()]
    assert (one.octets_up, one.octets_down) == await books.used()
    return one.octets_up, one.octets_down


async def test_a_counter_of_32_bits_that_wraps_goes_on(books):
    near = WRAP - 1000
    await books.write_each(
        *counted((300, near, near), (600, 500, near + 500), (900, 800, 200), gigawords=False)
    )

    assert (WRAP + 800, WRAP + 200) == await octets(books)


async def test_a_counter_that_fell_before_its_middle_began_anew(books):
    await books.write_each(*counted((300, 5_000, 9_000), (600, 100, 9_500), gigawords=False))

    assert (5_100, 9_500) == await octets(books)


async def test_with_gigawords_nothing_wraps_so_what_fell_began_anew(books):
    near = WRAP - 1000
    await books.write_each(*counted((300, near, WRAP + 5), (600, 500, WRAP + 9)))

    assert (near + 500, WRAP + 9) == await octets(books)


async def test_what_is_older_by_session_time_takes_nothing_back(books):
    await books.write_each(*counted((600, 6_000, 9_000), (300, 3_000, 4_000)))

    assert (6_000, 9_000) == await octets(books)


async def test_what_is_older_than_a_reset_is_not_counted_again(books):
    newest, reset, older = counted((900, 6_000, 6_000), (1_200, 100, 100), (600, 4_000, 4_000))
    await books.write_each(newest, reset, older, reset)

    assert (6_100, 6_100) == await octets(books)


async def test_a_stop_without_counters_keeps_what_the_interims_told(books):
    await books.write_each(*counted((300, 3_000, 4_000), (600, 0, 0), stop=600))

    assert (3_000, 4_000) == await octets(books)
    (closed,) = await books.closed()
    assert ("stop", 600) == (closed.closed_by, closed.session_time_seconds)


async def test_row_68_a_counter_that_no_line_can_reach_is_charged_to_nobody(books):
    absurd = (1 << 64) - 1
    await books.write_each(*counted((300, 10, 10), (600, absurd, 20), (900, 30, 30)))

    assert (30, 30) == await octets(books)


async def test_a_prefix_that_comes_with_an_interim_is_the_sessions_and_the_newest_counts(books):
    def delegated(number: int) -> tuple[int, bytes]:
        prefix = bytes.fromhex(f"0038 20010db8 00{number:02x}0000")
        return numbers.DELEGATED_IPV6_PREFIX, prefix

    await books.write_each(
        record(Status.START),
        record(Status.INTERIM, 600, 20, extra=(delegated(2),)),
        record(Status.INTERIM, 300, 10, extra=(delegated(1),)),
        record(Status.INTERIM, 900, 30),
    )
    (live,) = await books.live()

    assert "2001:db8:2::/56" == str(live.delegated_ipv6_prefix)
    assert START + timedelta(seconds=900) == live.last_seen_at
