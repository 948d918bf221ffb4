"""The people behind a NAS: they dial in, use what they bought, hang up, and dial again."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from random import Random

from lab.nas.device import Nas
from lab.nas.session import Line, Refusal, Session

__all__ = ["Habits", "Population"]

TICK_SECONDS = 1.0
KILOBIT_OCTETS = 125


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """How lively the lines are: a refused line redials, a connected one hangs up now and then."""

    dials_per_second: float = 50.0
    redial_seconds: float = 20.0
    hang_ups_per_minute: float = 2.0
    utilisation: float = 0.05
    unlimited_kbps: float = 50_000.0


class Population:
    """Keeps the lines of one NAS alive until cancelled."""

    def __init__(self, nas: Nas, lines: Sequence[Line], habits: Habits, *, seed: int = 0) -> None:
        self.nas = nas
        self.lines = lines
        self.habits = habits
        self.random = Random(seed)
        self.connected: dict[str, Session] = {}
        self._dial_at: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def live(self) -> None:
        """Dial, use, hang up, again; never returns."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for index, line in enumerate(self.lines):
            self._dial_at[line.login] = start + index / self.habits.dials_per_second
        try:
            while True:
                self._tick(loop.time())
                await asyncio.sleep(TICK_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()

    def _tick(self, now: float) -> None:
        for line in self.lines:
            session = self.connected.get(line.login)
            if session is not None and session.ended:
                del self.connected[line.login]
                self._dial_at[line.login] = now + self.random.uniform(1, 5)
            elif session is not None:
                self._use(session)
            elif self._dial_at.get(line.login, now + 1) <= now:
                del self._dial_at[line.login]
                self._start(self._dial(line))
        per_tick = self.habits.hang_ups_per_minute * TICK_SECONDS / 60
        if self.connected and self.random.random() < per_tick:
            self._start(self.nas.hang_up(self.random.choice(list(self.connected.values()))))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dial(self, line: Line) -> None:
        result = await self.nas.connect(line)
        if isinstance(result, Refusal):
            wait = self.habits.redial_seconds * self.random.uniform(0.5, 1.5)
            self._dial_at[line.login] = asyncio.get_running_loop().time() + wait
        else:
            self.connected[line.login] = result

    def _use(self, session: Session) -> None:
        """Some of the rate for one tick, download ten times upload."""
        _, down = session.rates_kbps()
        share = self.habits.utilisation * self.random.expovariate(1.0)
        kilobits = (down or self.habits.unlimited_kbps) * min(share, 1.0) * TICK_SECONDS
        octets = int(kilobits * KILOBIT_OCTETS)
        session.use(octets_up=octets // 10, octets_down=octets)
