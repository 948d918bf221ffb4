"""A wall clock that jumps is not billed by until it has stood for some minutes."""

from datetime import UTC, datetime, timedelta

import pytest

from billingd.steadiness import BELIEVED_AFTER_SECONDS, Steadiness
from chassis.clock import ManualClock

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=-1), timedelta(days=365)])
def test_a_clock_that_was_set_is_believed_after_some_minutes(jump):
    clock = ManualClock(NOW)
    steadiness = Steadiness(clock)
    before = steadiness.is_steady()
    clock.set(NOW + jump)
    at_once = steadiness.is_steady()
    clock.advance(BELIEVED_AFTER_SECONDS - 1)
    still = steadiness.is_steady()
    clock.advance(1)

    assert (True, False, False, True) == (before, at_once, still, steadiness.is_steady())


def test_a_clock_that_is_corrected_a_little_is_believed():
    clock = ManualClock(NOW)
    steadiness = Steadiness(clock)
    for turn in range(100):
        clock.set(NOW + turn * timedelta(seconds=31))
        clock.advance(30)
        assert steadiness.is_steady()
