"""The daemon: hears what changed, looks at what is due, sweeps everything now and then."""

import random
from typing import Final

from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.sealing import KeyRing
from coa.client import Client
from coa.config import CoaSettings
from coa.lanes import Lanes
from coa.proof import proof
from coa.store import find, prove, record
from database.connect import Database, Role
from database.daemon_report import DaemonReport
from database.follow import Follower
from database.only_one import OnlyOne
from database.tables.subscribers import entitlement
from database.version import require_schema_version

__all__ = ["Coa"]

TICK_SECONDS: Final = 1.0
"""How soon a due retry, a person's request and a proof are seen at the latest."""
ROUTERS_SECONDS: Final = 5.0
ENTITLEMENTS_SECONDS: Final = 1.0
"""The polls under the notices of changed NASes and entitlements."""
DRAIN_SECONDS: Final = 2.0
"""What is outstanding longer is resumed after the next start."""


class Coa:
    """Makes live sessions what their services are entitled to."""

    def __init__(self, settings: CoaSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._database = Database(settings.database, Role.COA)
        self._only_one = OnlyOne(self._database, context)
        self._entitlements = Follower(self._database, entitlement)
        self._client = Client(
            clock=context.clock,
            random=random.random,
            source=settings.coa.source_address or None,
        )
        self._lanes: Lanes | None = None
        self._proofs_sought_to: prove.Place | None = None
        self._report = DaemonReport(self._database, context, self.health)

    async def start(self) -> None:
        """Be the only one, open the keys, know the NASes; then follow, tick and sweep."""
        await require_schema_version(self._database)
        await self._only_one.take()
        self._lanes = lanes = Lanes(
            database=self._database,
            client=self._client,
            clock=self._context.clock,
            keys=KeyRing.load_or_create(self._settings.database.key_ring),
        )
        await lanes.refresh()
        await self._entitlements.changes()
        tasks = self._context.tasks
        tasks.every(TICK_SECONDS, "stay_only_one", self._only_one.stay)
        tasks.forever("follow_routers", lambda: self._follow_routers(lanes))
        tasks.forever("follow_entitlements", lambda: self._follow_entitlements(lanes))
        tasks.every(TICK_SECONDS, "tick", lambda: self._tick(lanes))
        tasks.every(self._settings.coa.sweep_seconds, "sweep", self.sweep)
        self._report.begin()

    async def reload(self, settings: CoaSettings) -> None:
        """Every key of the table needs a restart."""
        self._settings = settings

    async def drain(self) -> None:
        """Stop looking, wait a moment for answers, let go of everything."""
        await self._context.tasks.stop()
        if self._lanes is not None:
            await self._lanes.drain(DRAIN_SECONDS)
        await self._client.close()
        await self._only_one.give_up()
        await self._report.farewell()
        await self._database.close()

    def health(self) -> Health:
        """Ready once the NASes are known."""
        lanes = self._lanes
        if lanes is None:
            return Health(checks=(Check(name="nases", ok=False, detail="not loaded"),))
        nases = f"{len(lanes)} NAS{'' if len(lanes) == 1 else 'es'}"
        status = f"{nases}, {lanes.outstanding} outstanding, {lanes.waiting} waiting"
        return Health(checks=(Check(name="nases", ok=True),), status=status)

    async def _follow_routers(self, lanes: Lanes) -> None:
        while True:
            await lanes.follow(ROUTERS_SECONDS)

    async def _follow_entitlements(self, lanes: Lanes) -> None:
        """What changed is looked at now; after a restore the sweep looks at everything."""
        while True:
            await self._entitlements.wait(ENTITLEMENTS_SECONDS)
            changed = await self._entitlements.changes()
            if changed and not self._entitlements.complete:
                async with self._database.transaction() as transaction:
                    services = [row.service_id for row in changed]
                    found = await find.of_services(transaction, services)
                lanes.put(found)

    async def _tick(self, lanes: Lanes) -> None:
        now = self._context.clock.now()
        async with self._database.transaction() as transaction:
            asked_for = await find.asked_for(transaction, now)
            due = await find.due(transaction, now)
            unproven, sought_to = await prove.unproven(transaction, now, self._proofs_sought_to)
            proofs = [(each, witness) for each in unproven if (witness := proof(each))]
            await prove.proven(transaction, proofs, now)
        self._proofs_sought_to = sought_to
        lanes.put(asked_for)
        lanes.put(due)

    async def sweep(self) -> None:
        """Compare every live session; what was missed or has waited is found here."""
        lanes = self._lanes
        if lanes is None:
            return
        after = None
        while True:
            async with self._database.transaction() as transaction:
                found = await find.page(transaction, after)
            if not found:
                break
            lanes.put(found)
            after = found[-1].session_key
        async with self._database.transaction() as transaction:
            await record.forget_ended(transaction, self._context.clock.now())
            lanes.show_halted(await find.halted(transaction))
