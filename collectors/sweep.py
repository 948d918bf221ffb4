"""What no reading tells: devices that fell silent, and NASes without their sessions.

Every turn looks at everything, and one process does it at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from chassis.clock import Clock
from collectors import metrics
from collectors.alarm_watch import judged
from collectors.alarms import Reading
from collectors.outage_watch import settle
from collectors.outages import WINDOW
from collectors.planned import Place, is_planned
from collectors.sessions_lost import LINES_LOOKED_AT, Live, are_lost, kept
from collectors.silence import is_outage
from collectors.store import alarms, nases, outages, silent
from collectors.store.nases import Nas
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
    """Looks at the whole network. The counts of sessions are kept in memory for two minutes.

    `look_soon(device_id)` asks for an early look at an OLT.
    """

    database: Database
    clock: Clock
    limits: Limits
    look_soon: Callable[[int], None]
    approved_by: str | None = None
    _counts: dict[int, tuple[Live, ...]] = field(default_factory=dict)
    _doubtful: dict[int, datetime] = field(default_factory=dict)

    async def turn(self) -> None:
        """One look at everything."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            counted = await nases.counted(transaction, now, SWEEP_SECONDS)
            self._remember(counted, now)
            if await only_here(transaction, "sweep"):
                for device in await silent.devices(transaction):
                    await self._look_at_device(transaction, device, now)
                await self._look_at_nases(transaction, counted, now)
            standing = await outages.standing_by_scope(transaction)
            by_severity = await alarms.standing_by_severity(transaction)
        for scope, count in standing.items():
            metrics.outages_standing.set(count, scope)
        for severity, count in by_severity.items():
            metrics.alarms_standing.set(count, severity)

    def _remember(self, counted: Sequence[Nas], now: datetime) -> None:
        for nas in counted:
            live = Live(at=now, sessions=nas.sessions, ended_on_purpose=nas.ended_on_purpose)
            self._counts[nas.nas_id] = kept((*self._counts.get(nas.nas_id, ()), live), now)

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
                    lines = (await outages.lines(transaction, [outage.outage_id]))[outage.outage_id]
                    await settle(
                        transaction, device.tenant_id, known, lines[0],
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
        online = await outages.online_onus(transaction, device.device_id)
        await outages.add_lines(transaction, outage_id, dict.fromkeys(online, began))
        metrics.outages.add(new.scope, OutageState.SUSPECTED)

    async def _look_at_nases(self, transaction: Any, counted: Sequence[Nas], now: datetime) -> None:
        standing: set[int | None] = set()
        for tenant_id in {nas.tenant_id for nas in counted}:
            for known in await outages.standing(transaction, tenant_id):
                if known.standing.scope is OutageScope.NAS:
                    standing.add(known.nas_id)
                    outage_id = known.standing.outage_id
                    lines = await nases.follow_sessions(transaction, outage_id, now)
                    await settle(
                        transaction, tenant_id, known, lines, approved_by=self.approved_by, now=now
                    )
        for nas in counted:
            if nas.nas_id in standing or not are_lost(self._counts[nas.nas_id]):
                self._doubtful.pop(nas.nas_id, None)
            elif await self._without_its_lines(transaction, nas, now):
                await self._nas_down(transaction, nas, now)

    async def _without_its_lines(self, transaction: Any, nas: Nas, now: datetime) -> bool:
        """Whether it is the NAS that lost them: first their OLTs are asked about the lines.

        A doubt older than the counts is of another loss, whose end another process looked at.
        """
        counts = self._counts[nas.nas_id]
        dark, olts = await nases.dark_lines(transaction, nas.nas_id, counts[0].at)
        doubted_at = self._doubtful.get(nas.nas_id)
        if doubted_at is None or now - doubted_at > WINDOW:
            self._doubtful[nas.nas_id] = doubted_at = now
            for device_id in olts:
                self.look_soon(device_id)
        looked_at = not olts or now - doubted_at >= LINES_LOOKED_AT
        return looked_at and are_lost(counts, dark=dark)

    async def _nas_down(self, transaction: Any, nas: Nas, now: datetime) -> None:
        windows = await open_windows(transaction, nas.tenant_id, now)
        began = self._counts[nas.nas_id][0].at
        new = NewOutage(
            tenant_id=nas.tenant_id,
            scope=OutageScope.NAS,
            cause=OutageCause.SESSIONS_LOST,
            nas_id=nas.nas_id,
            started_at=began,
            planned=is_planned(windows, Place(nas_id=nas.nas_id), now),
        )
        outage_id = await outages.begin(transaction, new, now)
        await nases.add_lost(transaction, outage_id, nas.nas_id, began)
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
