"""All lanes of this process: one for each device whose lease it holds."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from chassis.clock import Clock
from chassis.log import get_logger
from chassis.periodic import Tasks
from chassis.sealing import KeyRing, SealBroken
from collectors import metrics
from collectors.consequences import Consequence
from collectors.lane import Lane, Pace
from collectors.recorder import WRITERS_MAX, Recorder
from collectors.sharing import share
from collectors.sources import Source, SourceRefused
from collectors.sources.opening import Sources
from collectors.store import leases, status
from collectors.store.devices import Device, Learned, device_of, learned
from collectors.store.status import DeviceState
from database.connect import Database
from database.follow import Follower
from database.tables.access_network import device
from devices.credentials import open_credentials

__all__ = ["Lanes"]

log = get_logger("collectors")


class Lanes:
    """Follows the devices, takes this process's share of them, polls it."""

    def __init__(
        self,
        me: str,
        *,
        pace: Pace,
        database: Database,
        sources: Sources,
        keys: KeyRing,
        clock: Clock,
        consequences: Sequence[Consequence],
    ) -> None:
        self._me = me
        self._pace = pace
        self._database = database
        self._sources = sources
        self._keys = keys
        self._clock = clock
        self._consequences = consequences
        self._follower = Follower(database, device)
        self._devices: dict[int, Device] = {}
        self._writers = asyncio.Semaphore(WRITERS_MAX)
        self._lanes: dict[int, tuple[Lane, Tasks]] = {}
        self._unreadable: dict[int, Device] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def device_ids(self) -> frozenset[int]:
        """The devices that this process polls."""
        return frozenset(self._lanes)

    def lane(self, device_id: int) -> Lane | None:
        """The lane of a device, where it is polled here."""
        found = self._lanes.get(device_id)
        return found and found[0]

    def hint_of_onu(self, serial: str) -> None:
        """Something happened to that ONU: look at the device that has it."""
        for device_id in self.device_ids:
            lane = self.lane(device_id)
            if lane is not None and lane.knows(serial):
                lane.hint()

    async def follow(self, timeout_seconds: float) -> None:
        """Wait until devices may have changed, at most that long, then share them anew."""
        await self._follower.wait(timeout_seconds)
        await self.refresh()

    async def refresh(self) -> None:
        """Take over what changed of the devices, and of who polls them."""
        for row in await self._changed():
            if row.removed_at is not None:
                self._devices.pop(row.device_id, None)
                await self._close([row.device_id])
                continue
            found = device_of(row)
            if self._devices.get(found.device_id) not in (None, found):
                await self._close([found.device_id])
            self._devices[found.device_id] = found
        async with self._database.transaction() as transaction:
            names = await leases.living(transaction, self._me)
        mine = share(self._devices, names, self._me)
        await self._close(self._lanes.keys() - mine, give_up=True)
        async with self._database.transaction() as transaction:
            held = await leases.hold(transaction, self._me, mine)
            known = await learned(transaction, held - self._lanes.keys())
        await self._close(self._lanes.keys() - held)
        for device_id in sorted(held - self._lanes.keys()):
            await self._open(self._devices[device_id], known.get(device_id, Learned()))
        metrics.devices_polled.set(len(self._lanes))

    async def drain(self) -> None:
        """Stop polling, and let others have the devices."""
        await self._close(list(self._lanes))
        async with self._database.transaction() as transaction:
            await leases.leave(transaction, self._me)

    async def _changed(self) -> Sequence[Any]:
        """The devices that were entered, changed or removed."""
        rows = await self._follower.changes()
        if self._follower.complete:
            gone = self._devices.keys() - {row.device_id for row in rows}
            for device_id in gone:
                del self._devices[device_id]
            await self._close(gone)
        return rows

    async def _open(self, found: Device, before: Learned) -> None:
        """Begin to poll a device; of one that cannot be opened, say why."""
        try:
            source = self._source(found, before)
        except SealBroken as broken:
            problem = f"the key ring does not open its credentials: {broken}"
        except SourceRefused as refused:
            problem = str(refused)
        else:
            self._run(found, before, source)
            return
        if self._unreadable.get(found.device_id) != found:
            self._unreadable[found.device_id] = found
            log.warning("device_not_opened", device=found.name, problem=problem)
            async with self._database.transaction() as transaction:
                now = self._clock.now()
                await status.failed(transaction, found, DeviceState.REFUSED, problem, now)

    def _source(self, found: Device, before: Learned) -> Source:
        return self._sources.open(
            name=found.name,
            kind=found.kind,
            driver=found.driver,
            host=found.host,
            port=found.port,
            credentials=open_credentials(found.credentials_sealed, self._keys),
            varbinds=before.varbinds,
        )

    def _run(self, found: Device, before: Learned, source: Source) -> None:
        recorder = Recorder(
            found,
            me=self._me,
            driver=before.driver or found.driver,
            database=self._database,
            clock=self._clock,
            consequences=self._consequences,
            writers=self._writers,
        )
        lane = Lane(
            source,
            recorder,
            pace=self._pace,
            clock=self._clock,
            new=before.last_poll_at is None,
        )
        tasks = Tasks()
        tasks.forever("poll", lane.run)
        self._lanes[found.device_id] = (lane, tasks)

    async def _close(self, device_ids: Collection[int], *, give_up: bool = False) -> None:
        """Poll these no more; `give_up` lets another process have them at once."""
        closing = [self._lanes.pop(each) for each in list(device_ids) if each in self._lanes]
        await asyncio.gather(*(tasks.stop() for _, tasks in closing))
        await asyncio.gather(*(lane.close() for lane, _ in closing))
        if give_up and device_ids:
            async with self._database.transaction() as transaction:
                await leases.give_up(transaction, self._me, list(device_ids))
