"""Outages: what fell together is one; what comes and goes by itself is none."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.outages import (
    LINES_MIN,
    TRANSITIONS,
    WINDOW,
    Fall,
    Lines,
    Sign,
    Standing,
    advance,
    cause_of,
    cuts,
    estimated_duration,
    is_same_event,
    sign_of,
)
from isp.access_network import DownCause, OnuState
from isp.outage import OutageCause, OutageScope, OutageState
from tests.support.sizes import size

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOS, GASP = OnuState.LOS, OnuState.DYING_GASP
MINUTE = timedelta(minutes=1)


def fell(
    count: int, *, port="0/1/3", at=NOON, cause=LOS, first=0, apart=timedelta(0)
) -> list[Fall]:
    return [
        Fall(onu_id=first + number, port=port, at=at + number * apart, cause=cause)
        for number in range(count)
    ]


def standing(**fields) -> Standing:
    return Standing(
        **{
            "outage_id": 1,
            "scope": OutageScope.PON,
            "cause": OutageCause.POWER,
            "device_id": 7,
            "area": "north",
            "ports": ("0/1/3",),
            "started_at": NOON,
        }
        | fields
    )


def test_a_port_with_all_its_onus_dark_is_one_cut_fibre():
    [cut] = cuts(fell(64), {})

    assert (OutageScope.PON, OutageCause.FIBRE_CUT, ("0/1/3",), NOON, 64) == (
        cut.scope, cut.cause, cut.ports, cut.started_at, len(cut.falls),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("down", "still_online", "outages"),
    [(3, 0, 0), (4, 0, 1), (4, 4, 1), (4, 5, 0), (32, 32, 1), (31, 33, 0)],
)
def test_an_outage_needs_four_and_half_of_those_that_were_online(down, still_online, outages):
    assert outages == len(cuts(fell(down), {"0/1/3": still_online}))


def test_shops_that_switch_off_one_after_the_other_are_no_outage():
    closing = fell(12, cause=GASP, apart=timedelta(seconds=50))

    assert () == cuts(closing, {"0/1/3": 4})


def test_a_cut_amid_shops_that_switch_off_has_only_those_that_fell_with_it():
    shops = fell(3, cause=GASP, at=NOON - 10 * MINUTE)
    [cut] = cuts(shops + fell(20, first=100), {})

    assert set(range(100, 120)) == {fall.onu_id for fall in cut.falls}


def test_gasps_from_a_quarter_of_the_lines_mean_power():
    assert OutageCause.POWER is cause_of([GASP] * 16 + [LOS] * 48)
    assert OutageCause.FIBRE_CUT is cause_of([GASP] * 2 + [LOS] * 62)
    assert OutageCause.FIBRE_CUT is cause_of([DownCause.LOS] * 5 + [OnuState.OFFLINE] * 5)
    assert OutageCause.UNKNOWN is cause_of([OnuState.OFFLINE] * 9)


def test_two_of_sixteen_ports_that_fell_together_are_one_outage():
    online = {f"0/1/{port}": 30 for port in range(14)}
    falls = fell(30, port="0/1/14") + fell(30, port="0/1/15", first=50, at=NOON + MINUTE)
    [cut] = cuts(falls, online)

    assert (OutageScope.PON, ("0/1/14", "0/1/15"), 60) == (cut.scope, cut.ports, len(cut.falls))


def test_half_of_an_olts_ports_are_the_olt():
    falls = [fall for port in range(8) for fall in fell(9, port=str(port), first=port * 100)]
    [cut] = cuts(falls, {str(port): 20 for port in range(8, 16)})

    assert OutageScope.OLT is cut.scope


def test_ports_that_fell_a_quarter_of_an_hour_apart_are_two_outages():
    falls = fell(9, port="a") + fell(9, port="b", first=50, at=NOON + 15 * MINUTE)

    assert 2 == len(cuts(falls, {}))


@pytest.mark.parametrize(
    ("outage", "device_id", "area", "same"),
    [
        (standing(), 7, "north", True),
        (standing(started_at=NOON - timedelta(days=1)), 7, "north", True),
        (standing(ports=("0/9/9",)), 7, None, True),
        (standing(ports=("0/9/9",), started_at=NOON - timedelta(days=1)), 7, None, False),
        (standing(), 8, "north", True),
        (standing(), 8, "south", False),
        (standing(area=None), 8, None, False),
        (standing(cause=OutageCause.FIBRE_CUT), 8, "north", False),
        (standing(started_at=NOON - timedelta(hours=1)), 8, "north", False),
        (standing(scope=OutageScope.NAS, device_id=None), 8, "north", False),
    ],
)
def test_what_else_falls_may_belong_to_an_outage_that_stands(outage, device_id, area, same):
    [cut] = cuts(fell(9, cause=GASP), {})

    assert same is is_same_event(outage, device_id, area, cut)


@pytest.mark.parametrize(
    ("lines", "sign"),
    [
        (Lines(down=64, back=0), Sign.DOWN),
        (Lines(down=7, back=57), Sign.DOWN),
        (Lines(down=6, back=58), Sign.BACK),
        (Lines(down=0, back=4), Sign.BACK),
        (Lines(down=0, back=0, unknown=64), None),
        (Lines(down=10, back=4, unknown=50), None),
        (Lines(down=20, back=44, last_back_at=NOON - 5 * MINUTE), Sign.DOWN),
        (Lines(down=20, back=44, last_back_at=NOON - 15 * MINUTE), Sign.BACK),
    ],
)
def test_an_outage_is_over_when_nine_of_ten_are_back_or_only_stragglers_are_left(lines, sign):
    assert sign is sign_of(lines, NOON)


def test_a_second_look_must_agree_with_the_first():
    state, seen = OutageState.SUSPECTED, []
    for sign in (Sign.DOWN, Sign.BACK, Sign.DOWN, Sign.BACK, Sign.BACK):
        state = advance(state, sign)
        seen.append(state)

    assert ["open", "restoring", "open", "restoring", "restored"] == seen
    assert OutageState.DISMISSED is advance(OutageState.SUSPECTED, Sign.BACK)


def test_every_state_that_stands_has_an_answer_to_every_sign():
    over = {OutageState.RESTORED, OutageState.DISMISSED}

    assert set(product(set(OutageState) - over, Sign)) == set(TRANSITIONS)


def test_the_estimate_is_the_median_of_at_least_three():
    assert estimated_duration([3 * MINUTE, 90 * MINUTE, 30 * MINUTE]) == 30 * MINUTE
    assert estimated_duration([MINUTE, MINUTE]) is None


@pytest.mark.prove
@settings(max_examples=size(300, 100_000))
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 900), st.sampled_from([LOS, GASP])),
        max_size=40,
    ),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 40)),
)
def test_every_cut_is_enough_lines_in_time_and_no_line_is_in_two(events, online):
    falls = [
        Fall(onu_id=number, port=port, at=NOON + timedelta(seconds=seconds), cause=cause)
        for number, (port, seconds, cause) in enumerate(events)
    ]
    found = cuts(falls, online)

    members = [fall.onu_id for cut in found for fall in cut.falls]
    assert len(members) == len(set(members))
    for cut in found:
        for port in cut.ports:
            times = [fall.at for fall in cut.falls if fall.port == port]
            later = sum(fall.port == port and fall.at >= min(times) for fall in falls)
            assert len(times) >= LINES_MIN
            assert max(times) - min(times) <= WINDOW
            assert 2 * len(times) >= online.get(port, 0) + later
