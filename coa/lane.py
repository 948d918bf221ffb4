"""One NAS's share of the work: load, decide, record, send; a slow NAS delays nobody else."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from msgspec.structs import replace

from chassis.clock import Clock
from chassis.log import get_logger
from coa import metrics
from coa.breaker import Breaker, after, room
from coa.client import Answer, Client, Destination
from coa.guard import Pressure, counts
from coa.live import Live, Router
from coa.outcome import Outcome, judge, request_code
from coa.plan import keep_within, plan
from coa.reconcile import Act
from coa.store import DatabaseError, Transaction, record
from coa.store.load import load, pressure
from coa.store.record import Intent, Result
from database.connect import Database
from policy import vendors
from policy.class_cookie import encode
from policy.session import ChangeOfAuthorization
from radius.packet import Attribute

__all__ = ["Lane"]

GATHER_SECONDS = 0.005
"""What comes together within this shares a transaction."""
WAITING_SESSIONS_MAX = 100_000
"""More are left to the next sweep; a NAS has fewer."""
LOOK_SECONDS = 1.0
"""How soon an open breaker's end is noticed."""
STOPPED_SECONDS = 30
"""How soon a session that a pause holds back is looked at again."""

UNSENT = Answer(code=None, error_cause=None, tries=0, seconds=0.0)

log = get_logger("coa")


