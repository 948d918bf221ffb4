"""A netlink socket. The kernel carries requests out while they are being sent, so every answer is
there when `send` returns: nothing waits, and thousands of requests cost one system call.
"""

import socket
from collections.abc import Iterator, Sequence

from shaper.backend import BackendTrouble
from shaper.linux_netlink import (
    DONE,
    DUMP,
    DUMP_INTERRUPTED,
    ERROR,
    Refusal,
    Reply,
    Request,
    decode,
    encode,
    refusal,
)

__all__ = ["NetlinkSocket"]

SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
BUFFER_OCTETS = 64 * 1024 * 1024
"""An nftables transaction is one datagram: that of 65,000 queues of three addresses is 20 MB."""
CHUNK_OCTETS = 128 * 1024
"""How much of a batch is one datagram, where it need not be atomic."""
RECEIVE_OCTETS = 64 * 1024
DUMPS_MAX = 10
"""How often a dump is begun again because somebody changed what is being dumped."""


class NetlinkSocket:
    """Requests to one netlink family: 0 is NETLINK_ROUTE, 12 is NETLINK_NETFILTER."""

    def __init__(self, family: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family)
        self._next_sequence = 1
        try:
            self._socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
            self._socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_OCTETS)
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_OCTETS)
            self._socket.bind((0, 0))
        except OSError:
            self._socket.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def carry_out(self, requests: Sequence[Request]) -> dict[int, Refusal]:
        """Each by itself, in order; those that the kernel refused, by their place."""
        first = self._numbers(len(requests))
        refused: dict[int, Refusal] = {}
        chunk = bytearray()
        for message in encode(requests, first):
            if len(chunk) + len(message) > CHUNK_OCTETS:
                refused |= self._send(chunk, first)
                chunk = bytearray()
            chunk += message
        return refused | self._send(chunk, first)

    def transaction(self, requests: Sequence[Request]) -> dict[int, Refusal]:
        """All in one datagram, which nftables carries out as a whole or not at all."""
        first = self._numbers(len(requests))
        return self._send(b"".join(encode(requests, first)), first)

    def get(self, requests: Sequence[Request]) -> list[Reply]:
        """The answers to requests for single things; what does not exist has none."""
        if not requests:
            return []
        first = self._numbers(len(requests))
        self._transmit(b"".join(encode(requests, first)))
        return [reply for reply in self._replies() if reply.kind != ERROR]

    def dump(self, request: Request) -> list[Reply]:
        """Everything that a request asks for, as it is at one moment. Raises BackendTrouble, as
        everything here does where the kernel does not do its part.
        """
        for _ in range(DUMPS_MAX):
            replies, interrupted = self._dump(request)
            if not interrupted:
                return replies
        raise BackendTrouble(f"the kernel changed {DUMPS_MAX} times while it was being read")

    def _dump(self, request: Request) -> tuple[list[Reply], bool]:
        asked = Request(kind=request.kind, flags=request.flags | DUMP, body=request.body)
        self._transmit(b"".join(encode([asked], self._numbers(1))))
        replies, interrupted = [], False
        for reply in self._replies():
            interrupted |= bool(reply.flags & DUMP_INTERRUPTED)
            if reply.kind in (ERROR, DONE):
                if refused := refusal(reply):
                    raise BackendTrouble(f"the kernel could not be read: {refused}")
                continue
            replies.append(reply)
        return replies, interrupted

    def _numbers(self, count: int) -> int:
        first = self._next_sequence
        self._next_sequence = (first + count) & 0x7FFFFFFF
        return first

    def _send(self, chunk: bytes | bytearray, first: int) -> dict[int, Refusal]:
        if not chunk:
            return {}
        self._transmit(chunk)
        return {
            refused.sequence - first: refused
            for reply in self._replies()
            if reply.kind == ERROR and (refused := refusal(reply))
        }

    def _transmit(self, datagram: bytes | bytearray) -> None:
        try:
            self._socket.send(datagram)
        except OSError as error:
            raise BackendTrouble(f"netlink takes no requests: {error.strerror}") from error

    def _replies(self) -> Iterator[Reply]:
        while True:
            try:
                datagram = self._socket.recv(RECEIVE_OCTETS, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                raise BackendTrouble(f"netlink lost answers: {error.strerror}") from error
            yield from decode(datagram)
