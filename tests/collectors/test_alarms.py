"""Alarms: debounced, held down, with hysteresis; unknown is never bad."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.alarms import (
    TRANSITIONS,
    Alarm,
    AlarmRule,
    AlarmState,
    Limit,
    Reading,
    Share,
    Signal,
    judge,
)
from isp.outage import AlarmKind, Severity
from tests.support.sizes import size

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(minutes=5)
READING = {"B": Reading.BAD, "G": Reading.GOOD, "?": Reading.UNKNOWN}
LIGHT = Limit(set_at=-27.0, clear_at=-26.0)


def rule(*, raise_at=(2, 3), clear_at=(2, 2), hold_down=timedelta(0)) -> AlarmRule:
    return AlarmRule(
        kind=AlarmKind.ONU_RX_LOW,
        severity=Severity.WARNING,
        raise_at=Share(m=raise_at[0], n=raise_at[1]),
        clear_at=Share(m=clear_at[0], n=clear_at[1]),
        hold_down=hold_down,
        limit=LIGHT,
    )


def after(story: str, of: AlarmRule) -> Alarm:
    """The alarm after readings five minutes apart: Bad, Good, ?."""
    alarm, now = Alarm(), NOON
    for letter in story:
        alarm, now = judge(of, alarm, READING[letter], now), now + EVERY
    return alarm


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ("", AlarmState.CLEAR),
        ("GGGG", AlarmState.CLEAR),
        ("B", AlarmState.SUSPECTED),
        ("BG", AlarmState.SUSPECTED),
        ("BGG", AlarmState.CLEAR),
        ("BB", AlarmState.RAISED),
        ("BGB", AlarmState.RAISED),
        ("BGGB", AlarmState.SUSPECTED),
        ("B????B", AlarmState.RAISED),
        ("BBG", AlarmState.CLEARING),
        ("BBG??", AlarmState.CLEARING),
        ("BBGB", AlarmState.RAISED),
        ("BBGG", AlarmState.CLEAR),
        ("BBGGB", AlarmState.SUSPECTED),
    ],
)
def test_two_of_three_raise_and_two_of_two_clear(story, state):
    assert state is after(story, rule()).state


def test_every_state_has_an_answer_to_every_signal():
    assert set(product(AlarmState, Signal)) == set(TRANSITIONS)


def test_an_alarm_that_goes_bad_again_is_the_same_alarm_and_a_flap():
    alarm = after("BBGBGBG", rule(hold_down=timedelta(hours=1)))

    assert (AlarmState.CLEARING, 2) == (alarm.state, alarm.flaps)


def test_an_alarm_is_not_cleared_before_the_hold_down_has_passed():
    held = rule(hold_down=timedelta(minutes=17))

    assert AlarmState.CLEARING is after("BBGGG", held).state
    assert AlarmState.CLEAR is after("BBGGGG", held).state


def test_a_cleared_alarm_begins_anew():
    assert after("BBGG", rule()).forgettable
    assert after("GGBBGBG", rule(raise_at=(1, 1), clear_at=(3, 5))).standing


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        (-30.0, Reading.BAD),
        (-27.0, Reading.BAD),
        (-26.5, Reading.UNKNOWN),
        (-26.0, Reading.GOOD),
        (-18.0, Reading.GOOD),
        (None, Reading.UNKNOWN),
    ],
)
def test_light_is_bad_below_27_and_good_again_above_26(value, reading):
    assert reading is LIGHT.judge(value)


@pytest.mark.parametrize(
    ("value", "reading"), [(80.0, Reading.BAD), (72.0, Reading.UNKNOWN), (70.0, Reading.GOOD)]
)
def test_a_temperature_is_bad_above(value, reading):
    assert reading is Limit(set_at=75.0, clear_at=70.0).judge(value)


def test_light_that_wavers_around_the_limit_raises_one_alarm_and_clears_none():
    of, alarm, now, standing = rule(), Alarm(), NOON, []
    for value in [-26.9, -27.1, -27.2, -26.8, -26.9, -26.2, -27.0, -26.5, -26.1]:
        assert of.limit is not None
        alarm, now = judge(of, alarm, of.limit.judge(value), now), now + EVERY
        standing.append(alarm.standing)

    assert [False, False, True, True, True, True, True, True, True] == standing


@pytest.mark.parametrize(("m", "n"), [(0, 1), (3, 2), (1, 17)])
def test_a_share_that_makes_no_sense_is_refused(m, n):
    with pytest.raises(ValueError, match="share"):
        Share(m=m, n=n)


@pytest.mark.prove
@settings(max_examples=size(300, 100_000))
@given(
    st.text("BG?", max_size=40),
    st.integers(1, 5).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))),
    st.integers(1, 5).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))),
    st.integers(0, 4),
)
def test_alarms_keep_their_promises_over_any_readings(story, raise_at, clear_at, held_readings):
    of = rule(raise_at=raise_at, clear_at=clear_at, hold_down=held_readings * EVERY)
    alarm, now, known, bad_at = Alarm(), NOON, "", None
    for letter in story:
        before, alarm = alarm, judge(of, alarm, READING[letter], now)
        if letter == "?":
            assert before == alarm
        else:
            known += letter
        if letter == "B":
            bad_at = now
        raised = alarm.standing and not before.standing
        cleared = before.standing and not alarm.standing
        assert not raised or known[-raise_at[1] :].count("B") >= raise_at[0]
        assert not cleared or known[-clear_at[1] :].count("G") >= clear_at[0]
        assert not cleared or now - bad_at >= of.hold_down
        now += EVERY
