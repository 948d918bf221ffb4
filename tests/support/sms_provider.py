"""A provider of short messages: a real HTTP server that keeps what it is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

__all__ = ["SmsProvider", "sms_provider"]


@dataclass
class SmsProvider:
    """Answers every request with `status` and `body`; an empty status: hangs up instead."""

    status: str = "200 OK"
    body: bytes = b"OK"
    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where messages go."""
        return f"http://127.0.0.1:{self.port}/send"

    @property
    def forms(self) -> list[dict[str, str]]:
        """The forms that were sent."""
        return [dict(parse_qsl(body.decode())) for body in self.bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(int(length or 0)))
        if self.status:
            writer.write(
                f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + self.body
            )
            await writer.drain()
        writer.close()


@asynccontextmanager
async def sms_provider(**answer: object) -> AsyncIterator[SmsProvider]:
    """Serve until the block ends."""
    provider = SmsProvider(**answer)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    async with server:
        provider.port = server.sockets[0].getsockname()[1]
        yield provider
