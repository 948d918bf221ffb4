"""All lanes: one for each router and CPE, opened and closed as their tables say."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from chassis.clock import Clock
from chassis.periodic import Tasks
from chassis.sealing import KeyRing
from database.connect import Database
from shaper.config import ShaperConfig
from shaper.lane import Lane
from shaper.state import UNTROUBLED
from shaper.store import record
from shaper.store.targets import targets
from shaper.target import Target

__all__ = ["Lanes"]

TURNS_AT_ONCE: Final = 32
"""Readings in memory at a time; a slow router holds up none of the others before that."""

CPE_REREAD_TIMES: Final = 10
"""A CPE has one queue and a slow line: it is read again this much more rarely."""


class Lanes:
    """Keeps the lanes, and tells them what changed."""

    def __init__(
        self, *, database: Database, clock: Clock, keys: KeyRing, config: ShaperConfig
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._config = config
        self._turnstile = asyncio.Semaphore(TURNS_AT_ONCE)
        self._refreshing = asyncio.Lock()
        self._lanes: dict[tuple[int, int], tuple[Lane, Tasks]] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def in_trouble(self) -> list[str]:
        """The names of targets that are not as they should be."""
        return sorted(
            lane.target.name
            for lane, _ in self._lanes.values()
            if lane.status is not None and lane.status.state not in UNTROUBLED
        )

    async def refresh(self) -> None:
        """Open, close and replace lanes as the tables now say; topology may have changed."""
        async with self._refreshing:
            async with self._database.transaction() as transaction:
                wanted = {target.key: target for target in await targets(transaction, self._keys)}
            for key, (lane, _) in list(self._lanes.items()):
                if wanted.get(key) == lane.target:
                    lane.stir()
                    continue
                await self._close(key)
                if key not in wanted:
                    async with self._database.transaction() as transaction:
                        await record.forget_target(transaction, lane.target)
            for key in wanted.keys() - self._lanes.keys():
                self._open(wanted[key])

    def stir(self, rows: Iterable[Any]) -> None:
        """Services of these rows (tenant_id, service_id) changed."""
        changed = {(row.tenant_id, row.service_id) for row in rows}
        tenants = {tenant_id for tenant_id, _ in changed}
        for lane, _ in self._lanes.values():
            target = lane.target
            concerned = (
                (target.tenant_id, target.service_id) in changed
                if target.cpe_id
                else target.tenant_id in tenants
            )
            if concerned:
                lane.stir()

    async def sample(self) -> None:
        """Record the throughput of every router's parent queues."""
        await asyncio.gather(*(lane.sample() for lane, _ in self._lanes.values()))

    async def forget(self) -> None:
        """Drop what is recorded of long ago."""
        async with self._database.transaction() as transaction:
            await record.forget_runs(transaction, self._clock.now())

    async def close(self) -> None:
        """Stop all of them."""
        for key in list(self._lanes):
            await self._close(key)

    def _open(self, target: Target) -> None:
        rereads = CPE_REREAD_TIMES if target.cpe_id else 1
        lane = Lane(
            target,
            database=self._database,
            clock=self._clock,
            instance=self._config.instance,
            reread_seconds=self._config.reread_seconds * rereads,
            turnstile=self._turnstile,
        )
        tasks = Tasks()
        tasks.forever("lane", lane.run)
        self._lanes[target.key] = (lane, tasks)

    async def _close(self, key: tuple[int, int]) -> None:
        lane, tasks = self._lanes.pop(key)
        await tasks.stop()
        await lane.close()
