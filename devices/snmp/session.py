"""An SNMP manager for one device: one question outstanding, paced, bounded, adapted to the device.

    session = Snmp(exchange, target, name="olt1", requests_per_second=20)
    walk = await session.walk((SERIAL, STATE), deadline=loop.time() + 60)

Each try of a question has a number of its own, and an answer to any of its tries is an answer. What
is late, malformed or from elsewhere is counted and dropped.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Final

from devices.snmp import metrics
from devices.snmp.appetite import Appetite
from devices.snmp.ber import MalformedMessage, oid_octets
from devices.snmp.community import Community
from devices.snmp.exchange import Address, Exchange
from devices.snmp.message import GET, EndOfView, Pdu, Request, encode_pdu
from devices.snmp.security import LateAnswer, Opened, Security
from devices.snmp.usm import Usm
from devices.snmp.values import (
    Index,
    SnmpAuthenticationFailed,
    SnmpRefused,
    SnmpTarget,
    SnmpTimeout,
    Value,
    Walk,
)
from devices.snmp.walking import (
    GEN_ERR,
    NO_ACCESS,
    NO_ERROR,
    NO_SUCH_NAME,
    RESOURCE_UNAVAILABLE,
    ROWS_MAX,
    TOO_BIG,
    Walking,
    status_text,
)

__all__ = ["REQUESTS_PER_SECOND", "Snmp"]

REQUESTS_PER_SECOND: Final = 20.0
"""What the control processor of a small OLT answers beside its own work."""

KEPT_BACK: Final = 2
"""Of the requests that a second may see: its fence post, and one that was delayed on its way."""

TIMER_SECONDS: Final = 0.001
"""Timers are no finer; a shorter pause would be a longer one."""

TIMEOUT_SECONDS: Final = 2.0
TRIES: Final = 3
AGAIN_MAX: Final = 3
"""How often an agent may correct what we believe of its engine, for one question."""

FAULTY: Final = frozenset({GEN_ERR, NO_ACCESS, RESOURCE_UNAVAILABLE})
FAULTY_MAX: Final = 3
"""Variables that an agent names as its error; with more, it cannot tell anything."""

NUMBERS: Final = 1 << 31
"""Request-ids and msgIDs are positive and of 31 bits (RFC 3412 §6)."""


class Snmp:
    """A session with the agent `target`; `name` is what metrics call the device."""

    def __init__(
        self,
        exchange: Exchange,
        target: SnmpTarget,
        *,
        name: str = "",
        requests_per_second: float = REQUESTS_PER_SECOND,
        timeout_seconds: float = TIMEOUT_SECONDS,
        tries: int = TRIES,
        appetite: Appetite | None = None,
    ) -> None:
        self.appetite = appetite or Appetite()
        self._exchange = exchange
        self._target = target
        self._name = name
        self._spacing = 1 / max(requests_per_second - KEPT_BACK, requests_per_second / 2)
        self._timeout_seconds = timeout_seconds
        self._tries = tries
        self._security = _security(target)
        self._turn = asyncio.Lock()
        self._address: Address | None = None
        self._next_at = 0.0
        self._number = random.randrange(NUMBERS)
        self._expected: dict[int, Request] = {}
        self._answer: asyncio.Future[Opened] | None = None
        self._indices: dict[bytes, Index] = {}

    async def get(
        self, oids: Sequence[str], *, deadline: float | None = None, tries: int | None = None
    ) -> Mapping[str, Value]:
        """The values of single variables, None for those that are not there, and for the few that
        the agent cannot tell. Raises SnmpError.

        `deadline` is by the loop's clock.
        """
        tries = tries or self._tries
        found: dict[str, Value] = {}
        faulty = 0
        waiting = list(oids)
        while waiting:
            asked = waiting[: self.appetite.next]
            octets = {oid_octets(oid): oid for oid in asked}
            question = Request(tag=GET, oids=tuple(octets))
            pdu, _ = await self._ask([question] * tries, deadline)
            if pdu.error_status == TOO_BIG and len(octets) > 1:
                self.appetite = self.appetite.at_most(len(octets) // 2)
                continue
            faulty += pdu.error_status in FAULTY
            most = min(FAULTY_MAX, len(oids) - 1)
            if faulty <= most and (absent := _blamed(pdu, asked)) is not None:
                found[absent] = None
                waiting = [oid for oid in waiting if oid != absent]
                continue
            if pdu.error_status != NO_ERROR:
                raise SnmpRefused(pdu.error_status, status_text(pdu.error_status))
            answers = {octets[oid]: value for oid, value in pdu.varbinds if oid in octets}
            for oid in asked:
                value = answers.get(oid)
                found[oid] = None if isinstance(value, EndOfView) else value
            waiting = waiting[len(asked) :]
        return found

    async def walk(
        self, columns: Sequence[str], *, rows_max: int = ROWS_MAX, deadline: float | None = None
    ) -> Walk:
        """All rows of some columns of one table, or as many as could be read: never raises for
        what happens on the way. Raises SnmpAuthenticationFailed, and SnmpTimeout where not even
        the first question was answered.
        """
        walking = Walking(columns, rows_max=rows_max, indices=self._indices)
        answered = False
        while width := walking.width:
            most = self.appetite.next
            questions = [walking.request(most >> attempt) for attempt in range(self._tries)]
            try:
                pdu, question = await self._ask(questions, deadline)
            except SnmpTimeout as timeout:
                if not answered:
                    raise
                walking.stop(str(timeout))
                break
            answered = True
            walking.answered(question, pdu)
            if pdu.error_status == TOO_BIG:
                self.appetite = self.appetite.at_most(question.variables // 2)
            elif question is not questions[0]:
                self.appetite = self.appetite.at_most(question.variables)
            elif walking.width == width:
                self.appetite = self.appetite.answered(
                    asked=question.variables, varbinds=len(pdu.varbinds) - 1, octets=pdu.octets
                )
        return walking.result()

    async def close(self) -> None:
        """Forget the device; the exchange stays."""
        if self._address is not None:
            self._exchange.leave(self._address, self._receive)
            self._address = None

    async def _ask(
        self, questions: Sequence[Request], deadline: float | None
    ) -> tuple[Pdu, Request]:
        """The answer to one question, put in another way at each try; and which it answers."""
        async with self._turn:
            try:
                for question in questions:
                    answer = await self._try(question, deadline)
                    if answer is not None:
                        return answer
                await self.close()  # it may have another address by now
                raise SnmpTimeout(f"no answer to {len(questions)} requests")
            finally:
                self._expected.clear()

    async def _try(self, request: Request, deadline: float | None) -> tuple[Pdu, Request] | None:
        """Send once, or again as often as the agent corrects us; None after silence."""
        for _ in range(AGAIN_MAX):
            number = self._number = (self._number + 1) % NUMBERS
            opened = await self._send(number, request, deadline)
            if opened is None:
                return None
            if opened.refusal is not None:
                raise SnmpAuthenticationFailed(opened.refusal)
            if opened.pdu is not None:
                return opened.pdu, self._expected[opened.pdu.request_id]
        raise SnmpAuthenticationFailed("the agent's engine is never as it says")

    async def _send(self, number: int, request: Request, deadline: float | None) -> Opened | None:
        loop = asyncio.get_running_loop()
        address = await self._where()
        if (pause := self._next_at - loop.time()) > TIMER_SECONDS:
            await asyncio.sleep(pause)
        now = loop.time()
        seconds = self._timeout_seconds if deadline is None else deadline - now
        if seconds <= 0:
            raise SnmpTimeout("the time for this reading is over")
        self._next_at = now + self._spacing
        self._expected[number] = request
        self._answer = loop.create_future()
        opening = self._security.opening(number)
        datagram = opening or self._security.seal(encode_pdu(request, number), number, now)
        self._exchange.send(datagram, address)
        metrics.requests.add(self._name)
        try:
            async with asyncio.timeout(min(seconds, self._timeout_seconds)):
                return await self._answer
        except TimeoutError:
            metrics.timeouts.add(self._name)
            return None
        finally:
            self._answer = None

    async def _where(self) -> Address:
        if self._address is None:
            try:
                address = await self._exchange.resolve(self._target.host, self._target.port)
            except OSError as error:
                raise SnmpTimeout(f"{self._target.host}: {error.strerror}") from None
            self._address = address
            self._exchange.join(address, self._receive)
        return self._address

    def _receive(self, datagram: bytes) -> None:
        """A datagram from the agent's address."""
        now = asyncio.get_running_loop().time()
        try:
            opened = self._security.open(datagram, self._expected, now)
        except LateAnswer:
            metrics.answers_dropped.add("late")
        except MalformedMessage:
            metrics.answers_dropped.add("malformed")
        else:
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(opened)


def _blamed(pdu: Pdu, asked: Sequence[str]) -> str | None:
    """The one variable that the agent cannot tell; None where its error is of all, or is none."""
    told = pdu.error_status in FAULTY or pdu.error_status == NO_SUCH_NAME
    return asked[pdu.error_index - 1] if told and 1 <= pdu.error_index <= len(asked) else None


def _security(target: SnmpTarget) -> Security:
    if target.access.version == "3":
        return Usm(target.access, salt=random.getrandbits(63))
    return Community(target.access.community)
