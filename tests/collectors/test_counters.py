"""Counters between two readings: what was counted, and never what was not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.counters import Break, Counted, Counters, count
from tests.support.sizes import size

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS_497_TICKS = 2**32
GIGABIT = 1_000_000_000
NARROW = frozenset({"octets_up", "octets_down"})


def reading(octets: int, *, seconds: float = 0, uptime: int | None = 100_000, **fields) -> Counters:
    ticks = None if uptime is None else (uptime + int(seconds * 100)) % DAYS_497_TICKS
    return Counters(
        at=NOON + timedelta(seconds=seconds),
        uptime_ticks=fields.pop("ticks", ticks),
        values={"octets_up": octets, **fields.pop("others", {})},
        **fields,
    )


def narrow(octets: int, **fields) -> Counters:
    return reading(octets, narrow=NARROW, **fields)


def counted(octets: int, seconds: float = 300.0) -> Counted:
    return Counted(seconds=seconds, values={"octets_up": octets})


def broken(reason: Break) -> Counted:
    return Counted(values={}, broken=reason)


def test_the_first_reading_counts_nothing():
    assert broken(Break.FIRST) == count(None, reading(5))


def test_octets_are_counted_in_the_agents_own_time():
    late = reading(1_500, seconds=310, ticks=100_000 + 30_000)

    assert counted(1_000, 300.0) == count(reading(500), late)


def test_without_an_uptime_our_own_clock_counts():
    after = reading(1_500, seconds=300, uptime=None)

    assert counted(1_000) == count(reading(500, uptime=None), after)


def test_a_counter32_wraps():
    before, after = narrow(2**32 - 100), narrow(900, seconds=300)

    assert counted(1_000) == count(before, after, bits_per_second_max=GIGABIT)


def test_a_counter32_that_wraps_leaves_the_other_counters_as_they_are():
    before = narrow(2**32 - 100, others={"octets_down": 40, "errors_in": 7})
    after = narrow(900, seconds=300, others={"octets_down": 90, "errors_in": 8})
    values = {"octets_up": 1_000, "octets_down": 50, "errors_in": 1}

    assert Counted(seconds=300.0, values=values) == count(
        before, after, bits_per_second_max=GIGABIT
    )


def test_a_counter32_that_falls_on_a_link_of_no_known_speed_was_reset():
    assert broken(Break.RESET) == count(narrow(2**32 - 100), narrow(900, seconds=300))


def test_a_counter_that_is_read_in_other_bits_is_another_counter():
    """A walk that was cut short tells the 32 bits of what is counted in 64."""
    wide, low = reading(2**40 + 500), narrow(700, seconds=300)
    wide_again = reading(2**40 + 900, seconds=600)

    assert Counted(seconds=300.0, values={}) == count(wide, low, bits_per_second_max=GIGABIT)
    assert Counted(seconds=300.0, values={}) == count(low, wide_again, bits_per_second_max=GIGABIT)


def test_a_counter64_never_wraps():
    before, after = reading(2**64 - 100), reading(900, seconds=300)

    assert broken(Break.RESET) == count(before, after)


def test_a_counter32_that_would_exceed_the_link_has_not_wrapped():
    before, after = narrow(2**31), narrow(0, seconds=10)

    assert broken(Break.IMPLAUSIBLE) == count(before, after, bits_per_second_max=GIGABIT)


def test_two_counters32_that_fall_at_once_were_cleared_by_somebody():
    before = narrow(2**31, others={"octets_down": 2**31})
    after = narrow(10, seconds=300, others={"octets_down": 10})

    assert broken(Break.RESET) == count(before, after, bits_per_second_max=GIGABIT)


def test_a_reset_of_one_counter_is_a_reset_of_all():
    before = reading(50, others={"octets_down": 9_000})
    after = reading(80, seconds=300, others={"octets_down": 400})

    assert broken(Break.RESET) == count(before, after)


def test_an_uptime_that_fell_is_a_reboot():
    assert broken(Break.REBOOT) == count(reading(500), reading(1_500, seconds=300, ticks=5_000))


def test_an_uptime_that_grew_too_little_is_a_reboot():
    assert broken(Break.REBOOT) == count(
        reading(500, ticks=10_000), reading(1_500, seconds=300, ticks=20_000)
    )


def test_an_uptime_that_passes_497_days_is_none():
    before = reading(500, uptime=DAYS_497_TICKS - 10_000)
    after = reading(1_500, seconds=300, uptime=DAYS_497_TICKS - 10_000)

    assert counted(1_000) == count(before, after)


def test_a_discontinuity_of_one_interface_is_believed():
    assert broken(Break.DISCONTINUITY) == count(
        reading(500, epoch=0), reading(1_500, seconds=300, epoch=123_456)
    )


def test_an_epoch_that_is_not_told_breaks_nothing():
    assert counted(1_000) == count(reading(500, epoch=7), reading(1_500, seconds=300))


def test_our_clock_set_back_by_an_hour_costs_nothing():
    after = Counters(
        at=NOON - timedelta(hours=1), uptime_ticks=130_000, values={"octets_up": 1_500}
    )

    assert counted(1_000) == count(reading(500), after)


@pytest.mark.parametrize("uptime", [100_000, None])
def test_the_same_reading_twice_counts_nothing(uptime):
    assert broken(Break.CLOCK) == count(reading(500, uptime=uptime), reading(500, uptime=uptime))


def test_a_counter_that_was_not_read_before_is_left_out():
    after = reading(1_500, seconds=300, others={"errors": 3})

    assert counted(1_000) == count(reading(500), after)


@pytest.mark.prove
@settings(max_examples=size(300, 100_000))
@given(
    st.lists(
        st.tuples(
            st.floats(min_value=1, max_value=90_000),  # seconds until the next reading
            st.integers(min_value=0, max_value=12_500_000),  # octets a second in truth
            st.sampled_from(["steady", "reboot", "reset", "clear", "skew", "late"]),
        ),
        min_size=2,
        max_size=8,
    ),
    st.sampled_from([32, 64]),
    st.integers(min_value=0, max_value=2**32 - 1),
    st.integers(min_value=0, max_value=2**32 - 1),
)
def test_no_fault_ever_makes_a_spike(steps, bits, first_octets, first_ticks):
    """The link carries 100 Mbit/s; a device reboots, resets, wraps, our clock jumps."""
    at, ticks, octets = NOON, first_ticks, first_octets
    before: Counters | None = None
    for seconds, rate, fault in steps:
        truth = int(seconds * rate)
        at += timedelta(seconds=seconds)
        ticks, octets = ticks + int(seconds * 100), octets + truth
        if fault == "reboot":
            ticks, octets, truth = int(seconds * 50), truth // 2, truth
        elif fault in ("reset", "clear"):
            octets = truth // 2 if fault == "reset" else 0
        elif fault == "skew":
            at += timedelta(hours=1) if first_ticks % 2 else timedelta(hours=-1)
        after = Counters(
            at=at,
            uptime_ticks=ticks % DAYS_497_TICKS,
            epoch=None,
            values={"octets_up": octets % 2**bits},
            narrow=NARROW if bits == 32 else frozenset(),
        )
        result = count(before, after, bits_per_second_max=100_000_000)
        if result.seconds is not None:
            [value] = result.values.values()
            assert value <= 12_500_000 * result.seconds * 1.1
            if fault == "steady" and bits == 64:
                assert truth == value
        if fault == "late" and before is not None:
            assert count(after, before).values == {}
        before = after