class Lane:
    """The sessions of one NAS that are worth a look, and the requests outstanding there."""

    def __init__(
        self,
        router: Router,
        destination: Destination | None,
        *,
        database: Database,
        client: Client,
        clock: Clock,
    ) -> None:
        self.router = router
        self.destination = destination
        self._database = database
        self._client = client
        self._clock = clock
        self._breaker = Breaker()
        self._secret = 0
        self._waiting: dict[UUID, None] = {}
        self._outstanding: dict[UUID, asyncio.Task[None]] = {}
        self._finished: list[Result] = []
        self._more = asyncio.Event()

    def put(self, session_keys: Iterable[UUID]) -> None:
        """Have these sessions looked at, soon."""
        free = WAITING_SESSIONS_MAX - len(self._waiting)
        self._waiting.update(dict.fromkeys(islice(session_keys, max(0, free))))
        self._more.set()

    async def run(self) -> None:
        """Look at what waits, for ever. Raises the database's errors, losing nothing."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._more.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._more.clear()
            await self._turn()
            metrics.waiting.set(len(self._waiting), self.router.nas.name)

    @property
    def waiting(self) -> int:
        """Sessions that wait to be looked at."""
        return len(self._waiting)

    @property
    def outstanding(self) -> int:
        """Requests that wait for an answer."""
        return len(self._outstanding)

    async def drain(self, seconds: float) -> None:
        """Wait that long for what is outstanding; the rest is resumed from its rows."""
        tasks = list(self._outstanding.values())
        if tasks:
            _, unanswered = await asyncio.wait(tasks, timeout=seconds)
            for task in unanswered:
                task.cancel()
            await asyncio.gather(*unanswered, return_exceptions=True)
        with suppress(DatabaseError):
            async with self._database.transaction() as transaction:
                await record.results(transaction, self._finished, self._clock.now())

    async def _turn(self) -> None:
        """In one transaction: write what came of the last requests, write down the next ones."""
        now = self._clock.now()
        finished = list(self._finished)
        free = room(self._breaker, len(self._outstanding) - len(finished), now)
        keys = self._next(free)
        if not finished and not keys:
            return
        async with self._database.transaction() as transaction:
            await record.results(transaction, finished, now)
            intents = await self._prepare(transaction, keys, now)
        del self._finished[: len(finished)]
        for result in finished:
            self._tell(result)
            del self._outstanding[result.intent.live.session_key]
        for key in keys:
            self._waiting.pop(key, None)
        for intent in intents:
            sending = asyncio.get_running_loop().create_task(self._carry_out(intent))
            self._outstanding[intent.live.session_key] = sending
        if self._waiting:
            self._more.set()

    def _next(self, free: int) -> list[UUID]:
        """The next sessions, no more than may be sent for."""
        able = (key for key in self._waiting if key not in self._outstanding)
        return list(islice(able, free))

    async def _prepare(
        self, transaction: Transaction, keys: list[UUID], now: datetime
    ) -> list[Intent]:
        """Load, decide, record."""
        if not keys:
            return []
        loaded = await load(transaction, keys, now)
        todo = plan(loaded.lives, loaded.pauses, self.router.nas, now)
        acts = todo.acts
        if any(counts(act) for _, act in acts):
            loads = await pressure(transaction, self.router.nas.nas_id, now)
            acts, halted = keep_within(loads, acts)
            if halted and await record.halt(transaction, self.router, str(loads), now):
                self._alarm(loads)
        again_at = now + timedelta(seconds=STOPPED_SECONDS)
        await record.marks(transaction, todo.marks, now)
        await record.postpone(transaction, todo.settled, None)
        await record.postpone(transaction, todo.stopped, again_at)
        return await record.intents(transaction, acts, now)

    async def _carry_out(self, intent: Intent) -> None:
        """Send and judge; the next turn writes it down."""
        try:
            answer, outcome = await self._send(intent)
        except OSError as error:
            log.warning("request_not_sent", nas=self.router.nas.name, problem=str(error))
            answer, outcome = UNSENT, Outcome.UNREACHABLE
        self._finished.append(
            Result(
                intent=intent,
                outcome=outcome,
                error_cause=answer.error_cause,
                sendings=answer.tries,
            )
        )
        self._more.set()

    async def _send(self, intent: Intent) -> tuple[Answer, Outcome]:
        if self.destination is None:
            return UNSENT, Outcome.UNREACHABLE
        code = request_code(intent.act.action)
        attributes = self._attributes(intent.live, intent.act)
        tried = self._secret
        secrets = self.destination.secrets
        answer = await self._client.request(
            self.destination, secrets[tried % len(secrets)], code, attributes
        )
        answered = answer.code is not None
        if not answered and self._secret == tried:
            self._secret += 1  # silence may mean that the NAS has the other secret
        self._breaker = after(self._breaker, answered=answered, now=self._clock.now())
        is_open = self._breaker.open_until is not None
        metrics.breaker_open.set(int(is_open), self.router.nas.name)
        return answer, judge(code, answer.code, answer.error_cause)

    def _attributes(self, live: Live, act: Act) -> tuple[Attribute, ...]:
        profile = vendors.profile(self.router.nas.vendor)
        target = profile.session_target(live.session)
        if not isinstance(act.action, ChangeOfAuthorization) or act.wanted is None:
            return target
        renewed = None
        if live.cookie is not None:
            renewed = encode(
                replace(
                    live.cookie,
                    version=act.wanted.version,
                    access=act.wanted.access,
                    rates=act.wanted.rates,
                )
            )
        return (*target, *profile.change_attributes(act.wanted, renewed))

    def _tell(self, came: Result) -> None:
        name, action = self.router.nas.name, came.intent.act.action
        kind = "coa" if isinstance(action, ChangeOfAuthorization) else "disconnect"
        metrics.actions.add(name, kind, action.cause.value, came.outcome.value)
        log.debug(
            "session_action",
            nas=name,
            login=came.intent.live.session.login,
            acct_session_id=came.intent.live.session.acct_session_id,
            kind=kind,
            cause=action.cause.value,
            outcome=came.outcome.value,
            error_cause=came.error_cause,
            sendings=came.sendings,
        )

    def _alarm(self, loads: Pressure) -> None:
        name = self.router.nas.name
        metrics.guard_halted.set(1, name)
        log.error(
            "guard_halted",
            nas=name,
            disconnected=loads.disconnected,
            sessions=loads.sessions,
            remedy=f"look into it, then `turnpike enforcement resume --nas {name}`",
        )
