"""A sweep of many OLTs: how long, at what cost, how gently, and beside OLTs that are silent."""

import asyncio
import statistics
import time

import pytest
from sqlalchemy import func

from collectors import schedule
from collectors.consequences import PollChange
from collectors.daemon import Collectors
from collectors.driver import Part
from database.tables.access_network import onu
from tests.support.collecting import Collecting
from tests.support.eventually import eventually
from tests.support.olt_farm import olt_farm
from tests.support.sizes import PROVING, size

OLTS, ONUS = size(5, 64), size(48, 2048)
SWEEP_SECONDS_MAX, PROCESSOR_SECONDS_MAX = 60.0, 30.0
REQUESTS_PER_SECOND = 20
SILENT_COST_MAX = 0.05


class Watch:
    """Remembers when the states of which device were written down."""

    def __init__(self) -> None:
        self.read_at: dict[int, float] = {}

    async def polled(self, *_: object) -> None:
        """The reading may yet be undone."""

    async def committed(self, change: PollChange) -> None:
        if Part.STATE in change.parts:
            self.read_at[change.device.device_id] = asyncio.get_running_loop().time()


async def sweep(daemon: Collectors, watch: Watch, wanted: set[int]) -> tuple[list[float], float]:
    """Read the states of all devices now: how long each took, and the processor's seconds."""
    watch.read_at.clear()
    started, processor = asyncio.get_running_loop().time(), time.process_time()
    for device_id in daemon.lanes.device_ids:
        daemon.lanes.lane(device_id).hint()

    async def all_read() -> bool:
        return wanted <= watch.read_at.keys()

    await eventually(all_read, seconds=300)
    took = sorted(watch.read_at[device_id] - started for device_id in wanted)
    return took, time.process_time() - processor


@pytest.mark.prove
@pytest.mark.measured
@pytest.mark.database
async def test_a_sweep_of_all_states_is_quick_cheap_and_gentle(
    database_config, database, monkeypatch, record_property
):
    monkeypatch.setattr(schedule, "HINT_SECONDS", 0)
    site, watch = Collecting(database_config, database), Watch()
    with olt_farm(olts=OLTS, onus=ONUS) as farm:
        devices = await site.enter(farm.ports)
        keys = {"state_seconds": 3600, "traffic_seconds": 3600, "health_seconds": 3600}
        keys |= {"requests_per_second": REQUESTS_PER_SECOND}
        async with site.daemon(also=[watch], **keys) as daemon:

            async def all_polled() -> bool:
                return await site.polled() == OLTS

            await eventually(all_polled, seconds=600)
            known = await site.rows(onu, func.count())
            farm.forget()
            took, processor = await sweep(daemon, watch, set(devices))
            gentle = farm.counts()
            silent = set(devices[:: 10 if PROVING else 3])
            others = set(devices) - silent
            farm.black_hole([devices.index(device_id) for device_id in silent])
            beside, _ = await sweep(daemon, watch, others)
            before = await others_alone(daemon, watch, farm, others)

    record_property("OLTs × ONUs", f"{OLTS} × {ONUS}")
    record_property("sweep of all states", f"{took[-1]:.1f} s")
    record_property("collector's processor", f"{processor:.1f} s")
    record_property("outstanding per OLT", max(each["outstanding_max"] for each in gentle))
    record_property("requests a second per OLT", max(each["rate_max"] for each in gentle))
    cost = statistics.median(beside) / statistics.median(before) - 1
    record_property("a tenth silent costs the others", f"{cost:+.1%}")
    assert [(OLTS * ONUS,)] == known
    assert 1 == max(each["outstanding_max"] for each in gentle)
    assert REQUESTS_PER_SECOND >= max(each["rate_max"] for each in gentle)
    if PROVING:
        assert took[-1] <= SWEEP_SECONDS_MAX
        assert processor <= PROCESSOR_SECONDS_MAX
        assert cost < SILENT_COST_MAX


async def others_alone(daemon: Collectors, watch: Watch, farm, others: set[int]) -> list[float]:
    """The same sweep with nobody silent."""
    farm.black_hole([])
    took, _ = await sweep(daemon, watch, others)
    return took
