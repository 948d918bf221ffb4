"""The NAS's own server: Disconnect and CoA (RFC 5176)."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import cast

from radius import numbers, wire
from radius.malformed import MalformedPacketError
from radius.packet import Code

__all__ = ["Answer", "DynamicAuthorization", "ErrorCause"]

DUPLICATES_MAX = 4096
ANSWERS = {
    Code.DISCONNECT_REQUEST: (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK),
    Code.COA_REQUEST: (Code.COA_ACK, Code.COA_NAK),
}


class ErrorCause(IntEnum):
    """Why a request was refused (RFC 5176 §3.5)."""

    UNSUPPORTED_ATTRIBUTE = 401
    MISSING_ATTRIBUTE = 402
    SESSION_CONTEXT_NOT_FOUND = 503


@dataclass(frozen=True, slots=True)
class Answer:
    """ACK without an error cause, else NAK with it."""

    error_cause: ErrorCause | None = None


Handler = Callable[[Code, wire.Frame], Awaitable[Answer]]


class DynamicAuthorization(asyncio.DatagramProtocol):
    """Answers each request once; a retransmission gets the same octets again.

    `silent` makes it deaf, as a NAS behind a broken path is.
    """

    transport: asyncio.DatagramTransport

    def __init__(self, secret: bytes, handler: Handler) -> None:
        self.secret = secret
        self.handler = handler
        self.silent = False
        self.received = 0
        self._answers: OrderedDict[tuple[object, bytes], bytes | None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> int:
        """Bind, and tell the port."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        return int(self.transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Stop listening."""
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self.silent:
            return
        self.received += 1
        try:
            frame = wire.split(data)
        except MalformedPacketError:
            return
        if frame.code not in ANSWERS or not wire.verify_request_authenticator(
            data, frame, self.secret
        ):
            return
        key = (addr, data[: frame.length])
        if key in self._answers:
            answer = self._answers[key]
            if answer is not None:
                self.transport.sendto(answer, addr)  # type: ignore[arg-type] # as it came
            return
        self._answers[key] = None
        while len(self._answers) > DUPLICATES_MAX:
            self._answers.popitem(last=False)
        task = asyncio.get_running_loop().create_task(self._respond(frame, key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _respond(self, frame: wire.Frame, key: tuple[object, bytes]) -> None:
        code = Code(frame.code)
        answer = await self.handler(code, frame)
        positive, negative = ANSWERS[code]
        attributes = b""
        if answer.error_cause is not None:
            cause = int(answer.error_cause).to_bytes(4, "big")
            attributes = wire.attribute(numbers.ERROR_CAUSE, cause)
        octets = wire.build_reply(
            positive if answer.error_cause is None else negative,
            frame.identifier,
            frame.authenticator,
            attributes,
            self.secret,
        )
        self._answers[key] = octets
        self.transport.sendto(octets, key[0])  # type: ignore[arg-type] # as it came
