"""Group commit of accounting: a record is acknowledged when it is durable, and not before.

Records are collected while the batch before them is being committed. Where Postgres is away, or a
commit takes too long, the batch goes to the spool instead and is acknowledged after its fsync; the
spool is replayed into Postgres as soon as it is back. An outcome that is not known does not
matter: writing a record twice is harmless.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, StrEnum, auto
from functools import partial
from typing import Generic, TypeVar

from chassis.log import get_logger
from radiusd import metrics
from radiusd.accounting import Record
from radiusd.spool import Spool, SpoolError
from radiusd.store.accounting import AccountingStore, AwayError, Raw, UnrecordableError

__all__ = ["Fate", "Recorder"]

BATCH_RECORDS_MAX = 1000
"""Larger batches cost Postgres no less per record, and hold their sessions' rows longer."""

GATHERED_RECORDS = 250
GATHER_SECONDS = 0.002
"""A transaction's own price is that of some hundred records. So fewer records than these, and fewer
than came last time, wait a moment for others: no NAS notices two milliseconds."""

WAITING_RECORDS_MAX = 50_000
"""Two seconds at full speed: what waits longer, its NAS has sent again."""

COMMIT_SECONDS_MAX = 0.2
"""An impatient NAS waits 1.1 s for an answer; the spool's fsync has to fit behind this."""

SLOW_SECONDS_MAX = 1.0
"""A commit late by less is a slow one; after that Postgres counts as away."""

STUCK_SECONDS_MAX = 30.0
"""A commit that takes longer is not waited for: its connection is closed."""

RETRY_SECONDS = 0.5
"""Between attempts to reach a Postgres that is away."""

REPLAY_RECORDS = 1000
"""Replayed in one transaction."""

Token = TypeVar("Token")
T = TypeVar("T")


class Fate(StrEnum):
    """What becomes of a record. Acknowledged are the first two."""

    RECORDED = "recorded"
    SPOOLED = "spooled"
    REPLAYED = "replayed"  # from the spool into Postgres
    OVERTAKEN = "overtaken"  # spooled, but the commit was only late: there is nothing to replay
    REFUSED = "refused"  # Postgres does not take its data
    SHED = "shed"  # too many waited
    NOT_KEPT = "not_kept"  # Postgres away, and the disk full or broken


class Outcome(Enum):
    """How an attempt to write to Postgres ended."""

    RECORDED = auto()
    AWAY = auto()
    UNRECORDABLE = auto()


