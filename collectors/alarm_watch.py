"""Every recorded reading looked at for alarms.

Load, decide (`collectors/symptoms.py`, `collectors/alarms.py`), record, in the reading's own
transaction. An ONU that is down with many others, or in planned work, raises no alarm of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors import metrics
from collectors.alarms import Alarm, Reading, judge
from collectors.consequences import PollChange
from collectors.planned import Place, is_planned
from collectors.store import alarms as store
from collectors.store import lines
from collectors.store.alarms import Judged, Key, Remembered
from collectors.store.planned import open_windows
from collectors.symptoms import Limits, Symptom, rules, symptoms

__all__ = ["AlarmWatch", "judged"]

NEVER_BAD = Remembered(alarm=Alarm(), alarm_id=None)


@dataclass
class AlarmWatch:
    """Hears of readings; after the outages, which excuse their ONUs."""

    limits: Limits

    async def polled(self, transaction: Any, change: PollChange) -> None:
        """Raise and clear the alarms of this device, its ports and its ONUs."""
        device = change.device
        windows = await open_windows(transaction, device.tenant_id, change.now)
        place = Place(area=device.area, device_id=device.device_id)
        if is_planned(windows, place, change.now):
            return
        planned_ports = {
            pon_port_id
            for pon_port_id in change.ports.values()
            if is_planned(windows, Place(pon_port_id=pon_port_id), change.now)
        }
        excused = await lines.down_of(transaction, device.device_id) | {
            onu.onu_id for onu in change.onus.values() if onu.pon_port_id in planned_ports
        }
        known = await store.known(transaction, device.device_id)
        watched = {subject for subject, _ in known}
        said = symptoms(change, self.limits, excused=excused, watched=watched)
        found = judged(said, known, self.limits, change.now)
        await store.write(transaction, device.tenant_id, found, change.now)

    async def committed(self, change: PollChange) -> None:
        """Nobody else hears of alarms from here."""


def judged(
    found: Iterable[Symptom], known: Mapping[Key, Remembered], limits: Limits, now: datetime
) -> list[Judged]:
    """The alarms that a set of readings says anything new about; counts what they become."""
    by_kind = rules(limits)
    changed = []
    for symptom in found:
        before = known.get((symptom.subject, symptom.kind))
        begins = symptom.reading is Reading.BAD and symptom.may_begin
        if symptom.reading is Reading.UNKNOWN or (before is None and not begins):
            continue
        before = before or NEVER_BAD
        rule = by_kind[symptom.kind]
        after = judge(rule, before.alarm, symptom.reading, now)
        each = Judged(symptom=symptom, rule=rule, before=before, after=after)
        changed.append(each)
        _count(each)
    return changed


def _count(each: Judged) -> None:
    kind = each.symptom.kind
    if each.raised:
        metrics.alarms.add(kind, "raised")
    elif each.cleared:
        metrics.alarms.add(kind, "cleared")
    elif each.after.flaps > each.before.alarm.flaps:
        metrics.alarms.add(kind, "flapped")
