"""Notices that a person agreed to, made into jobs when it is not quiet."""

from dataclasses import dataclass
from typing import assert_never

from chassis.clock import Clock
from collectors import metrics
from collectors.notices import Fate, QuietHours, fate
from collectors.store import notices as store
from database.connect import Database

__all__ = ["Notifying"]


@dataclass
class Notifying:
    """The last step from an outage to its subscribers; `billingd` does the jobs."""

    database: Database
    clock: Clock
    quiet: QuietHours

    async def turn(self) -> None:
        """Send what may be sent, drop what is moot, leave the rest for later."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            for each in await store.approved(transaction, now):
                decided = fate(each.notice, self.quiet, each.zone, now)
                match decided:
                    case Fate.SEND:
                        told = await store.send(transaction, each, now)
                        decided = Fate.SEND if told else Fate.DROP
                    case Fate.DROP:
                        await store.drop(transaction, each.notice_id)
                    case Fate.WAIT:
                        continue
                    case _:
                        assert_never(decided)
                metrics.notices.add(decided)
