"""What a person asks of a device: the light of every ONU as far as it goes; failures as such."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from collectors import answers
from collectors.driver import Part
from collectors.sources import Identity, SourceLost, SourceRefused
from collectors.turnstile import ONUS_PER_SECOND
from devices.credentials import Credentials
from isp.access_network import OnuReading, OnuState, Poll
from isp.errors import ExitCode, Refused
from operations.device_requests import accepted
from tests.support.virtual_loop import run_in_virtual_time

ONUS = (
    OnuReading(serial="HWTC00000001", port="0/1/3", onu_id=1, state=OnuState.ONLINE),
    OnuReading(serial="HWTC00000002", port="0/1/3", onu_id=2, state=OnuState.LOS),
    OnuReading(serial=None, port="0/1/3", onu_id=3, state=OnuState.ONLINE, distance_m=900),
)


class Olt:
    """A source whose ONUs have light as told, and which may go away after some of them."""

    one_by_one = True

    def __init__(self, *, fault: Exception | None = None, lost_after: int = 10_000) -> None:
        self.fault, self.lost_after = fault, lost_after
        self.onus = ONUS
        self.asked: list[int | None] = []
        self.asked_at: list[float] = []

    async def probe(self) -> Identity:
        if self.fault:
            raise self.fault
        return Identity(driver="huawei", sys_name="olt1")

    async def read(self, parts: frozenset[Part]) -> Poll:
        if self.fault:
            raise self.fault
        assert frozenset(Part) == parts
        return Poll(onus=self.onus)

    async def read_onu(self, onu: OnuReading) -> Poll:
        if len(self.asked) == self.lost_after:
            raise SourceLost("no answer")
        self.asked.append(onu.onu_id)
        self.asked_at.append(asyncio.get_running_loop().time())
        return Poll(onus=(replace(onu, state=OnuState.UNKNOWN, rx_dbm=-20.5, distance_m=None),))

    async def close(self) -> None:
        """Nothing is open."""


def poll(olt: Olt) -> Mapping[str, Any]:
    """What a person is told, without the waiting."""
    return accepted(run_in_virtual_time(answers.poll(olt)))


def test_every_onu_that_is_online_is_asked_for_its_light():
    olt = Olt()
    told = poll(olt)

    assert [1, 3] == olt.asked
    assert [("online", -20.5, None), ("los", None, None), ("online", -20.5, 900)] == [
        (each["state"], each["rx_dbm"], each["distance_m"]) for each in told["onus"]
    ]
    assert [] == told["partial"]


def test_a_poll_asks_no_more_onus_a_second_than_the_rounds_do():
    olt = Olt()
    olt.onus = tuple(
        OnuReading(serial=f"HWTC{number:08}", port="0/1/3", onu_id=number, state=OnuState.ONLINE)
        for number in range(9)
    )
    run_in_virtual_time(answers.poll(olt))

    assert [0.5] * 8 == [later - at for at, later in pairwise(olt.asked_at)]


def test_a_poll_of_more_onus_than_a_person_waits_for_is_partial():
    olt = Olt()
    olt.onus = tuple(
        OnuReading(serial=f"HWTC{number:08}", port="0/1/3", onu_id=number, state=OnuState.ONLINE)
        for number in range(2_000)
    )
    told = poll(olt)

    assert ["optics"] == told["partial"]
    assert answers.OPTICS_SECONDS * ONUS_PER_SECOND + 1 == len(olt.asked)


def test_light_that_could_not_be_had_is_partial_and_the_rest_is_kept():
    told = poll(Olt(lost_after=1))

    assert [-20.5, None, None] == [each["rx_dbm"] for each in told["onus"]]
    assert ["optics"] == told["partial"]


@pytest.mark.parametrize("question", [answers.poll, answers.test])
@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (SourceLost("silence"), "the device does not answer: silence"),
        (SourceRefused("no such user"), "the device does not let us in: no such user"),
    ],
)
async def test_a_device_that_cannot_be_read_is_an_outcome(question, fault, problem):
    with pytest.raises(Refused, match=problem) as told:
        accepted(await question(Olt(fault=fault)))

    assert ExitCode.UNAVAILABLE == told.value.exit_code


async def test_who_is_silent_or_refuses_is_not_discovered():
    class Network:
        def open(self, *, host: str, **_: object) -> Olt:
            there = {"192.0.2.1": None, "192.0.2.2": SourceRefused("no")}
            return Olt(fault=there.get(host, SourceLost("silence")))

    addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    told = await answers.discover(Network(), addresses, port=161, credentials=Credentials())

    assert 3 == told["asked"]
    assert [("192.0.2.1", "olt1")] == [
        (each["address"], each["sys_name"]) for each in told["found"]
    ]
