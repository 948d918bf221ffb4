"""The NAS itself: lines connect, sessions live, counters grow, the server's word is obeyed."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address
from random import Random
from typing import Protocol

from lab.nas.dynamic_authorization import Answer, DynamicAuthorization, ErrorCause
from lab.nas.exchange import Exchange
from lab.nas.personality import Personality
from lab.nas.requests import (
    ACCT_INTERIM,
    ACCT_START,
    ACCT_STOP,
    NasNames,
    access_request,
    restart_accounting,
    session_accounting,
)
from lab.nas.session import Line, Refusal, Session, vendor_values
from radius import numbers, wire
from radius.packet import Code

__all__ = ["Clock", "Nas", "Server"]

CAUSE_USER_REQUEST, CAUSE_ADMIN_RESET = 1, 6  # RFC 2866 §5.10
ADDRESS_BASE = int(IPv4Address("100.64.0.0"))  # the NAS's own pool, where the server names none
IDENTIFYING = frozenset(
    {
        numbers.USER_NAME,
        numbers.NAS_IP_ADDRESS,
        numbers.NAS_IDENTIFIER,
        numbers.ACCT_SESSION_ID,
        numbers.FRAMED_IP_ADDRESS,
        numbers.CALLING_STATION_ID,
        numbers.EVENT_TIMESTAMP,
        numbers.MESSAGE_AUTHENTICATOR,
        numbers.PROXY_STATE,
    }
)
INTERIM_LOOK_SECONDS = 0.2


class Clock(Protocol):
    """Where the NAS gets its wall clock from."""

    def now(self) -> datetime:
        """The instant, aware."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The RADIUS server that the NAS was configured with."""

    host: str
    auth_port: int
    acct_port: int
    secret: bytes


