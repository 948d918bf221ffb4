"""One API connection: many commands in flight by tag, one task that reads.

Commands are written whole and never await an answer, so both sides' buffers cannot fill against
each other. A command that is given up is cancelled at the router and its late replies dropped;
a router that is silent while it owes an answer, or that writes what is no sentence, is left.
"""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from chassis.log import get_logger
from devices.routeros import certificates, replies, sentences
from devices.routeros.changes import Row
from devices.routeros.errors import (
    MalformedSentenceError,
    RouterError,
    RouterLost,
    RouterRefused,
    RouterTrap,
)
from devices.routeros.replies import Reply, ReplyWord
from devices.routeros.target import RouterTarget

__all__ = ["COMMANDS_IN_FLIGHT_MAX", "Answer", "Connection"]

log = get_logger("devices")

COMMANDS_IN_FLIGHT_MAX = 1024
"""More unanswered commands than a router's own buffers hold are a mistake of the caller."""
ROWS_MAX = 1_000_000
"""Ten times the queues of the largest router; beyond it the memory is worth more."""
READ_OCTETS = 256 << 10
CLOSE_SECONDS = 2.0
"""How long a TLS farewell may take before the connection is simply dropped."""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a command returned: its rows, and the words of its `!done` (`ret` after an add)."""

    rows: tuple[Row, ...]
    returned: Row


@dataclass(slots=True)
class _Command:
    answered: asyncio.Future[Answer]
    rows: list[Row] = field(default_factory=list)
    traps: list[Row] = field(default_factory=list)

    def end(self, returned: Row) -> None:
        """The outcome is decided at `!done`: one trap among rows is a failure."""
        if self.answered.done():
            return
        if self.traps:
            self.answered.set_exception(trap_of(self.traps))
        else:
            self.answered.set_result(Answer(tuple(self.rows), returned))


class Connection:
    """An open connection that is not logged in yet; `lost` says why it has ended.

    `counts` has what should not happen: replies with unknown tags, unknown reply words.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: RouterTarget
    ) -> None:
        self.lost: str | None = None
        self.counts: Counter[str] = Counter()
        self._reader = reader
        self._writer = writer
        self._target = target
        self._tags = count(1)
        self._in_flight: dict[str, _Command] = {}
        self._abandoned: set[str] = set()
        self._patience: asyncio.Timeout | None = None
        self._task = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def open(cls, target: RouterTarget) -> "Connection":
        """Connect, and check the pinned certificate. Raises RouterLost, RouterRefused."""
        context = certificates.context_for(target) if target.tls else None
        where = f"{target.host}:{target.port}"
        try:
            async with asyncio.timeout(target.timeout_seconds):
                reader, writer = await asyncio.open_connection(
                    target.host, target.port, ssl=context
                )
        except ssl.SSLCertVerificationError as error:
            shown = await certificates.certificate_of(
                target.host, target.port, timeout_seconds=target.timeout_seconds
            )
            message = f"nobody vouches for the certificate of {where}; to trust it, pin {shown}"
            raise RouterRefused(message) from error
        except ssl.SSLError as error:
            # Without a certificate, api-ssl offers nothing but anonymous Diffie-Hellman.
            message = (
                f"{where} and we agree on no TLS: {error.reason or error}"
                " (has api-ssl a certificate under /ip/service?)"
            )
            raise RouterLost(message) from error
        except (OSError, TimeoutError) as error:
            message = f"{where} cannot be reached: {error or 'no answer'}"
            raise RouterLost(message) from error
        if context is not None:
            try:
                certificates.check_pin(target, writer.get_extra_info("ssl_object"))
            except RouterError:
                writer.transport.abort()
                raise
        return cls(reader, writer, target)

    def send(self, command: str, words: Sequence[str] = ()) -> asyncio.Future[Answer]:
        """Write a command now; the future has its Answer, or RouterTrap or RouterLost.

        Cancelling the future gives the command up. Raises RouterLost when the connection is gone.
        """
        if self.lost is not None:
            raise RouterLost(self.lost)
        if len(self._in_flight) >= COMMANDS_IN_FLIGHT_MAX:
            message = f"more than {COMMANDS_IN_FLIGHT_MAX} commands in flight"
            raise ValueError(message)
        tag = str(next(self._tags))
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        octets = sentences.encode((command, *words, f".tag={tag}"))
        self._in_flight[tag] = _Command(answered)
        answered.add_done_callback(lambda done: self._given_up(tag) if done.cancelled() else None)
        self._writer.write(octets)
        if self._patience is not None and self._patience.when() is None:
            self._patience.reschedule(self._deadline())
        return answered

    async def drain(self) -> None:
        """Wait until the router takes more; what broke is told by the commands' futures."""
        with contextlib.suppress(OSError):
            await self._writer.drain()

    async def close(self) -> None:
        """Leave; commands in flight end with RouterLost."""
        self._writer.close()
        self._end("closed by us")
        self._task.cancel()
        await asyncio.wait([self._task])
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    def _given_up(self, tag: str) -> None:
        """Ask the router to stop; until it says `!done`, its replies are expected and dropped."""
        if self.lost is None and self._in_flight.pop(tag, None) is not None:
            self._abandoned.add(tag)
            cancelling = str(next(self._tags))
            self._abandoned.add(cancelling)
            self._writer.write(sentences.encode(("/cancel", f"=tag={tag}", f".tag={cancelling}")))
            if len(self._abandoned) > COMMANDS_IN_FLIGHT_MAX:
                self._lose("it does not end what was cancelled")

    def _deadline(self) -> float | None:
        """Until when the router may be silent: for ever, while it owes nothing."""
        if not (self._in_flight or self._abandoned):
            return None
        return asyncio.get_running_loop().time() + self._target.timeout_seconds

    async def _read(self) -> None:
        reading = sentences.SentenceReader()
        try:
            while self.lost is None:
                async with asyncio.timeout_at(self._deadline()) as self._patience:
                    data = await self._reader.read(READ_OCTETS)
                if not data:
                    self._lose("it closed the connection")
                for sentence in reading.feed(data):
                    self._take(replies.parse(sentence))
        except TimeoutError:
            self._lose(f"silent for {self._target.timeout_seconds:g} s")
        except MalformedSentenceError as malformed:
            self._lose(f"malformed sentence: {malformed}")
        except OSError as error:
            self._lose(str(error))
        finally:
            self._end("no longer read")

    def _take(self, reply: Reply) -> None:
        if reply.word is ReplyWord.FATAL:
            self._lose(f"!fatal {reply.reason}")
            return
        command = self._in_flight.get(reply.tag or "")
        if command is None:
            self._take_of_none(reply)
            return
        match reply.word:
            case ReplyWord.DATA:
                command.rows.append(reply.attributes)
                if len(command.rows) > ROWS_MAX:
                    self._lose(f"more than {ROWS_MAX} rows")
            case ReplyWord.TRAP:
                command.traps.append(reply.attributes)
            case ReplyWord.DONE:
                del self._in_flight[reply.tag or ""]
                command.end(reply.attributes)
            case ReplyWord.EMPTY:
                pass
            case ReplyWord.UNKNOWN:
                self.counts["unknown_reply_word"] += 1

    def _take_of_none(self, reply: Reply) -> None:
        if reply.tag in self._abandoned:
            if reply.word is ReplyWord.DONE:
                self._abandoned.discard(reply.tag or "")
            return
        self.counts["unknown_tag"] += 1
        if self.counts["unknown_tag"] == 1:
            log.warning("router_reply_with_unknown_tag", router=self._target.host, tag=reply.tag)

    def _lose(self, why: str) -> None:
        """Cut a connection that is of no use any more, with what it has not taken yet."""
        self._writer.transport.abort()
        self._end(why)

    def _end(self, why: str) -> None:
        """The end of this connection, once: whoever waits hears of it."""
        if self.lost is not None:
            return
        self.lost = f"{self._target.host}:{self._target.port}: {why}"
        for command in self._in_flight.values():
            if not command.answered.done():
                command.answered.set_exception(RouterLost(self.lost))
        self._in_flight.clear()


def trap_of(traps: Sequence[Mapping[str, str]]) -> RouterTrap:
    """The error that one or several `!trap`s are."""
    message = "; ".join(trap.get("message", "trap") for trap in traps)
    category = traps[0].get("category", "")
    return RouterTrap(message, int(category) if category.isdecimal() else None)
