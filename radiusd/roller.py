"""The roller: recorded accounting becomes usage and closed sessions, within two seconds.

The keeper runs it; of a cluster's keepers one takes each turn.
"""

import asyncio

from chassis.clock import Clock
from chassis.log import get_logger
from database.connect import Database
from operations import entitlement
from radiusd.store.rolling import SESSIONS_MAX, Rolled, mark_suspects, roll

__all__ = ["TURN_SECONDS", "Roller"]

TURN_SECONDS = 1.0
"""Between turns: what a turn does is to be seen two seconds after the record at most."""

SUSPECT_SECONDS = 60.0
"""Between looks for sessions that fell silent: that look is at all of them."""


class Roller:
    """Rolls until it is cancelled."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._suspects_at = 0.0
        self._caught_up_at = clock.monotonic()
        self._log = get_logger("roller")

    def lag_seconds(self) -> float:
        """Since when not everything recorded was rolled up; about TURN_SECONDS when all is well."""
        return self._clock.monotonic() - self._caught_up_at

    async def run(self) -> None:
        """Roll forever; an error of the database ends it, and the caller begins again."""
        while True:
            await self.turn()
            await asyncio.sleep(TURN_SECONDS)

    async def turn(self, sessions_maximum: int = SESSIONS_MAX) -> int:
        """Roll all that is due, in as many transactions as it takes; returns sessions closed.

        It rests between them as long as it worked: answers to NASes come first.
        """
        closed = 0
        more = True
        while more:
            began = self._clock.monotonic()
            rolled = await self._roll(sessions_maximum)
            if rolled is None:
                self._caught_up_at = began
                return closed
            closed += rolled.closed
            more = rolled.more
            if more:
                await asyncio.sleep(self._clock.monotonic() - began)
        self._caught_up_at = began
        if self._clock.monotonic() >= self._suspects_at:
            self._suspects_at = self._clock.monotonic() + SUSPECT_SECONDS
            async with self._database.transaction() as transaction:
                suspects = await mark_suspects(transaction, self._clock.now())
            if suspects:
                self._log.warning("sessions_suspect", sessions=suspects)
        return closed

    async def _roll(self, sessions_maximum: int) -> Rolled | None:
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            rolled = await roll(transaction, now, sessions_maximum)
            if rolled is not None and rolled.crossed_cap:
                await entitlement.rewrite(transaction, rolled.crossed_cap, now)
        for nas_id in rolled.copies if rolled is not None else ():
            self._log.warning("stop_replayed", nas=nas_id)
        return rolled
