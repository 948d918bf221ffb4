"""What no reading tells: devices that fell silent, and NASes without their sessions.

Every turn looks at everything, and one process does it at a time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.clock import Clock
from collectors import metrics
from collectors.alarm_watch import judged
from collectors.alarms import Reading
from collectors.nas_watch import NasWatch
from collectors.outage_watch import settle
from collectors.outages import sign_of
from collectors.planned import Place, is_planned
from collectors.silence import is_outage
from collectors.store import alarms, lines, nases, outages, silent
from collectors.store.only_here import only_here
from collectors.store.outages import NewOutage
from collectors.store.planned import open_windows
from collectors.store.silent import Silent
from collectors.symptoms import Limits, Symptom
from database.connect import Database
from isp.outage import AlarmKind, OutageCause, OutageScope, OutageState

__all__ = ["SWEEP_SECONDS", "Sweep"]

SWEEP_SECONDS: Final = 15.0
"""Eight counts of sessions fit in the two minutes within which a NAS loses them."""


@dataclass
class Sweep:
    """Looks at the whole network, with `nases` at what has to do with sessions."""

    database: Database
    clock: Clock
    limits: Limits
    nases: NasWatch
    approved_by: str | None = None

    async def turn(self) -> None:
        """One look at everything."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            counted = await nases.counted(transaction, now, SWEEP_SECONDS)
            self.nases.remember(counted, now)
            if await only_here(transaction, "sweep"):
                for device in await silent.devices(transaction):
                    await self._look_at_device(transaction, device, now)
                await self.nases.look(transaction, counted, now)
            await self.nases.ask_for_lines(transaction)
            standing = await outages.standing_by_scope(transaction)
            by_severity = await alarms.standing_by_severity(transaction)
        for scope, count in standing.items():
            metrics.outages_standing.set(count, scope)
        for severity, count in by_severity.items():
            metrics.alarms_standing.set(count, severity)

    async def _look_at_device(self, transaction: Any, device: Silent, now: datetime) -> None:
        """Its alarms, and the outage of all its lines where they went with it."""
        windows = await open_windows(transaction, device.tenant_id, now)
        planned = is_planned(windows, Place(area=device.area, device_id=device.device_id), now)
        if not planned:
            known = await alarms.known(transaction, device.device_id)
            found = judged(_symptoms(device, self.limits), known, self.limits, now)
            await alarms.write(transaction, device.tenant_id, found, now)
        if is_outage(device.silence, now):
            await self._olt_down(transaction, device, planned, now)

    async def _olt_down(
        self, transaction: Any, device: Silent, planned: bool, now: datetime
    ) -> None:
        """One outage of the OLT; a second turn that still finds it silent confirms it."""
        began = device.silence.since or now
        for known in await outages.standing(transaction, device.tenant_id):
            outage = known.standing
            if outage.device_id == device.device_id and outage.cause is OutageCause.DEVICE:
                if known.state is OutageState.SUSPECTED:
                    met, _ = (await lines.now(transaction, [outage.outage_id]))[outage.outage_id]
                    await settle(
                        transaction, device.tenant_id, known, sign_of(met, now),
                        approved_by=self.approved_by, now=now,
                    )  # fmt: skip
                return
        new = NewOutage(
            tenant_id=device.tenant_id,
            scope=OutageScope.OLT,
            cause=OutageCause.DEVICE,
            device_id=device.device_id,
            area=device.area,
            started_at=began,
            planned=planned,
        )
        outage_id = await outages.begin(transaction, new, now)
        online = await lines.online_onus(transaction, device.device_id)
        await lines.add(transaction, outage_id, dict.fromkeys(online, began))
        metrics.outages.add(new.scope, OutageState.SUSPECTED)


def _symptoms(device: Silent, limits: Limits) -> list[Symptom]:
    subject = f"device {device.device_id}"
    return [
        Symptom(
            subject=subject,
            kind=AlarmKind.DEVICE_UNREACHABLE,
            reading=Reading.BAD if device.silence.unreachable else Reading.GOOD,
            device_id=device.device_id,
        ),
        Symptom(
            subject=subject,
            kind=AlarmKind.DEVICE_LOSS,
            reading=limits.loss_ratio.judge(device.loss_ratio),
            device_id=device.device_id,
            value=device.loss_ratio,
        ),
    ]
