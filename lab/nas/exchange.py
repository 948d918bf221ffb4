"""Requests of the NAS and their answers: identifiers, retransmission, checked replies."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from radius import wire
from radius.malformed import MalformedPacketError

__all__ = ["Exchange"]

IDENTIFIERS = 256
SOCKETS_MAX = 16


class Exchange:
    """A client of one server port; 256 requests in flight on each of its sockets."""

    def __init__(
        self,
        *,
        server: tuple[str, int],
        source: str,
        secret: bytes,
        retry_seconds: float,
        tries: int,
    ) -> None:
        self.server = server
        self.source = source
        self.secret = secret
        self.retry_seconds = retry_seconds
        self.tries = tries
        self.retransmitted = 0
        self._sockets: list[_Socket] = []
        self._free: deque[tuple[_Socket, int]] = deque()
        self._freed = asyncio.Condition()
        self._opening = asyncio.Lock()

    async def request(self, build: Callable[[int], bytes]) -> wire.Frame | None:
        """Send what `build(identifier)` makes until it is answered; None when nobody answers."""
        socket, identifier = await self._take()
        try:
            return await self._exchange(socket, identifier, build(identifier))
        finally:
            async with self._freed:
                self._free.append((socket, identifier))
                self._freed.notify()

    def close(self) -> None:
        """Close every socket; requests in flight get no answer."""
        for socket in self._sockets:
            socket.transport.close()

    async def _take(self) -> tuple["_Socket", int]:
        async with self._opening:
            if not self._free and len(self._sockets) < SOCKETS_MAX:
                await self._open()
        async with self._freed:
            await self._freed.wait_for(lambda: bool(self._free))
            return self._free.popleft()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_datagram_endpoint(
            _Socket, local_addr=(self.source, 0), remote_addr=self.server
        )
        self._sockets.append(socket)
        self._free.extend((socket, identifier) for identifier in range(IDENTIFIERS))

    async def _exchange(
        self, socket: "_Socket", identifier: int, request: bytes
    ) -> wire.Frame | None:
        answer: asyncio.Future[tuple[bytes, wire.Frame]]
        for attempt in range(self.tries):
            self.retransmitted += attempt > 0
            answer = asyncio.get_running_loop().create_future()
            socket.waiting[identifier] = answer
            socket.transport.sendto(request)
            try:
                datagram, frame = await asyncio.wait_for(answer, self.retry_seconds)
            except TimeoutError:
                continue
            finally:
                socket.waiting.pop(identifier, None)
            if wire.verify_response_authenticator(datagram, frame, self.secret, request[4:20]):
                return frame
        return None


class _Socket(asyncio.DatagramProtocol):
    """One source port: who waits for which identifier."""

    transport: asyncio.DatagramTransport

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[tuple[bytes, wire.Frame]]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, _: object) -> None:
        try:
            frame = wire.split(data)
        except MalformedPacketError:
            return
        answer = self.waiting.get(frame.identifier)
        if answer is not None and not answer.done():
            answer.set_result((data, frame))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there now: the same as no answer."""
