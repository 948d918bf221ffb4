"""The listening end of sd_notify: which of our child processes have said READY."""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from typing import Final

__all__ = ["Readiness"]

MESSAGE_OCTETS_MAX: Final = 4096


class Readiness:
    """One notification socket for each name, in Linux's abstract namespace: no file to clean up.

    `on_ready` is called when one has become ready.
    """

    def __init__(self, on_ready: Callable[[], object] = lambda: None) -> None:
        self._on_ready = on_ready
        self._sockets: dict[str, socket.socket] = {}
        self._ready: dict[str, asyncio.Event] = {}

    def expect(self, name: str) -> None:
        """Listen for `name`, which is not ready yet."""
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        channel.setblocking(False)
        channel.bind(f"\0turnpike-{os.getpid()}-{secrets.token_hex(8)}")
        self._sockets[name] = channel
        self._ready[name] = asyncio.Event()
        asyncio.get_running_loop().add_reader(channel, self._receive, name)

    def environment(self, name: str) -> dict[str, str]:
        """What `name` must find in its environment."""
        return {"NOTIFY_SOCKET": self._sockets[name].getsockname().decode().replace("\0", "@")}

    def begin(self, name: str) -> None:
        """`name` is started, once more perhaps: it is not ready yet."""
        self._ready[name].clear()

    def is_ready(self, name: str) -> bool:
        """Whether `name` has said so since it was started."""
        return self._ready[name].is_set()

    async def wait(self, seconds_max: float) -> tuple[str, ...]:
        """Wait for all that are expected; the names that did not become ready in time."""
        try:
            async with asyncio.timeout(seconds_max):
                await asyncio.gather(*(event.wait() for event in self._ready.values()))
        except TimeoutError:
            return tuple(name for name, event in self._ready.items() if not event.is_set())
        return ()

    def forget(self, name: str) -> None:
        """Listen no longer for `name`."""
        channel = self._sockets.pop(name)
        del self._ready[name]
        asyncio.get_running_loop().remove_reader(channel)
        channel.close()

    def _receive(self, name: str) -> None:
        message = self._sockets[name].recv(MESSAGE_OCTETS_MAX).decode("utf-8", "replace")
        if "READY=1" in message.splitlines():
            self._ready[name].set()
            self._on_ready()
