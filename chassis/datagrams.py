"""Batched UDP: up to 64 datagrams a system call, with the sender's raw address as an opaque key.

A peer is the raw `sockaddr` octets: hashable, compared without parsing, and what a reply is sent
to. `render_peer` gives `(host, port)` for people, for logs and for looking up a NAS once.
"""

import socket
import struct
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

from chassis.datagram_batches import (
    BATCH_DATAGRAMS,
    DATAGRAM_OCTETS_MAX,
    Batches,
    Datagram,
    batch_calls,
)

__all__ = [
    "BATCH_DATAGRAMS",
    "Datagram",
    "DatagramSocket",
    "bind_datagram_socket",
    "peer_of",
    "render_peer",
]

RECEIVE_BUFFER_OCTETS: Final = 8 * 1024 * 1024
"""About 0.2 s of 40,000 accounting packets a second, each some kilobyte of kernel memory."""

PEERS_REMEMBERED: Final = 4096
"""NAS addresses and ports seen lately; a provider has tens, a flood may have many."""

IPV4_PEER: Final = struct.Struct("=HH4s8x")
IPV6_PEER: Final = struct.Struct("=HHI16sI")
PEER_OCTETS: Final = {socket.AF_INET: IPV4_PEER.size, socket.AF_INET6: IPV6_PEER.size}


def bind_datagram_socket(
    host: str,
    port: int,
    *,
    share_port: bool = False,
    receive_buffer_octets: int = RECEIVE_BUFFER_OCTETS,
) -> socket.socket:
    """A non-blocking UDP socket bound to the address `host` (no name) and `port` (0: any).

    With `share_port` several sockets bind the same port and the kernel spreads the peers over
    them (SO_REUSEPORT). The kernel grants less buffer than asked where `net.core.rmem_max` is
    small. Raises OSError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if share_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_octets)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


@lru_cache(maxsize=PEERS_REMEMBERED)
def render_peer(peer: bytes) -> tuple[str, int]:
    """`(host, port)` of a raw peer."""
    if len(peer) == IPV4_PEER.size:
        _, port, address = IPV4_PEER.unpack(peer)
        return socket.inet_ntoa(address), socket.ntohs(port)
    _, port, _, address, scope = IPV6_PEER.unpack(peer)
    host = str(IPv6Address(address))
    return (f"{host}%{scope}" if scope else host), socket.ntohs(port)


@lru_cache(maxsize=PEERS_REMEMBERED)
def peer_of(host: str, port: int) -> bytes:
    """The raw peer of an address (no name) and a port."""
    if ":" not in host:
        return IPV4_PEER.pack(socket.AF_INET, socket.htons(port), socket.inet_aton(host))
    address, _, scope = host.partition("%")
    packed = socket.inet_pton(socket.AF_INET6, address)
    return IPV6_PEER.pack(socket.AF_INET6, socket.htons(port), 0, packed, int(scope or 0))


class DatagramSocket:
    """A bound, non-blocking UDP socket that receives and sends in batches.

    One system call for up to 64 datagrams where libc has `recvmmsg` and `sendmmsg`, one for each
    elsewhere; with `joins`, neighbours of one length for one peer pass this machine's kernel as
    one. Who sends requests to a port that several sockets share does not join them: the kernel
    would give all of them to the first one's. The socket stays the caller's to close.
    """

    def __init__(self, bound: socket.socket, *, joins: bool = True) -> None:
        self.socket = bound
        calls = batch_calls()
        octets = PEER_OCTETS[bound.family]
        self._batches = Batches(calls, octets, joins=joins) if calls is not None else None

    def fileno(self) -> int:
        """The descriptor, for the event loop's reader."""
        return self.socket.fileno()

    def receive_batch(self) -> list[Datagram]:
        """What has arrived, at most 64; empty when nothing has. Longer datagrams are cut."""
        if self._batches is not None:
            return self._batches.receive(self.socket.fileno())
        return self._receive_singly()

    def send_batch(self, datagrams: list[Datagram]) -> int:
        """Send each `(payload, peer)`; how many the kernel took. It never waits.

        A datagram that the kernel refuses (no route, full buffer, over 4096 octets) is passed over,
        as the network might have lost it.
        """
        if self._batches is None:
            return self._send_singly(datagrams)
        fileno = self.socket.fileno()
        return sum(
            self._batches.send(fileno, datagrams[at : at + BATCH_DATAGRAMS])
            for at in range(0, len(datagrams), BATCH_DATAGRAMS)
        )

    def _receive_singly(self) -> list[Datagram]:
        received: list[Datagram] = []
        while len(received) < BATCH_DATAGRAMS:
            try:
                payload, address = self.socket.recvfrom(DATAGRAM_OCTETS_MAX)
            except OSError:
                break
            scope = f"%{address[3]}" if len(address) == 4 and address[3] else ""
            received.append((payload, peer_of(address[0] + scope, address[1])))
        return received

    def _send_singly(self, datagrams: list[Datagram]) -> int:
        sent = 0
        for payload, peer in datagrams:
            try:
                self.socket.sendto(payload, render_peer(peer))
            except OSError:
                continue
            sent += 1
        return sent
