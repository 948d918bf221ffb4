"""All lanes: one for each NAS, opened and closed as the table `nas` says."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.log import get_logger
from chassis.periodic import Tasks
from chassis.sealing import KeyRing
from coa import metrics
from coa.client import Client
from coa.lane import Lane
from coa.store.find import Candidate
from coa.store.routers import destination_of, router_of
from database.connect import Database
from database.follow import Follower
from database.tables.network import nas

__all__ = ["Lanes"]

log = get_logger("coa")


class Lanes:
    """Hands each session to the lane of its NAS."""

    def __init__(self, *, database: Database, client: Client, clock: Clock, keys: KeyRing) -> None:
        self._follower = Follower(database, nas)
        self._database = database
        self._client = client
        self._clock = clock
        self._keys = keys
        self._lanes: dict[int, tuple[Lane, Tasks]] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def outstanding(self) -> int:
        """Requests that wait for an answer."""
        return sum(lane.outstanding for lane, _ in self._lanes.values())

    @property
    def waiting(self) -> int:
        """Sessions that wait to be looked at."""
        return sum(lane.waiting for lane, _ in self._lanes.values())

    def put(self, candidates: Iterable[Candidate]) -> None:
        """Have these sessions looked at; those of a removed NAS are left alone."""
        of_nas: defaultdict[int, list[UUID]] = defaultdict(list)
        for nas_id, session_key in candidates:
            of_nas[nas_id].append(session_key)
        for nas_id, session_keys in of_nas.items():
            if nas_id in self._lanes:
                self._lanes[nas_id][0].put(session_keys)

    async def follow(self, timeout_seconds: float) -> None:
        """Wait until NASes may have changed, at most that long, then take the changes over."""
        await self._follower.wait(timeout_seconds)
        await self.refresh()

    async def refresh(self) -> None:
        """Take over what changed of the NASes."""
        rows = await self._follower.changes()
        if self._follower.complete:
            for nas_id in self._lanes.keys() - {row.nas_id for row in rows}:
                await self._close(nas_id)
        for row in rows:
            if row.removed_at is None:
                self._open(row)
            else:
                await self._close(row.nas_id)

    def show_halted(self, nas_ids: Collection[int]) -> None:
        """Raise the alarm of the halted NASes, clear that of the others."""
        for nas_id, (lane, _) in self._lanes.items():
            metrics.guard_halted.set(int(nas_id in nas_ids), lane.router.nas.name)

    async def drain(self, seconds: float) -> None:
        """Take no more work, wait that long for what is outstanding, let go."""
        for _, tasks in self._lanes.values():
            await tasks.stop()
        await asyncio.gather(*(lane.drain(seconds) for lane, _ in self._lanes.values()))
        self._lanes.clear()

    def _open(self, row: Any) -> None:
        """The lane of a NAS that is new or changed."""
        router = router_of(row)
        destination = destination_of(row, self._keys, self._clock.now())
        if destination is None:
            metrics.destinations_missing.add(router.nas.name)
            log.warning("nas_not_reachable", nas=router.nas.name, address=router.nas.address)
        known = self._lanes.get(router.nas.nas_id)
        if known is not None:
            known[0].router, known[0].destination = router, destination
            return
        lane = Lane(
            router,
            destination,
            database=self._database,
            client=self._client,
            clock=self._clock,
        )
        tasks = Tasks()
        tasks.forever("lane", lane.run)
        self._lanes[router.nas.nas_id] = (lane, tasks)

    async def _close(self, nas_id: int) -> None:
        known = self._lanes.pop(nas_id, None)
        if known is not None:
            lane, tasks = known
            await tasks.stop()
            await lane.drain(0.0)
