"""Every recorded reading looked at for outages: what fell, what is back, what it means.

Load, decide (`collectors/outages.py`), record, in the reading's own transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collectors import metrics
from collectors.consequences import PollChange
from collectors.driver import Part
from collectors.falls import remembered, seen_to_fall
from collectors.outages import (
    Cut,
    Fall,
    Lines,
    Sign,
    Standing,
    advance,
    cause_of,
    cuts,
    estimated_duration,
    is_same_event,
    sign_of,
)
from collectors.planned import Place, is_planned
from collectors.store import lines
from collectors.store import outages as store
from collectors.store.outages import Confirmed, Known, NewOutage
from collectors.store.planned import open_windows
from isp.access_network import OnuState
from isp.outage import NoticeKind, OutageCause, OutageScope, OutageState
from operations import notices

__all__ = ["OutageWatch", "settle"]

NOTIFIED = {
    OutageState.OPEN: NoticeKind.OUTAGE,
    OutageState.RESTORED: NoticeKind.RESTORED,
}


@dataclass
class OutageWatch:
    """Hears of readings. `look_soon(device_id)` asks for an early second look.

    The recent falls are kept in memory: after a restart an outage that was half seen is seen as
    what falls from then on.
    """

    look_soon: Callable[[int], None]
    approved_by: str | None = None
    _falls: dict[int, dict[int, Fall]] = field(default_factory=dict)
    _doubtful: set[int] = field(default_factory=set)

    async def polled(self, transaction: Any, change: PollChange) -> None:
        """Write what follows for the outages of this device's ONUs."""
        if Part.STATE not in change.parts:
            return
        device, now = change.device, change.now
        seen = seen_to_fall(change)
        falls = remembered(self._falls.get(device.device_id, {}), seen, _online_again(change), now)
        self._falls[device.device_id] = falls
        standing = await store.standing(transaction, device.tenant_id)
        doubtful = False
        if standing:
            await lines.follow(transaction, device.device_id, _ids(standing), now)
            doubtful = await self._settle(transaction, change, standing)
        if seen:
            doubtful |= await self._look_for_cuts(transaction, change, falls, standing)
        if doubtful:
            self._doubtful.add(device.device_id)

    async def committed(self, change: PollChange) -> None:
        """Whatever is doubtful is looked at again soon, not at the next turn."""
        if change.device.device_id in self._doubtful:
            self._doubtful.discard(change.device.device_id)
            self.look_soon(change.device.device_id)

    async def _settle(
        self, transaction: Any, change: PollChange, standing: tuple[Known, ...]
    ) -> bool:
        """Move the outages that have lines on this device; whether any is in doubt now."""
        by_outage = await lines.now(transaction, _ids(standing))
        doubtful = False
        for known in standing:
            met, devices = by_outage.get(known.standing.outage_id, (Lines(down=0, back=0), ()))
            if change.device.device_id not in devices:
                continue
            after = await settle(
                transaction,
                change.device.tenant_id,
                known,
                sign_of(met, change.now),
                approved_by=self.approved_by,
                now=change.now,
            )
            doubtful |= after is OutageState.RESTORING
        return doubtful

    async def _look_for_cuts(
        self,
        transaction: Any,
        change: PollChange,
        falls: Mapping[int, Fall],
        standing: tuple[Known, ...],
    ) -> bool:
        device = change.device
        counted = await lines.down(transaction, _ids(standing)) if standing else frozenset()
        new = {onu_id: fall for onu_id, fall in falls.items() if onu_id not in counted}
        for known in standing:
            late = _late(known, device.device_id, new)
            if late:
                await lines.add(transaction, known.standing.outage_id, _times(late.values()))
                new = {onu_id: fall for onu_id, fall in new.items() if onu_id not in late}
        found = cuts(new.values(), await lines.online(transaction, device.device_id))
        for cut in found:
            area = await store.area_of(transaction, device.device_id, cut.ports)
            same = [
                known
                for known in standing
                if is_same_event(known.standing, device.device_id, area, cut)
            ]
            if same:
                await _join(transaction, same[0], device.device_id, cut)
            else:
                await _begin(transaction, change, area, cut)
        return bool(found)


