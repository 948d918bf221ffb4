"""A VOLTHA core polled by the daemon: its ONUs kept through restarts, new ids and a lost OLT."""

from collections import Counter

import pytest

from chassis.clock import SystemClock
from collectors import schedule
from collectors.consequences import PollChange
from collectors.driver import Part
from database.tables.access_network import onu
from lab.voltha import Core, Habits, Plant
from tests.support.collecting import Collecting
from tests.support.eventually import eventually
from tests.support.sizes import size

ONUS = size(1_100, 10_000)


class Readings:
    """Counts the readings of states that were written down."""

    def __init__(self) -> None:
        self.count = 0

    async def polled(self, *_: object) -> None:
        """The reading may yet be undone."""

    async def committed(self, change: PollChange) -> None:
        self.count += Part.STATE in change.parts


@pytest.mark.prove
@pytest.mark.measured
@pytest.mark.database
async def test_ten_thousand_onus_of_one_core_in_the_database_none_lost_by_restarts_or_new_ids(
    database_config, database, monkeypatch, record_property
):
    monkeypatch.setattr(schedule, "HINT_SECONDS", 0)
    site, readings, clock = Collecting(database_config, database), Readings(), SystemClock()
    plant = Plant(onus=ONUS, seed=2)
    pace = {f"{part}_seconds": 3600 for part in ("state", "traffic", "health", "inventory")}
    async with Core(plant, habits=Habits(omci_seconds=0.01)) as core:
        [device_id] = await site.enter([core.port], kind="voltha")
        started = clock.monotonic()
        async with site.daemon(also=[readings], onus_per_second=10, **pace) as daemon:

            async def look() -> None:
                before = readings.count
                daemon.lanes.lane(device_id).hint()
                await eventually(lambda: _more(readings, before), seconds=120)

            await eventually(lambda: _more(readings, 0), seconds=120)
            record_property("all ONUs written, seconds", f"{clock.monotonic() - started:.1f}")
            first = await site.rows(onu, onu.c.serial, onu.c.onu_id)
            started = clock.monotonic()
            await look()
            record_property("states again, seconds", f"{clock.monotonic() - started:.1f}")
            plant.renumber(plant.olts[0])
            await core.restart()
            await look()
            renumbered = await site.rows(onu, onu.c.serial, onu.c.onu_id)
            plant.olts[0].reachable = False
            await look()
            states = await site.rows(onu, onu.c.state, onu.c.missing_since, onu.c.removed_at)

            async def lit() -> int:
                return sum(
                    rx is not None for (_, rx) in await site.rows(onu, onu.c.serial, onu.c.rx_dbm)
                )

            alight = await eventually(lit, seconds=60)

    below = sum(len(pon.onus) for pon in plant.olts[0].pons)
    assert ONUS == len(first)
    assert first == renumbered
    assert {("unknown", None, None): below, ("online", None, None): ONUS - below} == Counter(states)
    assert (1, True) == (core.busiest, alight > 0)


async def _more(readings: Readings, than: int) -> bool:
    return readings.count > than
