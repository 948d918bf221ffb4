"""When devices are looked at: spread, never stacked, left alone when silent, shared out."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collectors.breaker import Breaker, after
from collectors.driver import Part
from collectors.schedule import HINT_SECONDS, due, first, following, hinted
from collectors.sharing import share

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INTERVALS = {Part.INVENTORY: 3600, Part.STATE: 300}
ids = st.integers(1, 2**63 - 1)
moments = st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, tz=UTC))


def test_a_device_that_was_never_read_is_read_at_once():
    at = first(7, INTERVALS, new=True, now=NOON)

    assert frozenset(INTERVALS) == due(at, NOON)


@given(ids, moments)
def test_a_part_is_next_due_within_one_interval_and_never_in_the_past(device_id, now):
    at = following(device_id, INTERVALS, frozenset(INTERVALS), {}, now)

    for part, seconds in INTERVALS.items():
        assert now < at[part] <= now + timedelta(seconds=seconds)


@given(ids, moments, st.floats(1, 299))
def test_a_phase_is_the_devices_own_whenever_it_was_read(device_id, now, late):
    once = following(device_id, INTERVALS, frozenset(INTERVALS), {}, now)[Part.STATE]
    read = once + timedelta(seconds=late)
    again = following(device_id, INTERVALS, frozenset(INTERVALS), {}, read)[Part.STATE]

    assert abs((again - once).total_seconds() - 300) < 0.001


def test_phases_spread_devices_over_the_interval():
    at = [first(device_id, INTERVALS, new=False, now=NOON)[Part.STATE] for device_id in range(3000)]
    tenths = Counter(int((each - NOON).total_seconds() // 30) for each in at)

    assert 10 == len(tenths)
    assert max(tenths.values()) < 1.3 * min(tenths.values())


def test_parts_that_were_not_read_stay_due_when_they_were():
    at = first(7, INTERVALS, new=False, now=NOON)
    later = following(7, INTERVALS, frozenset({Part.STATE}), at, NOON + timedelta(hours=2))

    assert at[Part.INVENTORY] == later[Part.INVENTORY]


def test_a_hint_brings_the_states_forward_but_not_to_every_trap():
    at = first(7, INTERVALS, new=False, now=NOON)
    once = hinted(at, None, NOON)
    read_at = NOON
    storm = [hinted(at, read_at, NOON + timedelta(seconds=each))[Part.STATE] for each in range(5)]

    assert NOON == once[Part.STATE]
    assert {min(at[Part.STATE], NOON + timedelta(seconds=HINT_SECONDS))} == set(storm)


def test_a_silent_device_is_left_alone_ever_longer_and_an_answer_ends_it():
    breaker, now, opened = Breaker(), NOON, []
    for _ in range(9):
        breaker = after(breaker, answered=False, now=now)
        if breaker.open_until is not None:
            opened.append(int((breaker.open_until - now).total_seconds()))
            now = breaker.open_until

    assert [60, 120, 240, 480, 900, 900, 900, 900] == opened
    assert Breaker() == after(breaker, answered=True, now=now)


@given(st.sets(ids, max_size=40), st.sets(st.text("abc", min_size=1), min_size=1, max_size=5))
def test_every_device_has_exactly_one_collector(devices, names):
    shares = [share(devices, names, me) for me in names]

    assert Counter(devices) == Counter(each for mine in shares for each in mine)


def test_a_collector_that_goes_moves_only_its_own_devices():
    names = {"a", "b", "c", "d"}
    before = {me: share(range(1000), names, me) for me in names}
    after_it = {me: share(range(1000), names - {"d"}, me) for me in names - {"d"}}

    assert all(before[me] <= after_it[me] for me in after_it)
    assert all(180 < len(mine) < 330 for mine in before.values())
