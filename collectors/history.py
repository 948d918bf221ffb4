"""The history rolled up: hours from samples, days from hours, and the cross-check of usage.

One process does it at a time. Rolling up again gives the same, so an hour is rolled while it runs
and once more when it is over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from collectors import metrics
from collectors.store import samples as store
from collectors.store import tenants
from collectors.store.only_here import only_here
from database.connect import Database
from database.partitions import ensure_partitions

__all__ = ["ROLL_SECONDS", "History", "hours_between"]

ROLL_SECONDS: Final = 900.0
"""How old an hour's figures may be while it runs."""

HOURS_MAX: Final = 48
"""After longer absence the older samples stay as they are; nothing reads them by the hour."""

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass
class History:
    """Rolls up what all collectors sampled."""

    database: Database
    clock: Clock

    async def roll(self) -> None:
        """Bring hours and days up to now."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            await ensure_partitions(transaction, now.date())
            since = await store.rolled_until(transaction)
            subjects = await store.subjects_max(transaction)
        for hour in hours_between(since, now):
            for first in range(0, subjects + 1, store.SUBJECTS_PER_ROLL):
                async with self.database.transaction() as transaction:
                    if not await only_here(transaction, "roll up"):
                        return
                    await store.roll_hour(transaction, hour, first)
        await self._days(now)

    async def _days(self, now: datetime) -> None:
        async with self.database.transaction() as transaction:
            zones = await tenants.zones(transaction)
        for tenant_id, name in zones.items():
            zone = ZoneInfo(name)
            today = now.astimezone(zone).date()
            for day in (today - DAY, today):
                begin = datetime(day.year, day.month, day.day, tzinfo=zone)
                after = day + DAY
                end = datetime(after.year, after.month, after.day, tzinfo=zone)
                async with self.database.transaction() as transaction:
                    if not await only_here(transaction, "roll up"):
                        return
                    await store.roll_day(transaction, tenant_id, day, begin, end)
            async with self.database.transaction() as transaction:
                found = await store.differences(transaction, today - DAY)
            for tenant, ratio in found.items():
                metrics.usage_difference_ratio.set(ratio, tenant)


def hours_between(since: datetime | None, now: datetime) -> Iterator[datetime]:
    """The hours to roll up: from the last that was, which may not have been over, until now's."""
    newest = now.replace(minute=0, second=0, microsecond=0)
    oldest = newest - (HOURS_MAX - 1) * HOUR
    hour = oldest if since is None else max(since, oldest)
    while hour <= newest:
        yield hour
        hour += HOUR
