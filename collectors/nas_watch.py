"""NASes looked at for sessions that went: suspected, second look, over.

Load, decide (`collectors/sessions_lost.py`), record, in the sweep's own transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors import metrics
from collectors.outage_watch import settle
from collectors.outages import Sign, sign_of
from collectors.planned import Place, is_planned
from collectors.sessions_lost import Live, are_lost, kept, second_look
from collectors.store import nases, outages
from collectors.store.nases import Nas
from collectors.store.outages import Known, NewOutage
from collectors.store.planned import open_windows
from isp.outage import OutageCause, OutageScope, OutageState

__all__ = ["NasWatch"]


@dataclass
class NasWatch:
    """Hears how many sessions each NAS has; the counts are kept in memory for two minutes.

    `look_soon(device_id)` asks for an early look at an OLT.
    """

    look_soon: Callable[[int], None]
    approved_by: str | None = None
    _counts: dict[int, tuple[Live, ...]] = field(default_factory=dict)

    def remember(self, counted: Sequence[Nas], now: datetime) -> None:
        """One more count of all NASes."""
        for nas in counted:
            live = Live(at=now, sessions=nas.sessions, ended_on_purpose=nas.ended_on_purpose)
            self._counts[nas.nas_id] = kept((*self._counts.get(nas.nas_id, ()), live), now)

    async def look(self, transaction: Any, counted: Sequence[Nas], now: datetime) -> None:
        """Move the outages of NASes, and suspect those whose counts say so."""
        standing: set[int | None] = set()
        for tenant_id in {nas.tenant_id for nas in counted}:
            for known in await outages.standing(transaction, tenant_id):
                if known.standing.scope is OutageScope.NAS:
                    standing.add(known.nas_id)
                    await self._look_again(transaction, tenant_id, known, now)
        for nas in counted:
            if nas.nas_id not in standing and are_lost(self._counts[nas.nas_id]):
                await self._suspect(transaction, nas, now)

    async def ask_for_lines(self, transaction: Any) -> None:
        """Every process has its own OLTs looked at for whether lines went with the sessions."""
        for nas_id, since, suspected_at in await nases.suspected(transaction):
            lost = await nases.lost(transaction, nas_id, since, suspected_at)
            for device_id in lost.unread:
                self.look_soon(device_id)

    async def _look_again(
        self, transaction: Any, tenant_id: int, known: Known, now: datetime
    ) -> None:
        outage_id = known.standing.outage_id
        if known.state is OutageState.SUSPECTED and known.nas_id is not None:
            began, suspected_at = known.standing.started_at, known.detected_at
            lost = await nases.lost(transaction, known.nas_id, began, suspected_at)
            sign = second_look(lost, now - suspected_at)
            if sign is Sign.DOWN:
                await nases.add_lost(transaction, outage_id, known.nas_id, began)
        else:
            sign = sign_of(await nases.follow_sessions(transaction, outage_id, now), now)
        await settle(transaction, tenant_id, known, sign, approved_by=self.approved_by, now=now)

    async def _suspect(self, transaction: Any, nas: Nas, now: datetime) -> None:
        """Suspect an outage, unless the services and their lines explain the counts already."""
        began = self._counts[nas.nas_id][0].at
        lost = await nases.lost(transaction, nas.nas_id, began, now)
        if second_look(lost, timedelta(0)) is Sign.BACK:
            return
        windows = await open_windows(transaction, nas.tenant_id, now)
        new = NewOutage(
            tenant_id=nas.tenant_id,
            scope=OutageScope.NAS,
            cause=OutageCause.SESSIONS_LOST,
            nas_id=nas.nas_id,
            started_at=began,
            planned=is_planned(windows, Place(nas_id=nas.nas_id), now),
        )
        await outages.begin(transaction, new, now)
        metrics.outages.add(new.scope, OutageState.SUSPECTED)
