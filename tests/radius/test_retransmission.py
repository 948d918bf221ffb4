"""When a request is sent again."""

from itertools import chain, cycle, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from radius.retransmission import Schedule, waits


def test_without_jitter_the_waits_double_until_the_duration_is_spent():
    assert [2.0, 4.0, 8.0, 16.0] == list(waits(Schedule(), lambda: 0.5))


def test_the_longest_wait_and_the_most_sendings_are_kept():
    schedule = Schedule(wait_seconds_maximum=3.0, sendings_maximum=3)

    assert [2.0, 3.0, 3.0] == list(waits(schedule, lambda: 0.5))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
@settings(max_examples=200, deadline=None)
def test_whatever_the_jitter_the_bounds_hold(numbers: list[float]):
    schedule = Schedule()
    random = chain(numbers, cycle(numbers))
    listed = list(waits(schedule, lambda: next(random)))

    assert 1.8 <= listed[0] <= 2.2
    assert len(listed) <= schedule.sendings_maximum
    assert sum(listed) <= schedule.duration_seconds_maximum + 1e-9
    assert all(0 < wait <= 17.6 for wait in listed)
    for earlier, later in pairwise(listed[:-1]):
        assert 1.9 * earlier <= later <= 2.1 * earlier or later >= 14.4
