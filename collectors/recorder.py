"""What becomes of a device's readings: load, decide, record with what follows, then tell."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from chassis.clock import Clock
from chassis.log import get_logger
from collectors import metrics
from collectors.consequences import Consequence, PollChange, StateChange
from collectors.driver import Part
from collectors.known import Changes, Known, applied, decide
from collectors.sources import Identity
from collectors.store import Transaction, leases, load, record, status
from collectors.store.devices import Device
from collectors.store.record import KnownOutdated
from collectors.store.status import DeviceState
from database.connect import Database
from isp.access_network import Poll

__all__ = ["WRITERS_MAX", "LeaseLost", "Recorder"]

WRITERS_MAX: Final = 4
"""Readings written at once: half of the pool, so that leases and requests never wait for them."""

log = get_logger("collectors")


class LeaseLost(Exception):  # noqa: N818 - it names what happened
    """Another process polls this device now."""


class Recorder:
    """Writes about one device, while this process (`me`) holds its lease."""

    def __init__(
        self,
        device: Device,
        *,
        me: str,
        driver: str,
        database: Database,
        clock: Clock,
        consequences: Sequence[Consequence],
        writers: asyncio.Semaphore,
    ) -> None:
        self.device = device
        self.known = Known()
        self._me = me
        self._driver = driver
        self._database = database
        self._clock = clock
        self._consequences = consequences
        self._writers = writers

    async def load(self) -> None:
        """Know the device as the database does."""
        async with self._database.transaction() as transaction:
            self.known = await load.known(transaction, self.device.device_id)

    async def identified(self, identity: Identity) -> None:
        """The device said who it is."""
        self._driver = identity.driver
        async with self._database.transaction() as transaction:
            await self._keep_lease(transaction)
            await status.identified(transaction, self.device, identity, self._clock.now())

    async def lost(self, problem: str, state: DeviceState | None) -> None:
        """A reading gave nothing; `state` None: the device is not given up yet."""
        log.debug("device_not_read", device=self.device.name, problem=problem)
        async with self._database.transaction() as transaction:
            await self._keep_lease(transaction)
            await status.failed(transaction, self.device, state, problem, self._clock.now())

    async def read(
        self,
        parts: frozenset[Part],
        poll: Poll,
        capabilities: Mapping[str, int],
        began_at: datetime | None = None,
    ) -> None:
        """A reading gave something; None: it took no time. Raises LeaseLost, the database's errors.

        What happened after `began_at` may not be in it.
        """
        now = self._clock.now()
        took = (began_at or now, now)
        async with self._writers:
            try:
                change = await self._record(parts, poll, capabilities, *took)
            except KnownOutdated as outdated:
                log.info("device_known_anew", device=self.device.name, reason=str(outdated))
                await self.load()
                change = await self._record(parts, poll, capabilities, *took)
        self._measure(poll)
        for consequence in self._consequences:
            await consequence.committed(change)

    async def _record(
        self,
        parts: frozenset[Part],
        poll: Poll,
        capabilities: Mapping[str, int],
        began_at: datetime,
        now: datetime,
    ) -> PollChange:
        made = decide(self.known, poll, parts, now)
        async with self._database.transaction() as transaction:
            await self._keep_lease(transaction)
            rows = await record.changes(transaction, self.device, self.known, made, now)
            new = applied(self.known, made, poll, rows)
            change = self._change(parts, poll, made, new, now)
            await status.answered(
                transaction, self.device, poll, parts, capabilities, began_at, now
            )
            if Part.INVENTORY in parts and not poll.partial:
                await status.still_listed(transaction, self.device, now)
            for consequence in self._consequences:
                await consequence.polled(transaction, change)
        self.known = new
        return change

    def _change(
        self, parts: frozenset[Part], poll: Poll, made: Changes, new: Known, now: datetime
    ) -> PollChange:
        """The reading as those who judge it hear of it."""
        before = self.known.onus
        return PollChange(
            device=self.device.polled(self._driver),
            parts=parts,
            poll=poll,
            onus=new.onus,
            ports=new.ports,
            interfaces=new.interfaces,
            appeared=tuple(
                onu
                for serial, onu in new.onus.items()
                if serial not in before or serial in made.back
            ),
            vanished=tuple(new.onus[serial] for serial in made.gone),
            state_changes=tuple(
                StateChange(
                    onu_id=new.onus[serial].onu_id,
                    serial=serial,
                    port=new.onus[serial].port,
                    pon_port_id=new.onus[serial].pon_port_id,
                    before=before[serial].state,
                    after=new.onus[serial].state,
                    cause=made.onus[serial].last_down_cause,
                    at=now,
                )
                for serial in sorted(made.states)
            ),
            rebooted=made.rebooted,
            now=now,
        )

    async def _keep_lease(self, transaction: Transaction) -> None:
        if not await leases.held(transaction, self._me, self.device.device_id):
            raise LeaseLost(self.device.name)

    def _measure(self, poll: Poll) -> None:
        name = self.device.name
        for state, count in Counter(onu.state for onu in self.known.onus.values()).items():
            metrics.onus.set(count, name, state.value)
        for table in poll.partial:
            metrics.partial.add(name, table)
        for what, count in poll.doubts.items():
            metrics.doubts.add(name, what, amount=count)
