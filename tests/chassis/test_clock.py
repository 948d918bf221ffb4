"""The clocks: the machine's, and one that moves only when told to."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chassis.clock import ManualClock, SystemClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_machines_clock_is_aware_and_in_utc():
    assert timedelta(0) == SystemClock().now().utcoffset()


def test_time_passes_on_both_clocks():
    clock = ManualClock(NOON)
    clock.advance(90)

    assert (NOON + timedelta(seconds=90), 90.0) == (clock.now(), clock.monotonic())


def test_a_jump_of_the_wall_clock_leaves_durations_alone():
    clock = ManualClock(NOON, monotonic_seconds=5)
    clock.set(NOON - timedelta(hours=1))

    assert (NOON - timedelta(hours=1), 5) == (clock.now(), clock.monotonic())


def test_another_zone_is_the_same_instant_in_utc():
    clock = ManualClock(NOON.astimezone(timezone(timedelta(hours=3))))

    assert (NOON, UTC) == (clock.now(), clock.now().tzinfo)


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 3, 1))  # noqa: DTZ001 - the mistake under test
