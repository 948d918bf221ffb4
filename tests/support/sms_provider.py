"""A provider of short messages: a real HTTP server that keeps what it is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

__all__ = ["SmsProvider", "sms_provider"]


@dataclass
class SmsProvider:
    """Answers every request with `status` and `body`; an empty status: hangs up instead.

    `heard` is called at each request.
    """

    status: str = "200 OK"
    body: bytes = b"OK"
    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    heard: Callable[[], object] = lambda: None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _serving: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where messages go."""
        return f"http://127.0.0.1:{self.port}/send"

    @property
    def forms(self) -> list[dict[str, str]]:
        """The forms that were sent."""
        return [dict(parse_qsl(body.decode())) for body in self.bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The requests of one connection."""
        self.connections += 1
        self._writers.append(writer)
        self._serving.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._answer(reader, writer):
                pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def end(self) -> None:
        """Hang up on all that are still connected."""
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._serving)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(int(length or 0)))
        self.heard()
        if self.status:
            writer.write(
                f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\n\r\n".encode()
                + self.body
            )
            await writer.drain()
        return bool(self.status)


@asynccontextmanager
async def sms_provider(**answer: object) -> AsyncIterator[SmsProvider]:
    """Serve until the block ends."""
    provider = SmsProvider(**answer)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    async with server:
        provider.port = server.sockets[0].getsockname()[1]
        try:
            yield provider
        finally:
            await provider.end()
