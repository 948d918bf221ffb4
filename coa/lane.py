"""One NAS's share of the work: load, decide, record, send; a slow NAS delays nobody else."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from uuid import UUID

from chassis.clock import Clock
from chassis.log import get_logger
from coa import metrics
from coa.breaker import Breaker, after, room
from coa.client import Answer, Client, Destination
from coa.guard import counts
from coa.live import Live, Router
from coa.outcome import Outcome, judge, request_code
from coa.plan import keep_within, plan
from coa.reconcile import Act
from coa.store import DatabaseError, record
from coa.store.load import load, pressure
from coa.store.record import Intent, Result
from database.connect import Database
from policy import vendors
from policy.class_cookie import encode
from policy.session import ChangeOfAuthorization
from radius.packet import Attribute

__all__ = ["Lane"]

BATCH_SESSIONS = 256
"""What one transaction loads and decides."""
WAITING_SESSIONS_MAXIMUM = 100_000
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
        self._more = asyncio.Event()

    def put(self, session_keys: Iterable[UUID]) -> None:
        """Have these sessions looked at, soon."""
        free = WAITING_SESSIONS_MAXIMUM - len(self._waiting)
        self._waiting.update(dict.fromkeys(islice(session_keys, max(0, free))))
        self._more.set()

    async def run(self) -> None:
        """Look at what waits, for ever. Raises the database's errors, losing nothing."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._more.wait()
            self._more.clear()
            while keys := self._next():
                await self._turn(keys)
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
        if not tasks:
            return
        _, unanswered = await asyncio.wait(tasks, timeout=seconds)
        for task in unanswered:
            task.cancel()
        await asyncio.gather(*unanswered, return_exceptions=True)

    def _next(self) -> list[UUID]:
        """The next batch, none while the window is full or the breaker open."""
        if not room(self._breaker, len(self._outstanding), self._clock.now()):
            return []
        free = (key for key in self._waiting if key not in self._outstanding)
        return list(islice(free, BATCH_SESSIONS))

    async def _turn(self, keys: list[UUID]) -> None:
        now = self._clock.now()
        free = room(self._breaker, len(self._outstanding), now)
        async with self._database.transaction() as transaction:
            loaded = await load(transaction, keys, now)
            todo = plan(loaded.lives, loaded.pauses, self.router.nas, now)
            later = {live.session_key for live, _ in todo.acts[free:]}
            acts = todo.acts[:free]
            if any(counts(act) for _, act in acts):
                loads = await pressure(transaction, self.router.nas.nas_id, now)
                acts, halted = keep_within(loads, acts)
                if halted and await record.halt(transaction, self.router, str(loads), now):
                    self._alarm(loads.disconnected, loads.sessions)
            intents = await record.intents(transaction, acts, now)
            await record.marks(transaction, todo.marks, now)
            await record.postpone(transaction, todo.settled, None)
            again_at = now + timedelta(seconds=STOPPED_SECONDS)
            await record.postpone(transaction, todo.stopped, again_at)
        for key in keys:
            if key not in later:
                self._waiting.pop(key, None)
        for intent in intents:
            self._start(intent)

    def _start(self, intent: Intent) -> None:
        key = intent.live.session_key
        task = asyncio.get_running_loop().create_task(self._carry_out(intent))
        self._outstanding[key] = task
        task.add_done_callback(lambda _: self._ended(key))

    def _ended(self, key: UUID) -> None:
        del self._outstanding[key]
        self._more.set()

    async def _carry_out(self, intent: Intent) -> None:
        """Send, judge, write down. Without the database the row stays pending, and is resumed."""
        try:
            answer, outcome = await self._send(intent)
            came = Result(
                intent=intent,
                outcome=outcome,
                error_cause=answer.error_cause,
                sendings=answer.tries,
                provable=self._provable(intent.act),
            )
            async with self._database.transaction() as transaction:
                await record.result(transaction, came, self._clock.now())
        except (DatabaseError, OSError) as error:
            log.warning("action_unrecorded", nas=self.router.nas.name, problem=str(error))
            return
        self._tell(intent, outcome, answer)

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

    def _provable(self, act: Act) -> bool:
        if not isinstance(act.action, ChangeOfAuthorization):
            return True
        return vendors.profile(self.router.nas.vendor).changes_class_live

    def _tell(self, intent: Intent, outcome: Outcome, answer: Answer) -> None:
        name, act = self.router.nas.name, intent.act
        kind = "coa" if isinstance(act.action, ChangeOfAuthorization) else "disconnect"
        metrics.actions.add(name, kind, act.action.cause.value, outcome.value)
        log.info(
            "session_action",
            nas=name,
            login=intent.live.session.login,
            acct_session_id=intent.live.session.acct_session_id,
            kind=kind,
            cause=act.action.cause.value,
            outcome=outcome.value,
            error_cause=answer.error_cause,
            sendings=answer.tries,
        )

    def _alarm(self, disconnected: int, sessions: int) -> None:
        name = self.router.nas.name
        metrics.guard_halted.set(1, name)
        log.error(
            "guard_halted",
            nas=name,
            disconnected=disconnected,
            sessions=sessions,
            remedy=f"look into it, then `turnpike enforcement resume --nas {name}`",
        )
