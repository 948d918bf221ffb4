"""One target's share of the work: load, read, compare, record, write, read back, record."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chassis.clock import Clock
from chassis.log import get_logger
from database.connect import Database
from isp.errors import Refused
from shaper import metrics
from shaper.backend import Applied, Backend, BackendTrouble, Change, Difference, Kind
from shaper.backends import open_backend
from shaper.desired import service_id_of
from shaper.guard import held_removals, paused
from shaper.look import Look, Wanted, compare, report, wanted
from shaper.state import Standing, State
from shaper.status import Status, status_of, tell
from shaper.store import record
from shaper.store.load import Fingerprint, Request, explained, fingerprint, load
from shaper.target import Target

__all__ = ["Lane"]

TICK_SECONDS: Final = 1.0
"""How soon a changed session or a person's request is seen; changed entitlements are told of."""

ROUNDS_MAX: Final = 4
"""What is refused or lost is read again and tried again, then waits for the next turn."""

FRUITLESS_MAX: Final = 2
"""Rounds in a row that achieve nothing: once it may have been what was read."""

BACKOFF_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""After each failure in a row: a router that reboots is back within a minute or two."""

AUTOMATIC: Final = "shaper"
"""Who asked for what nobody asked for."""

NOTHING_SEEN: Final = Fingerprint(sessions="", paused=False, requests=0)
"""Of a subscriber's own device: only its service's entitlement matters, and that is told of."""

log = get_logger("shaper")


class Lane:
    """Keeps one target as it should be."""

    def __init__(
        self,
        target: Target,
        *,
        database: Database,
        clock: Clock,
        instance: str,
        reread_seconds: float,
        turnstile: asyncio.Semaphore,
    ) -> None:
        self.target = target
        self.status: Status | None = None
        self._database = database
        self._clock = clock
        self._instance = instance
        self._reread_seconds = reread_seconds
        self._turnstile = turnstile
        self._stirred = asyncio.Event()
        self._stirred.set()
        self._backend: Backend | None = None
        self._reading: Any = None
        self._read_at = 0.0
        self._reading_began: datetime | None = None
        self._parents: tuple[str, ...] = ()
        self._states: dict[str, State] | None = None
        self._seen: Fingerprint | None = None
        self._failures = 0
        self._not_before = 0.0

    def stir(self) -> None:
        """Something changed that the target may depend on."""
        self._stirred.set()

    async def run(self) -> None:
        """Turn whenever there may be something to do, for ever. Raises the database's errors."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._stirred.wait()
            await self.look_up()

    async def look_up(self) -> None:
        """Turn if anything has changed, was asked for, or was read too long ago."""
        seen = NOTHING_SEEN
        if not self.target.cpe_id:
            async with self._database.transaction() as transaction:
                seen = await fingerprint(transaction, self.target, self._clock.now())
        late = self._clock.monotonic() - self._read_at >= self._reread_seconds
        changed = self._stirred.is_set() or late or seen != self._seen
        rested = self._clock.monotonic() >= self._not_before
        if seen.requests or (changed and rested):
            again = late or self._reading is None or bool(seen.requests)
            self._seen = None
            self._stirred.clear()
            async with self._turnstile:
                began = self._clock.monotonic()
                await self._turn(again=again)
                ended = self._clock.monotonic()
            self._seen = replace(seen, requests=0)
            # It rests as long as it worked: a router whose sessions change all the time costs half.
            self._not_before = max(self._not_before, 2 * ended - began)
        elif not rested:
            # What stirred it is still to be done; it is not waited for anew.
            await asyncio.sleep(TICK_SECONDS)

    async def sample(self) -> None:
        """Record what flows through the parent queues."""
        if self._backend is None or not self._parents or self._failures:
            return
        with suppress(BackendTrouble, Refused):  # the next turn will tell
            flows = await self._backend.throughput(self._parents)
            for flow in flows:
                metrics.throughput.set(flow.down_bps, self.target.name, flow.queue, "down")
                metrics.throughput.set(flow.up_bps, self.target.name, flow.queue, "up")
            async with self._database.transaction() as transaction:
                await record.sample(transaction, self.target, flows, self._clock.now())

    async def close(self) -> None:
        """Let go of the router."""
        backend, self._backend, self._reading = self._backend, None, None
        if backend is not None:
            await backend.close()

    async def _turn(self, *, again: bool) -> None:
        """Make the target what it should be; `again`: read it in full first."""
        began = self._clock.now()
        async with self._database.snapshot() as snapshot:
            loaded = await load(snapshot, self.target, began)
        should = wanted(loaded)
        self._parents = tuple(
            queue.name for queue in should.tree.queues if queue.subject.startswith("n")
        )
        try:
            backend = self._backend = self._backend or open_backend(self.target, self._instance)
            if again or not backend.is_current(self._reading):
                await self._read(backend, should)
            look = compare(should, self._reading, backend)
            look, held, applied = await self._write(look, backend)
        except (BackendTrouble, Refused) as trouble:
            await self._trouble(trouble, loaded.requests)
            return
        self._failures, self._not_before = 0, 0.0
        if self.target.cpe_id:
            await self.close()
        checked_at = min(began, self._reading_began or began)
        await self._record(look, held, applied, checked_at)

    async def _read(self, backend: Backend, should: Wanted) -> None:
        began, began_at = self._clock.monotonic(), self._clock.now()
        self._reading = await backend.read(should.tree)
        self._reading_began = began_at
        self._read_at = self._clock.monotonic()
        metrics.read_seconds.observe(self._read_at - began, self.target.name)

    async def _write(
        self, look: Look, backend: Backend
    ) -> tuple[Look, tuple[Change, ...], Applied | None]:
        """Write until nothing is left that may be; returns how it stands then, what is held, and
        what came of the last writes.
        """
        loaded = look.wanted.loaded
        orders = [request for request in loaded.requests if request.kind == "apply"]
        author = orders[0].requested_by if orders else AUTOMATIC
        applied, fruitless = None, 0
        for _ in range(ROUNDS_MAX):
            held = await self._held(look, orders)
            allowed = look.difference.without(held)
            if loaded.paused and not orders:
                allowed = allowed.without(paused(allowed.changes))
            if not self.target.writes or not allowed.changes or fruitless == FRUITLESS_MAX:
                break
            applied = await self._apply(look, allowed, backend, author)
            fruitless = 0 if applied.done else fruitless + 1
            look = compare(look.wanted, self._reading, backend)
        return look, held, applied

    async def _held(self, look: Look, orders: list[Request]) -> tuple[Change, ...]:
        """The removals that the guard holds; not those that a person has seen and wants."""
        changes, size = look.difference.changes, look.reading.size
        wanted_still = set(look.wanted.tree.subjects())

        def is_derived(subject: str) -> bool:
            return service_id_of(subject) is None or subject in wanted_still

        suspects = held_removals(changes, size, is_derived)
        if not suspects:
            return ()
        services = {service_id_of(change.subject) for change in suspects} - {None}
        async with self._database.transaction() as transaction:
            known = await explained(transaction, self.target, services, self._clock.now())
        held = held_removals(
            changes, size, lambda each: is_derived(each) or service_id_of(each) in known
        )
        confirmed = max((order.confirmed_removals or 0 for order in orders), default=0)
        return () if len(held) <= confirmed else held

    async def _apply(
        self, look: Look, allowed: Difference, backend: Backend, author: str
    ) -> Applied:
        """One run of writes, written down before and after; what was written is read back."""
        name, cpu = self.target.name, look.reading.cpu_percent
        counts = Counter(change.kind for change in allowed.changes)
        async with self._database.transaction() as transaction:
            run_id = await record.begin_run(
                transaction, self.target, counts, author, cpu, self._clock.now()
            )
        metrics.router_cpu.set(cpu or 0, name, "before")
        began = self._clock.monotonic()
        try:
            applied = await backend.apply(allowed, look.reading)
        except (BackendTrouble, Refused) as trouble:
            failed = len(allowed.changes)
            applied = Applied(done=0, failed=failed, problems=(str(trouble),))
        seconds = self._clock.monotonic() - began
        cpu_after = None
        try:
            if applied.reading is None:
                await self._read(backend, look.wanted)
            else:
                self._reading = applied.reading
            cpu_after = self._reading.cpu_percent
        finally:
            async with self._database.transaction() as transaction:
                now = self._clock.now()
                await record.end_run(transaction, run_id, applied, seconds, cpu_after, now)
        metrics.router_cpu.set(cpu_after or 0, name, "after")
        metrics.apply_seconds.observe(seconds, name)
        metrics.writes.add(name, "done", amount=applied.done)
        metrics.writes.add(name, "failed", amount=applied.failed)
        log.info(
            "queues_written",
            router=name,
            added=counts[Kind.ADD],
            set=counts[Kind.SET] + counts[Kind.MOVE],
            removed=counts[Kind.REMOVE],
            failed=applied.failed,
            problems=list(applied.problems),
            seconds=round(seconds, 3),
        )
        return applied

    async def _record(
        self,
        look: Look,
        held: tuple[Change, ...],
        applied: Applied | None,
        checked_at: datetime,
    ) -> None:
        """Write how the target stands, and answer who asked."""
        now = self._clock.now()
        status = status_of(look, held, checked_at)
        loaded = look.wanted.loaded
        async with self._database.transaction() as transaction:
            if self._states is None:
                self._states = await record.known_states(transaction, self.target)
            await record.write_states(
                transaction, self.target, self._states, look.states, loaded.owners, now
            )
            await record.write_status(transaction, self.target, status, now)
            if loaded.requests:
                asked = [request.shaper_request_id for request in loaded.requests]
                outcome = report(self.target, look, held, applied)
                await record.answer(transaction, asked, outcome, now)
        self._states = dict(look.states)
        self._stands(status, look)

    async def _trouble(
        self, trouble: BackendTrouble | Refused, requests: tuple[Request, ...]
    ) -> None:
        """The router is away, or does not let us in: it is left as it is, and tried again."""
        await self.close()
        delay = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        self._failures += 1
        self._not_before = self._clock.monotonic() + delay
        self._stirred.set()
        refused = isinstance(trouble, Refused) or trouble.refused
        state = Standing.REFUSED if refused else Standing.UNREACHABLE
        status = Status(state=state, problem=str(trouble))
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            await record.write_status(transaction, self.target, status, now)
            if requests:
                asked = [request.shaper_request_id for request in requests]
                outcome = {"router": self.target.name, "problem": str(trouble)}
                await record.answer(transaction, asked, outcome, now)
        self._stands(status, None)

    def _stands(self, status: Status, look: Look | None) -> None:
        before, self.status = self.status, status
        tell(self.target, status, look, before)
