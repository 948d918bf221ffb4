"""One device's own loop: what is due is read and written down; then ONUs have their turn.

A device is never asked two things at a time, and a slow one delays nobody else.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from chassis.clock import Clock
from collectors import answers, metrics, schedule
from collectors.breaker import Breaker, after
from collectors.driver import Part
from collectors.recorder import LeaseLost, Recorder
from collectors.round import Round
from collectors.sources import Identity, Source, SourceLost, SourceRefused
from collectors.store import DatabaseError
from collectors.store.status import DeviceState
from collectors.turnstile import Turnstile
from isp.access_network import OnuReading, Poll
from operations.device_requests import RequestKind, poll_document

__all__ = ["Lane", "Pace"]

IDLE_SECONDS_MAX: Final = 5.0
"""How soon a wall clock that was set is noticed."""

HANGS_AFTER: Final = 1.5
"""A source that takes half as long again as its time is cut off: it has failed to keep it."""

QUESTIONS_MAX: Final = 10
"""Of persons, waiting for one device; more are refused."""

Outcome: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often each part is read, how fast ONUs are asked, how long a reading may take."""

    intervals: Mapping[Part, int]
    onus_per_second: float
    budget_seconds: float


class Lane:
    """The device that `source` reads and `recorder` writes about."""

    def __init__(
        self, source: Source, recorder: Recorder, *, pace: Pace, clock: Clock, new: bool
    ) -> None:
        """`new`: it was never read, so that everything is due at once."""
        self._source = source
        self._recorder = recorder
        self._pace = pace
        self._clock = clock
        self._name = recorder.device.name
        self._device_id = recorder.device.device_id
        self._due = schedule.first(self._device_id, pace.intervals, new=new, now=clock.now())
        self._breaker = Breaker()
        self._greeted = False
        self._identity: Identity | None = None
        self._states_read_at: datetime | None = None
        self._wake = asyncio.Event()
        self._questions: deque[tuple[RequestKind, asyncio.Future[Outcome]]] = deque()
        self._turnstile = Turnstile(pace.onus_per_second)
        self._round = Round(self._turnstile)

    async def run(self) -> None:
        """Poll until another process does. Raises the database's errors; begins anew after them."""
        await self._recorder.load()
        with suppress(LeaseLost):
            while True:
                await self._turn()

    def hint(self) -> None:
        """Something happened there: look at the states soon."""
        self._due = schedule.hinted(self._due, self._states_read_at, self._clock.now())
        self._wake.set()

    def knows(self, serial: str) -> bool:
        """Whether the device has that ONU."""
        return serial in self._recorder.known.onus

    async def ask(self, kind: RequestKind) -> Outcome:
        """A reading of everything, or a test, for a person: the outcome of the request."""
        if len(self._questions) >= QUESTIONS_MAX:
            return answers.failed(SourceLost("too many wait for it already"))
        asked: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._questions.append((kind, asked))
        self._wake.set()
        return await asked

    async def close(self) -> None:
        """Let go of the device."""
        while self._questions:
            self._questions.popleft()[1].cancel()
        await self._source.close()

    async def _turn(self) -> None:
        """What comes next: a person's question, what is due, an ONU's turn, or nothing."""
        now = self._clock.now()
        self._wake.clear()
        if self._questions:
            await self._answer(*self._questions.popleft())
        elif parts := schedule.due(self._due, now):
            await self._read_due(parts, now)
        elif self._asks_onus and asyncio.get_running_loop().time() >= self._round.at:
            await self._next_onu()
        else:
            await self._pause(now)

    async def _read_due(self, parts: frozenset[Part], now: datetime) -> None:
        before = self._due
        self._due = schedule.following(self._device_id, self._pace.intervals, parts, before, now)
        try:
            await self._visit(self._at_once(parts), now)
        except DatabaseError:
            self._due = before  # what could not be written is read again
            raise

    @property
    def _asks_onus(self) -> bool:
        """Not of a device that was silent when it was asked last."""
        return self._greeted and self._source.one_by_one and self._breaker == Breaker()

    async def _pause(self, now: datetime) -> None:
        """Until something is due or asked for, or an ONU has its turn."""
        waits = [(at - now).total_seconds() for at in self._due.values()]
        if self._asks_onus:
            waits.append(self._round.at - asyncio.get_running_loop().time())
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min([IDLE_SECONDS_MAX, *waits]))):
                await self._wake.wait()

    async def _visit(self, parts: frozenset[Part], now: datetime) -> None:
        """Read these parts and write them down, unless the device is left alone."""
        if self._breaker.open_until is not None and now < self._breaker.open_until:
            metrics.polls.add(self._name, "left")
            return
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(self._pace.budget_seconds * HANGS_AFTER):
                await self._greet()
                poll = await self._source.read(parts)
        except SourceRefused as refused:
            await self._failed(str(refused), DeviceState.REFUSED, parts)
        except (SourceLost, TimeoutError) as lost:
            await self._failed(str(lost) or "it takes too long", None, parts)
        else:
            await self._answered(parts, poll, now)
            metrics.poll_seconds.observe(loop.time() - started, self._name)

    async def _greet(self) -> None:
        """Ask who is there: at first, and of a device that was silent before more is asked."""
        if not self._greeted or self._breaker.open_until is not None:
            await self._identified(await self._source.probe())
            self._greeted = True

    async def _identified(self, identity: Identity) -> None:
        await self._recorder.identified(identity)
        self._identity = identity

    async def _answer(self, kind: RequestKind, asked: asyncio.Future[Outcome]) -> None:
        """Ask the device, whatever the breaker says."""
        try:
            if kind is RequestKind.TEST:
                outcome = await answers.test(self._source)
            else:
                outcome = await self._poll()
            if not asked.done():
                asked.set_result(outcome)
        finally:
            asked.cancel()  # nobody waits for an answer that failed to be made

    async def _poll(self) -> Outcome:
        """A reading of everything, written down before ONUs are asked: what is read of them, and
        of the rest meanwhile, is newer. Only the person is told all of it as one.
        """
        try:
            now = self._clock.now()
            found = await self._source.read(frozenset(Part))
            parts = self._at_once(frozenset(Part))
            await self._answered(parts, found, now)
            self._due = schedule.following(
                self._device_id, self._pace.intervals, parts, self._due, now
            )
            if self._source.one_by_one:
                found = await answers.with_light(found, self._onu_meanwhile)
        except (SourceLost, SourceRefused) as fault:
            return answers.failed(fault)
        return poll_document(found)

    async def _onu_meanwhile(self, onu: OnuReading) -> Poll:
        """Ask an ONU for a person; what is due is not kept waiting for him."""
        now = self._clock.now()
        if parts := schedule.due(self._due, now):
            await self._read_due(parts, now)
        await self._turnstile.wait()
        poll = await self._light(onu)
        await self._write_light()
        return poll

    async def _next_onu(self) -> None:
        """Ask the ONU whose turn it is for its light."""
        onu = self._round.next(self._recorder.known, asyncio.get_running_loop().time())
        if onu is not None:
            with suppress(SourceLost, SourceRefused):
                await self._light(onu)
        await self._write_light()

    async def _light(self, onu: OnuReading) -> Poll:
        """Ask one ONU for its light. Raises SourceLost, SourceRefused."""
        try:
            poll = await self._source.read_onu(onu)
        except (SourceLost, SourceRefused):
            metrics.onus_silent.add(self._name)
            raise
        self._round.lit(poll, asyncio.get_running_loop().time())
        return poll

    async def _write_light(self) -> None:
        """What some ONUs said is written together."""
        poll = self._round.together(asyncio.get_running_loop().time())
        if poll is not None:
            await self._recorder.read(frozenset({Part.OPTICS}), poll, self._source.capabilities)

    def _at_once(self, parts: frozenset[Part]) -> frozenset[Part]:
        """What of these one reading tells of all ONUs."""
        return parts - {Part.OPTICS} if self._source.one_by_one else parts

    async def _answered(self, parts: frozenset[Part], poll: Poll, began_at: datetime) -> None:
        """The device gave something: it is written down."""
        self._breaker = Breaker()
        metrics.breaker_open.set(0, self._name)
        identity = self._source.identity
        if identity is not None and identity != self._identity:
            await self._identified(identity)
        await self._recorder.read(parts, poll, self._source.capabilities, began_at)
        if Part.STATE in parts:
            self._states_read_at = began_at
        metrics.polls.add(self._name, "partial" if poll.partial else "answered")

    async def _failed(
        self, problem: str, state: DeviceState | None, parts: frozenset[Part]
    ) -> None:
        """The device gave nothing: it is left alone ever longer, then asked again."""
        now = self._clock.now()
        self._breaker = after(self._breaker, answered=False, now=now)
        soon = now + timedelta(seconds=schedule.AGAIN_SECONDS)
        self._due = schedule.again(self._due, parts, self._breaker.open_until or soon)
        shut = self._breaker.open_until is not None
        if shut and state is None:
            state = DeviceState.UNREACHABLE
        metrics.polls.add(self._name, "refused" if state is DeviceState.REFUSED else "lost")
        metrics.breaker_open.set(int(shut), self._name)
        await self._recorder.lost(problem, state)
