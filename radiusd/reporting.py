"""What a worker answered and counted goes to its keeper every second."""

from radiusd import metrics
from radiusd.attempts import Attempts
from radiusd.link import ROWS_PER_MESSAGE, Link, Report
from radiusd.tally import Tally, Totals

__all__ = ["ATTEMPTS_PER_SECOND", "Reporting"]

ATTEMPTS_PER_SECOND = 1_000
"""Rows sent on by one worker; more wait here and fold on, for no database writes more for long."""


class Reporting:
    """One worker's. What the keeper cannot take now is kept for the next time."""

    def __init__(self, link: Link, attempts: Attempts, tally: Tally) -> None:
        self._link = link
        self._attempts = attempts
        self._tally = tally

    def report(self) -> None:
        """Send on what there is, within the bound."""
        self._report_attempts(ATTEMPTS_PER_SECOND)
        self._report_totals()
        metrics.attempts_waiting.set(len(self._attempts))

    def report_all(self) -> None:
        """The last report before the end."""
        self._report_attempts(len(self._attempts))
        self._report_totals()

    def _report_attempts(self, limit: int) -> None:
        while limit > 0 and len(self._attempts):
            taken = self._attempts.take(min(limit, ROWS_PER_MESSAGE))
            if not self._link.send(Report(attempts=tuple(taken))):
                self._attempts.merge(taken)
                return
            limit -= len(taken)

    def _report_totals(self) -> None:
        while (totals := self._tally.take(ROWS_PER_MESSAGE)) != Totals():
            if not self._link.send(Report(totals=totals)):
                self._tally.put_back(totals)
                return
