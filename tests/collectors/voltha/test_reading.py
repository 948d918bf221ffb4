"""Answers become columns; what was not measured becomes nothing."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voltha_protos.extensions_pb2 import GetValueResponse, RxPower

from collectors.voltha.questions import (
    Kind,
    Question,
    onu_optics,
    pon_counters,
    pon_light,
)
from collectors.voltha.reading import Answer, Down, optics_poll, whole_poll
from collectors.voltha.topology import Topology, topology
from isp.access_network import DownCause, OnuState
from tests.collectors.voltha.test_topology import UNREACHABLE, olt, onu, pon_port

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def tree(*devices) -> Topology:
    return topology([olt(), *(devices or (onu(),))], {"olt-1": [pon_port()]})


def optics(**values) -> GetValueResponse:
    answer = GetValueResponse(status=GetValueResponse.OK)
    answer.onuOpticalInfo.SetInParent()
    for name, value in values.items():
        setattr(answer.onuOpticalInfo, name, value)
    return answer


def read(known: Topology, question: Question, response: GetValueResponse):
    return optics_poll(known.onus, [Answer(question=question, response=response)])


def test_an_onus_own_light_is_read_in_its_units():
    known = tree()
    poll = read(
        known,
        onu_optics(known.onus[0]),
        optics(
            receivedOpticalPower=-21.338,
            meanOpticalLaunchPower=2.2,
            powerFeedVoltage=3.26,
            laserBiasCurrent=14.5,
            temperature=47.25,
        ),
    )
    [reading] = poll.onus

    assert (-21.338, 2.2, 3.26, 14.5, 47.25) == (
        reading.rx_dbm,
        reading.tx_dbm,
        reading.voltage_volts,
        reading.bias_milliamperes,
        reading.temperature_celsius,
    )
    assert {} == dict(poll.doubts)


def test_a_zero_is_nothing_measured():
    known = tree()
    [reading] = read(known, onu_optics(known.onus[0]), optics()).onus

    assert [None] * 4 == [
        reading.rx_dbm,
        reading.tx_dbm,
        reading.voltage_volts,
        reading.temperature_celsius,
    ]


@pytest.mark.parametrize(
    ("value", "doubts"),
    [
        (6.2, {"scale_suspect": 1}),  # decibels over a microwatt, as old adapters say
        (-90.0, {"dbm": 1}),
        (32768.0, {"dbm": 1}),
        (math.nan, {"dbm": 1}),
    ],
)
def test_a_light_that_cannot_be_is_counted_and_left_out(value, doubts):
    known = tree()
    poll = read(known, onu_optics(known.onus[0]), optics(receivedOpticalPower=value))

    assert (None, doubts) == (poll.onus[0].rx_dbm, dict(poll.doubts))


def test_what_an_olt_receives_of_a_port_is_shared_out_by_serial():
    known = tree(onu("ABCD00000001"), onu("ABCD00000002"), onu("ABCD00000003"))
    answer = GetValueResponse(status=GetValueResponse.OK)
    answer.oltRxPower.rx_power.extend(
        [
            RxPower(onu_sn="ABCD00000002", status="success", rx_power=-24.1),
            RxPower(onu_sn="abcd-00000001", status="success", rx_power=-22.0),
            RxPower(onu_sn="ABCD00000003", status="fail", rx_power=-5.0),
            RxPower(onu_sn="WXYZ00000009", status="success", rx_power=-20.0),
        ]
    )
    poll = read(known, pon_light(known.pons[0]), answer)

    assert {"ABCD00000001": -22.0, "ABCD00000002": -24.1} == {
        each.serial: each.olt_rx_dbm for each in poll.onus
    }


def test_what_a_port_received_went_up():
    known = tree()
    answer = GetValueResponse(status=GetValueResponse.OK)
    answer.oltPonStatsResponse.portStatistics.rx_bytes = 2**63 + 7
    answer.oltPonStatsResponse.portStatistics.tx_bytes = 11
    question = pon_counters(known.pons[0])
    poll = whole_poll(
        known,
        [Answer(question=question, response=answer)],
        version="2.12.0",
        down={},
        partial=(),
    )

    assert (2**63 + 7, 11) == (poll.ports[0].octets_up, poll.ports[0].octets_down)


@pytest.mark.parametrize(
    ("down", "state", "cause"),
    [
        (Down(cause=DownCause.DYING_GASP, at=AT), OnuState.DYING_GASP, DownCause.DYING_GASP),
        (Down(cause=DownCause.LOS, at=AT), OnuState.LOS, DownCause.LOS),
        (Down(cause=DownCause.OMCI, at=AT), OnuState.OFFLINE, DownCause.OMCI),
        (Down(cause=DownCause.LOS, at=AT, over=True), OnuState.OFFLINE, DownCause.LOS),
    ],
)
def test_an_event_says_why_an_onu_is_down(down, state, cause):
    known = tree(onu(connect=UNREACHABLE))
    [reading] = whole_poll(known, version=None, down={"ABCD00000001": down}, partial=()).onus

    assert (state, cause, AT) == (reading.state, reading.last_down_cause, reading.last_down_at)


def test_an_event_does_not_take_an_online_onu_down():
    down = {"ABCD00000001": Down(cause=DownCause.LOS, at=AT)}
    [reading] = whole_poll(tree(), version=None, down=down, partial=()).onus

    assert OnuState.ONLINE is reading.state


def test_what_is_not_complete_is_partial():
    known = topology([olt(connect=UNREACHABLE), onu()], {})
    poll = whole_poll(known, version=None, down={}, partial=("ports",))

    assert ("devices", "ports") == poll.partial


def test_an_onu_that_nobody_enabled_is_unprovisioned():
    known = tree(onu(admin=1, oper=0, connect=0))
    poll = whole_poll(known, version=None, down={}, partial=())

    assert ((), ["ABCD00000001"]) == (poll.onus, [each.serial for each in poll.unprovisioned])


@settings(max_examples=200, deadline=None)
@given(st.floats(width=32), st.floats(width=32), st.floats(width=32))
def test_whatever_floats_come_only_believable_ones_pass(rx, tx, celsius):
    known = tree()
    question = onu_optics(known.onus[0])
    answer = optics(receivedOpticalPower=rx, meanOpticalLaunchPower=tx, temperature=celsius)
    [reading] = read(known, question, answer).onus

    assert reading.rx_dbm is None or -45 <= reading.rx_dbm <= 0
    assert reading.tx_dbm is None or -45 <= reading.tx_dbm <= 10
    assert reading.temperature_celsius is None or -50 <= reading.temperature_celsius <= 130
    assert Kind.ONU_OPTICS is question.kind
