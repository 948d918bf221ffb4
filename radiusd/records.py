"""What workers report, gathered by the keeper and written every second."""

import asyncio
from collections.abc import Sequence

from chassis.clock import Clock
from radiusd import metrics
from radiusd.attempts import Attempt, Attempts
from radiusd.link import Report
from radiusd.store.away import AwayError
from radiusd.store.journal import Journal
from radiusd.tally import Totals

__all__ = ["ROWS_PER_WRITE", "Records"]

ROWS_PER_WRITE = 1_000
"""Attempts written in one transaction: some 50 ms of Postgres; the rest folds on meanwhile."""


class Records:
    """Bounded: attempts fold (`radiusd/attempts.py`), totals are one number for each NAS and
    reason, and strangers are limited by those who send them.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._attempts = Attempts()
        self._totals = Totals()

    def add(self, report: Report) -> None:
        """Gather what a worker sent."""
        self._attempts.merge(report.attempts)
        if report.totals != Totals():
            self._totals = self._totals.plus(report.totals)

    async def write(self) -> None:
        """Write what was gathered. While the database is away it is kept, and folds on; so it is
        when the keeper stops in the middle, for its last write.
        """
        attempts, totals = self._attempts.take(ROWS_PER_WRITE), self._totals
        metrics.attempts_waiting.set(len(self._attempts))
        if not attempts and totals == Totals():
            return
        self._totals = Totals()
        try:
            await self._journal.write(attempts=attempts, totals=totals, now=self._clock.now())
        except AwayError:
            self._keep(attempts, totals)
        except asyncio.CancelledError:
            self._keep(attempts, totals)
            raise

    def _keep(self, attempts: Sequence[Attempt], totals: Totals) -> None:
        self._attempts.merge(attempts)
        self._totals = totals.plus(self._totals)
