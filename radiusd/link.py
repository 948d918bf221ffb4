"""What the keeper and a worker tell each other, over a pair of local sockets.

Messages keep their bounds (SOCK_SEQPACKET), so a worker killed in the middle of a sentence leaves
no half of one to its successor, who speaks over the same pair.
"""

import socket
from collections.abc import Callable, Iterator

import msgspec

from radiusd.attempts import Attempt
from radiusd.tally import Totals

__all__ = [
    "ROWS_PER_MESSAGE",
    "Link",
    "Report",
    "SnapshotBroken",
    "Standing",
    "pair",
]

ROWS_PER_MESSAGE = 100
"""A row has at most some 700 octets, a message fits the smallest usual socket buffer (208 kB)."""

MESSAGE_OCTETS_MAX = 192 * 1024


class Report(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What a worker answered and counted, for the keeper to record."""

    attempts: tuple[Attempt, ...] = ()
    totals: Totals = Totals()


class SnapshotBroken(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A worker could not read the snapshot."""


class Standing(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What workers need to know of the keeper: whether it follows the database now."""

    database_present: bool


Message = Report | SnapshotBroken | Standing

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def pair() -> tuple[socket.socket, socket.socket]:
    """The keeper's end and the worker's; the worker's stays open for its successors."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)


class Link:
    """One end. Nothing here waits: what the other end cannot take now is the caller's to keep."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.end = end

    def send(self, message: Message) -> bool:
        """Whether the other end has it."""
        try:
            self.end.send(_encode(message))
        except OSError:
            return False
        return True

    def ended(self) -> bool:
        """Whether the other end is gone and has left nothing to be received."""
        try:
            return not self.end.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def receive(self, on_end: Callable[[], None]) -> Iterator[Message]:
        """What has arrived; `on_end` is called when the other end is gone."""
        while True:
            try:
                octets = self.end.recv(MESSAGE_OCTETS_MAX)
            except BlockingIOError:
                return
            except OSError:
                octets = b""
            if not octets:
                on_end()
                return
            yield _decode(octets)
