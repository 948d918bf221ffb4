"""A worker whose keeper was killed goes on answering until the next keeper's worker relieves it.

It listens at a socket in the data directory. Whoever connects is given the UDP sockets, so that no
datagram waiting in one is lost; whoever then says RELIEVE has the end of the connection for a sign
that it answers no longer.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["ORPHAN_SECONDS_MAX", "Relief", "former_sockets", "relieve"]

ORPHAN_SECONDS_MAX: Final = 60.0
"""A killed keeper is replaced in seconds, one that dies at every start in ten at most; and a suite
that is gone for good leaves no process behind for longer."""

RELIEVED_SECONDS_MAX: Final = 10.0
"""An orphan answers what it took in less; a stuck one is not waited for: its sockets and its spool
can be shared."""

SOCKETS_MAX: Final = 64
MESSAGE_OCTETS_MAX: Final = 4096
RELIEVE: Final = b"relieve"


class Relief:
    """The orphan's side. `on_relieved` is called when its successor is there."""

    def __init__(
        self, path: Path, sockets: Mapping[str, socket.socket], on_relieved: Callable[[], object]
    ) -> None:
        self._path = path
        self._sockets = sockets
        self._on_relieved = on_relieved
        self._open: list[socket.socket] = []

    def begin(self) -> None:
        """Wait for the successor."""
        self._path.unlink(missing_ok=True)
        listener = _new_socket()
        with _short(self._path) as name:
            listener.bind(name)
        listener.listen()
        listener.setblocking(False)
        self._open.append(listener)
        asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def close(self) -> None:
        """Tell whoever waits that this worker answers no longer."""
        for each in self._open:
            asyncio.get_running_loop().remove_reader(each)
            each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            asking, _ = listener.accept()
            asking.setblocking(False)
            self._open.append(asking)
            asyncio.get_running_loop().add_reader(asking, self._hear, asking)
            descriptors = [each.fileno() for each in self._sockets.values()]
            socket.send_fds(asking, [",".join(self._sockets).encode()], descriptors)

    def _hear(self, asking: socket.socket) -> None:
        said = b""
        with suppress(OSError):
            said = asking.recv(MESSAGE_OCTETS_MAX)
        if said == RELIEVE:
            self._on_relieved()
            return
        asyncio.get_running_loop().remove_reader(asking)
        self._open.remove(asking)
        asking.close()


def former_sockets(paths: Iterable[Path]) -> dict[str, socket.socket]:
    """The UDP sockets, by name, of the orphans that listen there."""
    sockets: dict[str, socket.socket] = {}
    for path in paths:
        with suppress(OSError), _connected(path) as orphan:
            sockets |= _received(orphan)
    return sockets


def relieve(path: Path) -> bool:
    """Have the orphan that listens there end, and wait for it; whether there was one. Blocking."""
    with suppress(OSError), _connected(path) as orphan:
        for each in _received(orphan).values():
            each.close()
        orphan.send(RELIEVE)
        orphan.recv(1)
        return True
    return False


def _received(orphan: socket.socket) -> dict[str, socket.socket]:
    message, descriptors, _, _ = socket.recv_fds(
        orphan, MESSAGE_OCTETS_MAX, SOCKETS_MAX, socket.MSG_CMSG_CLOEXEC
    )
    names = message.decode().split(",")
    return {
        name: socket.socket(fileno=descriptor)
        for name, descriptor in zip(names, descriptors, strict=True)
    }


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with _new_socket() as connection, _short(path) as name:
        connection.settimeout(RELIEVED_SECONDS_MAX)
        connection.connect(name)
        yield connection


def _new_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of the path that fits into a socket's address, which holds 108 octets."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