async def settle(
    transaction: Any,
    tenant_id: int,
    known: Known,
    sign: Sign | None,
    *,
    approved_by: str | None,
    now: datetime,
) -> OutageState:
    """One more look at a standing outage: its next state, written with what follows from it."""
    if sign is None:
        return known.state
    after = advance(known.state, sign)
    if after is known.state:
        return after
    confirmed = None
    if (known.state, after) == (OutageState.SUSPECTED, OutageState.OPEN):
        confirmed = await _confirmed(transaction, known)
    await store.move(transaction, known, after, now, confirmed=confirmed)
    kind = NOTIFIED.get(after)
    if kind is not None and not known.planned:
        outage_id = known.standing.outage_id
        await notices.announce(
            transaction, tenant_id, outage_id, kind, approved_by=approved_by, now=now
        )
    metrics.outages.add(known.standing.scope, after)
    return after


async def _confirmed(transaction: Any, known: Known) -> Confirmed:
    """The cause as the OLT tells it by now, and how long others like it took."""
    outage = known.standing
    took = estimated_duration(await store.durations(transaction, known))
    cause = await _cause(transaction, outage)
    return Confirmed(cause=cause, estimate=outage.started_at + took if took else None)


async def _cause(transaction: Any, outage: Standing) -> OutageCause:
    told = cause_of(await lines.causes(transaction, outage.outage_id))
    return outage.cause if told is OutageCause.UNKNOWN else told


async def _join(transaction: Any, known: Known, device_id: int, cut: Cut) -> None:
    """More of the same: its lines, its ports, how far it reaches."""
    outage = known.standing
    await lines.add(transaction, outage.outage_id, _times(cut.falls))
    elsewhere = outage.device_id != device_id
    await store.reshape(
        transaction,
        outage.outage_id,
        scope=OutageScope.AREA if elsewhere else _wider(outage.scope, cut.scope),
        device_id=None if elsewhere else device_id,
        cause=await _cause(transaction, outage),
        ports=() if elsewhere else sorted({*outage.ports, *cut.ports}),
        started_at=min(outage.started_at, cut.started_at),
    )


async def _begin(transaction: Any, change: PollChange, area: str | None, cut: Cut) -> None:
    device = change.device
    windows = await open_windows(transaction, device.tenant_id, change.now)
    places = [
        Place(area=area, device_id=device.device_id, pon_port_id=change.ports.get(port))
        for port in cut.ports
    ]
    outage_id = await store.begin(
        transaction,
        NewOutage(
            tenant_id=device.tenant_id,
            scope=cut.scope,
            cause=cut.cause,
            device_id=device.device_id,
            area=area,
            ports=cut.ports,
            started_at=cut.started_at,
            planned=all(is_planned(windows, place, change.now) for place in places),
        ),
        change.now,
    )
    await lines.add(transaction, outage_id, _times(cut.falls))
    metrics.outages.add(cut.scope, OutageState.SUSPECTED)


def _late(known: Known, device_id: int, new: Mapping[int, Fall]) -> dict[int, Fall]:
    """What fell on a port whose outage stands already is part of it, however little it is."""
    outage = known.standing
    if outage.device_id != device_id or outage.scope is OutageScope.NAS:
        return {}
    return {
        onu_id: fall
        for onu_id, fall in new.items()
        if fall.port in outage.ports or outage.scope is OutageScope.OLT
    }


def _wider(one: OutageScope, other: OutageScope) -> OutageScope:
    return OutageScope.OLT if OutageScope.OLT in (one, other) else one


def _online_again(change: PollChange) -> list[int]:
    return [each.onu_id for each in change.state_changes if each.after is OnuState.ONLINE]


def _times(falls: Any) -> dict[int, datetime]:
    return {fall.onu_id: fall.at for fall in falls}


def _ids(standing: tuple[Known, ...]) -> list[int]:
    return [known.standing.outage_id for known in standing]
