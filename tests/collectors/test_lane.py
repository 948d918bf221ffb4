"""A device's own loop: what a silent device costs, and when it is asked again."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from chassis.clock import ManualClock
from collectors.driver import Part
from collectors.known import Known
from collectors.lane import Lane, Pace
from collectors.schedule import AGAIN_SECONDS
from collectors.sources import Identity, SourceLost
from isp.access_network import OnuReading, OnuState, Poll
from operations.device_requests import RequestKind, accepted
from tests.support.virtual_loop import run_in_virtual_time

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TURNS = 500


@dataclass
class Device:
    """A source that is silent until it is `up`, and the recorder of it."""

    up: bool = False
    one_by_one: bool = True
    capabilities: dict[str, Any] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    asked: int = 0
    read_parts: list[frozenset[Part]] = field(default_factory=list)
    onus: tuple[OnuReading, ...] = ()
    onus_asked: list[tuple[str | None, float]] = field(default_factory=list)
    recorded: list[tuple[frozenset[Part], Poll]] = field(default_factory=list)
    answered: list[Poll] = field(default_factory=list)
    identity: Identity | None = None
    identified_as: list[str] = field(default_factory=list)
    device_id: int = 7
    name: str = "olt1"

    @property
    def device(self) -> "Device":
        return self

    async def probe(self) -> Identity:
        self.asked += 1
        if not self.up:
            raise SourceLost("silence")
        return Identity(driver="huawei")

    async def read(self, parts: frozenset[Part], *recorded: Any) -> Poll:
        if recorded:
            self.read_parts.append(parts)
            self.recorded.append((parts, recorded[0]))
            return recorded[0]
        self.answered.append(Poll(onus=self.onus, uptime_ticks=len(self.answered)))
        return self.answered[-1]

    async def read_onu(self, onu: OnuReading) -> Poll:
        self.onus_asked.append((onu.serial, asyncio.get_running_loop().time()))
        return Poll(onus=(OnuReading(serial=onu.serial, port=onu.port, rx_dbm=-20.5),))

    async def load(self) -> None: ...

    async def identified(self, identity: Identity) -> None:
        self.identified_as.append(identity.driver)

    async def lost(self, problem: str, state: Any) -> None: ...


async def turns(lane: Lane) -> None:
    """Let the loop do what is to be done now; a loop that never waits would not come back."""
    running = asyncio.ensure_future(lane.run())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def lane_of(device: Device, clock: ManualClock) -> Lane:
    pace = Pace(intervals=dict.fromkeys(Part, 3600), onus_per_second=2.0, budget_seconds=60.0)
    return Lane(device, device, pace=pace, clock=clock, new=True)  # type: ignore[arg-type]


async def test_a_silent_device_is_asked_again_soon_and_blocks_nothing():
    device, clock = Device(), ManualClock(NOW)
    lane = lane_of(device, clock)
    await turns(lane)
    silent = device.asked
    await turns(lane)
    at_once = device.asked
    device.up = True
    clock.advance(AGAIN_SECONDS)
    await turns(lane)

    assert (1, 1, 2) == (silent, at_once, device.asked)
    assert [frozenset(Part) - {Part.OPTICS}] == device.read_parts


def test_what_is_due_is_read_while_a_person_waits_for_the_light_of_a_large_olt():
    """And the OLT is asked for no more ONUs a second than ever."""
    clock = ManualClock(NOW)
    online = [
        OnuReading(serial=f"HWTC{n:08}", port="0/1/0", onu_id=n, state=OnuState.ONLINE)
        for n in range(20)
    ]
    device = Device(up=True, onus=tuple(online))
    lane = lane_of(device, clock)
    told: list[Any] = []

    async def ask() -> None:
        running = asyncio.ensure_future(lane.run())
        asking = asyncio.ensure_future(lane.ask(RequestKind.POLL))
        await asyncio.sleep(3)
        read = len(device.read_parts)
        clock.advance(7200)
        await asyncio.sleep(1)
        assert not asking.done()
        assert read < len(device.read_parts)
        told.append(accepted(await asking))
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    run_in_virtual_time(ask())

    assert [onu.serial for onu in online] == [serial for serial, _ in device.onus_asked]
    assert {0.5} == {later - at for (_, at), (_, later) in pairwise(device.onus_asked)}

    all_but_light = [poll for parts, poll in device.recorded if Part.OPTICS not in parts]
    light = [poll for parts, poll in device.recorded if parts == {Part.OPTICS}]
    assert device.answered == all_but_light, "each is written before the next is read"
    assert len(device.recorded) == len(all_but_light) + len(light)
    assert {onu.serial for onu in online} == {each.serial for poll in light for each in poll.onus}
    assert {-20.5} == {onu["rx_dbm"] for onu in told[0]["onus"]}


async def test_a_driver_that_fits_better_after_a_reading_is_told_once():
    device = Device(up=True, identity=Identity(driver="zte"))
    await turns(lane_of(device, ManualClock(NOW)))

    assert ["huawei", "zte"] == device.identified_as
