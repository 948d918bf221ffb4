"""The daemon: shares the devices with its like, polls its share, answers persons."""

from collections.abc import Sequence
from typing import Final

from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.sealing import KeyRing
from collectors.companions import Companions
from collectors.config import CollectorsSettings
from collectors.consequences import Consequence
from collectors.lane import Pace
from collectors.lanes import Lanes
from collectors.linking import LinksSold
from collectors.requests import Requests
from collectors.sources.opening import Sources
from collectors.store import leases
from database.connect import Database, Role
from database.daemon_report import DaemonReport
from database.version import require_schema_version

__all__ = ["Collectors"]

REQUESTS_SECONDS: Final = 0.5
"""How soon a person's question is taken."""

SHARE_SECONDS: Final = leases.LEASE_SECONDS / 3
"""Two renewals may fail before a lease is over."""


class Collectors:
    """Reads devices and writes down what they say."""

    def __init__(
        self,
        settings: CollectorsSettings,
        context: Context,
        *,
        also: Sequence[Consequence] = (),
    ) -> None:
        """`also` hear of every reading, beside the daemon's own."""
        self.lanes: Lanes | None = None
        self._also = also
        self._settings = settings
        self._context = context
        self._database = Database(settings.database, Role.COLLECTORS)
        self._report = DaemonReport(self._database, context, self.health)
        self._sources: Sources | None = None
        self._requests: Requests | None = None
        self._companions: Companions | None = None

    async def start(self) -> None:
        """Open the keys, take a share of the devices; then poll, share and answer."""
        await require_schema_version(self._database)
        config, clock = self._settings.collectors, self._context.clock
        keys = KeyRing.load_or_create(self._settings.database.key_ring)
        self._sources = sources = Sources(
            clock=clock,
            requests_per_second=config.requests_per_second,
            budget_seconds=config.budget_seconds,
        )
        self._companions = companions = Companions(
            config,
            database=self._database,
            clock=clock,
            keys=keys,
            causes=sources.causes,
            polled=lambda: self.lanes,
        )
        self.lanes = lanes = Lanes(
            config.process_name,
            pace=Pace(
                intervals=config.intervals,
                onus_per_second=config.onus_per_second,
                budget_seconds=config.budget_seconds,
            ),
            database=self._database,
            sources=sources,
            keys=keys,
            clock=clock,
            consequences=(LinksSold(), *companions.consequences, *self._also),
        )
        self._requests = requests = Requests(
            config.process_name,
            lanes=lanes,
            database=self._database,
            sources=sources,
            keys=keys,
            clock=clock,
        )
        await lanes.refresh()
        tasks = self._context.tasks
        tasks.forever("share_devices", lambda: self._share(lanes))
        tasks.every(REQUESTS_SECONDS, "take_requests", requests.look)
        await companions.begin(tasks)
        self._report.begin()

    async def reload(self, settings: CollectorsSettings) -> None:
        """Every key of the table needs a restart."""
        self._settings = settings

    async def drain(self) -> None:
        """Stop polling, let others have the devices, let go of everything."""
        await self._context.tasks.stop()
        if self._companions is not None:
            self._companions.close()
        if self._requests is not None:
            await self._requests.close()
        if self.lanes is not None:
            await self.lanes.drain()
        if self._sources is not None:
            await self._sources.close()
        await self._report.farewell()
        await self._database.close()

    def health(self) -> Health:
        """Ready once it has its share of the devices."""
        lanes = self.lanes
        if lanes is None:
            return Health(checks=(Check(name="devices", ok=False, detail="not shared out"),))
        return Health(
            checks=(Check(name="devices", ok=True),), status=f"{len(lanes)} devices polled"
        )

    async def _share(self, lanes: Lanes) -> None:
        while True:
            await lanes.follow(SHARE_SECONDS)