class Recorder(Generic[Token]):
    """Makes one worker's accounting durable.

    `acknowledge` is called with the tokens of the records that have become durable, in the order
    they came, `abandon` with those of records that could not be kept; a later packet may still
    bring them. `spool` belongs to this recorder alone.
    """

    def __init__(
        self,
        raw: Raw,
        spool: Spool,
        acknowledge: Callable[[Sequence[Token]], None],
        abandon: Callable[[Sequence[Token]], None] = lambda _: None,
    ) -> None:
        self.counts: Counter[Fate] = Counter()
        self.away = False
        self._raw = raw
        self._store = AccountingStore(raw)
        self._spool = spool
        self._acknowledge = acknowledge
        self._abandon = abandon
        self._queue: deque[tuple[Record, Token]] = deque()
        self._arrived = asyncio.Event()
        self._expected = 1
        self._gathered = asyncio.Event()
        self._spooled = asyncio.Event()
        self._stopping = False
        self._late: asyncio.Task[None] | None = None
        self._late_since = 0.0
        self._late_records: Sequence[Record] = ()
        self._late_chunk_id: int | None = None
        self._retry_at = 0.0
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._log = get_logger("recorder")

    def submit(self, record: Record, token: Token) -> bool:
        """Take a record to be made durable; False where too many wait, and it is dropped."""
        if len(self._queue) >= WAITING_RECORDS_MAX:
            self._count(Fate.SHED, 1)
            return False
        self._queue.append((record, token))
        self._arrived.set()
        if len(self._queue) >= self._expected:
            self._gathered.set()
        return True

    @property
    def waiting(self) -> int:
        """Records that were submitted and are not in a batch yet."""
        return len(self._queue)

    async def run(self) -> None:
        """Record until `stop`, then what still waits; the spool keeps what Postgres does not."""
        replaying = asyncio.create_task(self._replay_forever())
        try:
            while self._queue or not self._stopping:
                if not self._queue:
                    self._arrived.clear()
                    await self._arrived.wait()
                    continue
                await self._gather()
                count = min(len(self._queue), BATCH_RECORDS_MAX)
                self._expected = min(count, GATHERED_RECORDS)
                await self._keep([self._queue.popleft() for _ in range(count)])
        finally:
            replaying.cancel()
            await asyncio.gather(replaying, return_exceptions=True)
            if self._late is not None:
                self._late.cancel()
                await asyncio.gather(self._late, return_exceptions=True)
            await self._store.close()
            self._disk.submit(self._spool.close)
            self._disk.shutdown()

    def stop(self) -> None:
        """Have `run` end when nothing waits any more."""
        self._stopping = True
        self._arrived.set()
        self._gathered.set()

    async def _gather(self) -> None:
        self._gathered.clear()
        if len(self._queue) < self._expected and not self._stopping:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gathered.wait(), GATHER_SECONDS)

    async def _keep(self, batch: Sequence[tuple[Record, Token]]) -> None:
        """Make a batch durable one way or the other, then acknowledge it."""
        records = [record for record, _ in batch]
        outcome = await self._commit(records)
        if outcome is Outcome.UNRECORDABLE:
            if len(batch) == 1:
                self._count(Fate.REFUSED, 1)
                self._log.error("record_refused", session=records[0].acct_session_id.decode())
                self._abandon([token for _, token in batch])
                return
            middle = len(batch) // 2
            await self._keep(batch[:middle])
            await self._keep(batch[middle:])
            return
        if outcome is Outcome.RECORDED:
            self._count(Fate.RECORDED, len(batch))
        elif not await self._spool_away(records):
            self._abandon([token for _, token in batch])
            return
        self._acknowledge([token for _, token in batch])

    async def _commit(self, records: Sequence[Record]) -> Outcome:
        now = asyncio.get_running_loop().time()
        if not await self._settled(now) or now < self._retry_at:
            return Outcome.AWAY
        writing = asyncio.create_task(self._store.write(records))
        await asyncio.wait({writing}, timeout=COMMIT_SECONDS_MAX)
        if writing.done():
            return self._ended(writing)
        self._late, self._late_since, self._late_records = writing, now, records
        return Outcome.AWAY

    async def _settled(self, now: float) -> bool:
        """Whether no commit is late any more. One that is only slow is waited for once more:
        what then goes to Postgres needs no replaying."""
        if self._late is None:
            return True
        if not self._late.done() and now - self._late_since < SLOW_SECONDS_MAX:
            await asyncio.wait({self._late}, timeout=COMMIT_SECONDS_MAX)
        if self._late is not None and not self._late.done():
            if now - self._late_since > STUCK_SECONDS_MAX:
                self._late.cancel()
            return False
        await self._settle()
        return True

    async def _settle(self) -> None:
        """Take in how a late commit ended; if well, the spool need not replay its batch."""
        if self._late is None:
            return
        late, self._late, records = self._late, None, self._late_records
        chunk_id, self._late_chunk_id = self._late_chunk_id, None
        if self._ended(late) is Outcome.RECORDED and chunk_id is not None:
            with contextlib.suppress(SpoolError):
                await self._on_disk(partial(self._spool.forget, chunk_id))
                self._count(Fate.OVERTAKEN, len(records))

    def _ended(self, writing: asyncio.Task[None]) -> Outcome:
        """What a write that has ended came to."""
        if writing.cancelled():
            error: BaseException | None = AwayError("the commit was given up")
        else:
            error = writing.exception()
        match error:
            case None:
                if self.away:
                    self.away = False
                    metrics.accounting_away.set(0)
                    self._log.info("postgres_back", spooled=self.counts[Fate.SPOOLED])
                return Outcome.RECORDED
            case UnrecordableError():
                return Outcome.UNRECORDABLE
            case AwayError():
                self._retry_at = asyncio.get_running_loop().time() + RETRY_SECONDS
                if not self.away:
                    self.away = True
                    metrics.accounting_away.set(1)
                    self._log.warning("postgres_away", problem=str(error))
                return Outcome.AWAY
            case _:
                raise error

    async def _spool_away(self, records: Sequence[Record]) -> bool:
        try:
            chunk_id = await self._on_disk(partial(self._spool.append, records))
        except SpoolError as error:
            self._count(Fate.NOT_KEPT, len(records))
            self._log.error("spool_failed", problem=str(error), records=len(records))
            return False
        if self._late is not None and records is self._late_records:
            self._late_chunk_id = chunk_id
        self._count(Fate.SPOOLED, len(records))
        self._spooled.set()
        return True

    async def _replay_forever(self) -> None:
        store = AccountingStore(self._raw)
        try:
            while True:
                try:
                    await self._replay_all(store)
                except (AwayError, SpoolError) as error:
                    self._log.warning("replay_waits", problem=str(error))
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            await store.close()

    async def _replay_all(self, store: AccountingStore) -> None:
        """Replay what the spool holds, and whenever it holds something again."""
        while True:
            if self._late is not None:
                await asyncio.wait({self._late}, timeout=RETRY_SECONDS)
                if self._late is not None and not self._late.done():
                    continue
                await self._settle()
            self._spooled.clear()
            chunk = await self._on_disk(partial(self._spool.oldest, REPLAY_RECORDS))
            metrics.accounting_spool.set(await self._on_disk(self._spool.waiting))
            if chunk is None:
                await store.close()
                await self._spooled.wait()
                continue
            await self._replay(store, chunk.records)
            await self._on_disk(partial(self._spool.remove, chunk.chunk_id))

    async def _replay(self, store: AccountingStore, records: Sequence[Record]) -> None:
        try:
            await store.write(records)
        except UnrecordableError as error:
            if len(records) == 1:
                self._count(Fate.REFUSED, 1)
                await self._on_disk(partial(self._spool.refuse, records[0], str(error)))
                return
            middle = len(records) // 2
            await self._replay(store, records[:middle])
            await self._replay(store, records[middle:])
            return
        self._count(Fate.REPLAYED, len(records))

    def _count(self, fate: Fate, records: int) -> None:
        self.counts[fate] += records
        metrics.accounting_records.add(fate, amount=records)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)