class Nas:
    """One NAS at one address; `async with` starts and stops it.

    A stop is a power cut: no Stop is sent. `counts` tells what happened: accepted, rejected,
    unanswered, dropped_unacknowledged, disconnected, changed, refused.
    """

    def __init__(
        self,
        *,
        server: Server,
        personality: Personality,
        clock: Clock,
        address: str = "127.0.0.1",
        coa_port: int = 0,
        interim_seconds: int = 300,
        seed: int = 0,
    ) -> None:
        self.server = server
        self.personality = personality
        self.clock = clock
        self.address = address
        self.names = NasNames(address=address, identifier=f"lab-{personality.name}")
        self.coa_port = coa_port
        self.interim_seconds = interim_seconds
        self.random = Random(seed)
        self.sessions: dict[str, Session] = {}
        self.counts: Counter[str] = Counter()
        self.dynamic_authorization = DynamicAuthorization(server.secret, self._obey)
        self._auth = self._exchange(server.auth_port)
        self._acct = self._exchange(server.acct_port)
        self._session_count = self.random.randrange(1 << 16)
        self._interims: list[tuple[float, str]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Nas":
        self.coa_port = await self.dynamic_authorization.listen(self.address, self.coa_port)
        self._spawn(self._send_interims())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for closing in (self._auth, self._acct, self.dynamic_authorization):
            closing.close()
        await asyncio.sleep(0)  # the transports close on the loop's next turn

    async def boot(self) -> bool:
        """Come up after a power cut; True when the server acknowledged the Accounting-On."""
        self.sessions.clear()
        if not self.personality.announces_restart:
            return True
        attributes = restart_accounting(self.names, int(self.clock.now().timestamp()))
        return await self._account(attributes) is not None

    async def connect(self, line: Line, *, chap: bool = False) -> Session | Refusal:
        """A line dials in: Access-Request, and with an Accept the session and its Start."""
        entropy = self.random.randbytes(17)
        frame = await self._auth.request(
            lambda identifier: access_request(
                identifier,
                line,
                self.names,
                secret=self.server.secret,
                entropy=entropy,
                chap=chap,
            )
        )
        if frame is None:
            self.counts["unanswered"] += 1
            return Refusal(message=None)
        if frame.code != Code.ACCESS_ACCEPT:
            self.counts["rejected"] += 1
            return Refusal(message=reply_message(frame))
        self.counts["accepted"] += 1
        session = self._new_session(line)
        session.take(frame)
        if session.framed_ip is None:
            session.framed_ip = str(IPv4Address(ADDRESS_BASE + self._session_count))
        self.sessions[session.acct_session_id] = session
        await self._report(session, ACCT_START)
        self._plan_interim(session)
        return session

    async def adopt(self, line: Line, *, seconds: int, octets_up: int, octets_down: int) -> Session:
        """A session that another server let in so long ago: this one first hears an Interim."""
        session = self._new_session(line)
        session.started_at -= seconds
        session.framed_ip = str(IPv4Address(ADDRESS_BASE + self._session_count))
        session.use(octets_up=octets_up, octets_down=octets_down)
        self.sessions[session.acct_session_id] = session
        await self._report(session, ACCT_INTERIM)
        self._plan_interim(session)
        return session

    async def interim(self, session: Session) -> None:
        """Report the counters now."""
        await self._report(session, ACCT_INTERIM)

    async def hang_up(self, session: Session, cause: int = CAUSE_USER_REQUEST) -> None:
        """End a session and report its Stop."""
        if session.ended:
            return
        session.ended = True
        self.sessions.pop(session.acct_session_id, None)
        await self._report(session, ACCT_STOP, cause)

    def _exchange(self, port: int) -> Exchange:
        return Exchange(
            server=(self.server.host, port),
            source=self.address,
            secret=self.server.secret,
            retry_seconds=self.personality.retry_seconds,
            tries=self.personality.tries,
        )

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _new_session(self, line: Line) -> Session:
        self._session_count += 1
        return Session(
            acct_session_id=self.personality.session_name(self._session_count),
            line=line,
            started_at=asyncio.get_running_loop().time(),
            interim_seconds=self.interim_seconds,
        )

    async def _account(self, attributes: bytes) -> wire.Frame | None:
        def build(identifier: int) -> bytes:
            return wire.build_request(
                Code.ACCOUNTING_REQUEST, identifier, attributes, self.server.secret
            )

        return await self._acct.request(build)

    async def _report(self, session: Session, status: int, cause: int | None = None) -> None:
        attributes = session_accounting(
            session,
            status,
            self.names,
            seconds=int(self.clock.now().timestamp()),
            elapsed=int(asyncio.get_running_loop().time() - session.started_at),
            cause=cause,
        )
        answer = await self._account(attributes)
        if answer is None and self.personality.drops_unacknowledged and not session.ended:
            session.ended = True
            self.sessions.pop(session.acct_session_id, None)
            self.counts["dropped_unacknowledged"] += 1

    def _plan_interim(self, session: Session) -> None:
        now = asyncio.get_running_loop().time()
        heapq.heappush(self._interims, (now + session.interim_seconds, session.acct_session_id))

    async def _send_interims(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._interims and self._interims[0][0] <= loop.time():
                _, name = heapq.heappop(self._interims)
                session = self.sessions.get(name)
                if session is not None:
                    self._spawn(self.interim(session))
                    self._plan_interim(session)
            await asyncio.sleep(INTERIM_LOOK_SECONDS)

    async def _obey(self, code: Code, frame: wire.Frame) -> Answer:
        """Carry out a Disconnect or CoA; the answer goes out before the Stop does."""
        session = self._target(frame)
        if session is None:
            self.counts["refused"] += 1
            return Answer(ErrorCause.SESSION_CONTEXT_NOT_FOUND)
        if code == Code.DISCONNECT_REQUEST:
            if not unknown_attributes(frame, frozenset(), frozenset()):
                self.counts["disconnected"] += 1
                self._spawn(self.hang_up(session, CAUSE_ADMIN_RESET))
                return Answer()
        elif not unknown_attributes(
            frame, self.personality.changeable, self.personality.changeable_of_vendors
        ):
            self.counts["changed"] += 1
            session.take(frame)
            return Answer()
        self.counts["refused"] += 1
        return Answer(ErrorCause.UNSUPPORTED_ATTRIBUTE)

    def _target(self, frame: wire.Frame) -> Session | None:
        """The session that every identification in the request agrees on (RFC 5176 §3)."""
        wanted = dict(frame.attributes)
        name = wanted.get(numbers.ACCT_SESSION_ID)
        if name is not None:
            candidates = [self.sessions.get(name.decode(errors="replace"))]
        else:
            candidates = list(self.sessions.values())
        for session in candidates:
            if session is not None and agrees(session, wanted):
                return session
        return None


def agrees(session: Session, wanted: dict[int, bytes]) -> bool:
    login = wanted.get(numbers.USER_NAME)
    address = wanted.get(numbers.FRAMED_IP_ADDRESS)
    identified = login is not None or address is not None or numbers.ACCT_SESSION_ID in wanted
    return (
        identified
        and (login is None or login == session.line.login.encode())
        and (address is None or ".".join(map(str, address)) == session.framed_ip)
    )


def unknown_attributes(
    frame: wire.Frame, changeable: frozenset[int], of_vendors: frozenset[tuple[int, int]]
) -> bool:
    """Does the request carry anything that this NAS cannot do (RFC 5176 §2.3)?"""
    plain = {kind for kind, _ in frame.attributes if kind != numbers.VENDOR_SPECIFIC}
    vendors = {name for name, _ in vendor_values(frame)}
    return not (plain <= IDENTIFYING | changeable and vendors <= of_vendors)


def reply_message(frame: wire.Frame) -> str:
    texts = [value for kind, value in frame.attributes if kind == numbers.REPLY_MESSAGE]
    return b"".join(texts).decode(errors="replace")
