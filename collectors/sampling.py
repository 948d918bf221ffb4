"""Every recorded reading written into the history."""

from dataclasses import dataclass, field
from typing import Any

from collectors import metrics
from collectors.consequences import PollChange
from collectors.counters import Counters
from collectors.samples import Subject, measured, sampled
from collectors.store import samples as store

__all__ = ["Sampling"]


@dataclass
class Sampling:
    """Hears of readings. The counters of the last reading are kept in memory.

    After a restart the first reading counts nothing; a reading that was undone is not the last.
    """

    _last: dict[int, dict[Subject, Counters]] = field(default_factory=dict)
    _read: dict[int, dict[Subject, Counters]] = field(default_factory=dict)

    async def polled(self, transaction: Any, change: PollChange) -> None:
        """Write what was counted and measured."""
        device = change.device
        readings = list(measured(change))
        self._read[device.device_id] = {
            each.subject: each.counters for each in readings if each.counters is not None
        }
        before = self._last.get(device.device_id, {})
        rows = list(sampled(readings, before, change.now))
        for row in rows:
            if row.counted.broken is not None:
                metrics.counters_broken.add(row.counted.broken)
        await store.write(transaction, device.tenant_id, device.device_id, rows)

    async def committed(self, change: PollChange) -> None:
        """From now on count from these counters."""
        device_id = change.device.device_id
        self._last.setdefault(device_id, {}).update(self._read.pop(device_id, {}))
