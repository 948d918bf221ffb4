"""The daemon: hears what changed, keeps a lane for each router, samples what flows."""

from functools import partial
from typing import Final

from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.sealing import KeyRing
from database.connect import Database, Role
from database.daemon_report import DaemonReport
from database.follow import Follower
from database.only_one import OnlyOne
from database.tables.access_network import device
from database.tables.network import lease
from database.tables.shaping import cpe, shaped_router, shaping_node
from database.tables.subscribers import entitlement
from database.version import require_schema_version
from shaper.config import ShaperSettings
from shaper.lanes import Lanes

__all__ = ["Shaper"]

TICK_SECONDS: Final = 1.0
POLL_SECONDS: Final = 5.0
"""The poll under the notices of changed rows."""
FORGET_SECONDS: Final = 3600.0
ROUTERS_NAMED: Final = 5
"""In the line that says how the daemon is."""


class Shaper:
    """Makes router queues what services are entitled to."""

    def __init__(self, settings: ShaperSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._database = Database(settings.database, Role.SHAPER)
        self._only_one = OnlyOne(self._database, context)
        self._services = [Follower(self._database, table) for table in (entitlement, lease)]
        self._routers = [
            Follower(self._database, table) for table in (device, shaped_router, shaping_node, cpe)
        ]
        self._lanes: Lanes | None = None
        self._report = DaemonReport(self._database, context, self.health)

    async def start(self) -> None:
        """Be the only one, open the keys, know the routers; then follow and sample."""
        await require_schema_version(self._database)
        await self._only_one.take()
        self._lanes = lanes = Lanes(
            database=self._database,
            clock=self._context.clock,
            keys=KeyRing.load_or_create(self._settings.database.key_ring),
            config=self._settings.shaper,
        )
        for follower in (*self._services, *self._routers):
            await follower.changes()
        await lanes.refresh()
        tasks = self._context.tasks
        tasks.every(TICK_SECONDS, "stay_only_one", self._only_one.stay)
        for follower in self._services:
            work = partial(self._follow_services, follower, lanes)
            tasks.forever(f"follow_{follower.table.name}", work)
        for follower in self._routers:
            work = partial(self._follow_routers, follower, lanes)
            tasks.forever(f"follow_{follower.table.name}", work)
        tasks.every(self._settings.shaper.sample_seconds, "sample", lanes.sample, at_once=False)
        tasks.every(FORGET_SECONDS, "forget_runs", lanes.forget)
        self._report.begin()

    async def reload(self, settings: ShaperSettings) -> None:
        """Every key of the table needs a restart."""
        self._settings = settings

    async def drain(self) -> None:
        """Stop looking, let go of the routers; the next start finds what was being written."""
        await self._context.tasks.stop()
        if self._lanes is not None:
            await self._lanes.close()
        await self._only_one.give_up()
        await self._report.farewell()
        await self._database.close()

    def health(self) -> Health:
        """Ready once the routers are known."""
        lanes = self._lanes
        if lanes is None:
            return Health(checks=(Check(name="routers", ok=False, detail="not loaded"),))
        trouble = lanes.in_trouble
        status = f"routers: {len(lanes)}"
        if trouble:
            status += f", look at {', '.join(trouble[:ROUTERS_NAMED])}"
        return Health(checks=(Check(name="routers", ok=True),), status=status)

    async def _follow_services(self, follower: Follower, lanes: Lanes) -> None:
        while True:
            await follower.wait(POLL_SECONDS)
            lanes.stir(await follower.changes())

    async def _follow_routers(self, follower: Follower, lanes: Lanes) -> None:
        while True:
            await follower.wait(POLL_SECONDS)
            if await follower.changes():
                await lanes.refresh()
