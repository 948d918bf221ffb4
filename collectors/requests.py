"""What persons asked of devices, carried out: by the device's lane, or apart for a stranger."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from chassis.clock import Clock
from chassis.log import get_logger
from chassis.sealing import KeyRing, SealBroken
from collectors import answers
from collectors.lanes import Lanes
from collectors.sources import SourceRefused
from collectors.sources.opening import Sources
from collectors.store import DatabaseError
from collectors.store import requests as store
from collectors.store.requests import Asked
from database.connect import Database
from devices.credentials import Credentials, open_credentials
from isp.access_network import DeviceKind
from operations.device_requests import RequestKind

__all__ = ["Requests"]

AT_ONCE_MAX: Final = 20
"""Requests under way; more wait in their rows."""

log = get_logger("collectors")


class Requests:
    """Takes requests, and writes what came of them."""

    def __init__(
        self,
        me: str,
        *,
        lanes: Lanes,
        database: Database,
        sources: Sources,
        keys: KeyRing,
        clock: Clock,
    ) -> None:
        self._me = me
        self._lanes = lanes
        self._database = database
        self._sources = sources
        self._keys = keys
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()

    async def look(self) -> None:
        """Take what waits, and begin with it."""
        if len(self._under_way) >= AT_ONCE_MAX:
            return
        async with self._database.transaction() as transaction:
            taken = await store.take(transaction, self._me, self._lanes.device_ids)
        for asked in taken:
            task = asyncio.get_running_loop().create_task(self._carry_out(asked))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Leave what is under way to another process."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _carry_out(self, asked: Asked) -> None:
        """What cannot be written is asked again when its row has waited long enough."""
        try:
            outcome = await self._outcome(asked)
        except SourceRefused as refused:
            outcome = answers.failed(refused)
        except SealBroken as broken:
            outcome = answers.failed(SourceRefused(f"its credentials do not open: {broken}"))
        try:
            async with self._database.transaction() as transaction:
                await store.answer(transaction, asked, outcome, self._clock.now())
        except DatabaseError:
            log.warning("request_not_answered", request=asked.device_request_id)

    async def _outcome(self, asked: Asked) -> Mapping[str, Any]:
        kind = RequestKind(asked.kind)
        if asked.device_id is not None:
            lane = self._lanes.lane(asked.device_id)
            if lane is None:
                raise SourceRefused("it cannot be opened, see `turnpike device list`")
            return await lane.ask(kind)
        target = asked.target
        credentials = Credentials()
        if asked.credentials_sealed is not None:
            credentials = open_credentials(asked.credentials_sealed, self._keys)
        if kind is RequestKind.DISCOVER:
            return await answers.discover(
                self._sources, target["networks"], port=target["port"], credentials=credentials
            )
        source = self._sources.open(
            name="",
            kind=DeviceKind(target["kind"]),
            driver=target["driver"],
            host=target["host"],
            port=target["port"],
            credentials=credentials,
            stranger=True,
        )
        try:
            return await answers.test(source)
        finally:
            await source.close()
