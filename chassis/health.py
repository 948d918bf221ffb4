"""Health over HTTP on loopback: `/livez`, `/readyz?verbose` and `/metrics`.

A few dozen lines on asyncio streams rather than a web framework: three GET answers, and daemons
start in a fraction of a second without one.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chassis.metrics import exposition

__all__ = ["Check", "Health", "HealthServer"]

REQUEST_OCTETS_MAX: Final = 8192
REQUEST_SECONDS_MAX: Final = 5.0
CONNECTIONS_MAX: Final = 32
"""A scraper, a balancer and a curious operator; the rest is a mistake."""

TEXT: Final = "text/plain; charset=utf-8"
METRICS_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that is well or not.

    Without a `needed` one the daemon is not ready; without a `vital` one it must be restarted.
    """

    name: str
    ok: bool
    detail: str = ""
    needed: bool = True
    vital: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How a daemon is; `status` is one line for people (systemd's STATUS), `figures` say how far
    behind it is and how much waits: numbers by their names, units last.
    """

    checks: tuple[Check, ...] = ()
    status: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Not broken: worth keeping alive."""
        return all(check.ok for check in self.checks if check.vital)

    @property
    def ready(self) -> bool:
        """Doing its whole job."""
        return all(check.ok for check in self.checks if check.needed or check.vital)

    def __str__(self) -> str:
        lines = [
            f"[{'+' if check.ok else '-'}] {check.name}{': ' * bool(check.detail)}{check.detail}"
            for check in self.checks
        ]
        return "\n".join([*lines, "ok" if self.ready else "not ready", ""])


class HealthServer:
    """Serves a daemon's health and metrics until closed."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health
        self._connections = 0
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; the port (the one given, or the free one found for 0). Raises OSError."""
        self._server = await asyncio.start_server(
            self._serve, host, port, limit=REQUEST_OCTETS_MAX, backlog=CONNECTIONS_MAX
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= CONNECTIONS_MAX:
                async with asyncio.timeout(REQUEST_SECONDS_MAX):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._answer(head))
                    await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            self._connections -= 1
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        words = head.partition(b"\r\n")[0].decode("ascii", "replace").split(" ")
        if len(words) != 3:
            return _response(400, "one request line is expected\n")
        method, target, _ = words
        if method not in ("GET", "HEAD"):
            return _response(405, "GET only\n")
        path, _, query = target.partition("?")
        match path:
            case "/livez":
                live = self._health().live
                return _response(200 if live else 503, "ok\n" if live else "broken\n")
            case "/readyz":
                health = self._health()
                brief = "ok\n" if health.ready else "not ready\n"
                text = str(health) if "verbose" in query or not health.ready else brief
                return _response(200 if health.ready else 503, text)
            case "/metrics":
                return _response(200, exposition(), METRICS_TEXT)
            case _:
                return _response(404, "there are /livez, /readyz and /metrics\n")


def _response(status: int, body: str | bytes, content_type: str = TEXT) -> bytes:
    octets = body.encode() if isinstance(body, str) else body
    head = (
        f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(octets)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + octets
