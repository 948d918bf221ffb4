"""Batched UDP: up to 64 datagrams a system call, with the sender's raw address as an opaque key.

A peer is the raw `sockaddr` octets: hashable, compared without parsing, and what a reply is sent
to. `render_peer` gives `(host, port)` for people, for logs and for looking up a NAS once.
"""

import ctypes
import errno
import socket
import struct
import sys
from functools import cache, lru_cache
from ipaddress import IPv6Address
from typing import Any, Final, TypeAlias

__all__ = [
    "BATCH_DATAGRAMS",
    "Datagram",
    "DatagramSocket",
    "bind_datagram_socket",
    "peer_of",
    "render_peer",
]

BATCH_DATAGRAMS: Final = 64
"""Beyond this a batch saves nothing measurable and only adds latency."""

DATAGRAM_OCTETS_MAX: Final = 4096
"""RFC 2865 section 3: octets beyond the packet's Length (at most 4096) are padding."""

RECEIVE_BUFFER_OCTETS: Final = 8 * 1024 * 1024
"""About 0.2 s of 40,000 accounting packets a second, each some kilobyte of kernel memory."""

PEERS_REMEMBERED: Final = 4096
"""NAS addresses and ports seen lately; a provider has tens, a flood may have many."""

IPV4_PEER: Final = struct.Struct("=HH4s8x")
IPV6_PEER: Final = struct.Struct("=HHI16sI")
PEER_OCTETS: Final = {socket.AF_INET: IPV4_PEER.size, socket.AF_INET6: IPV6_PEER.size}


Datagram: TypeAlias = tuple[bytes, bytes]
"""`(payload, peer)`: what arrived and from whom, or what to send and to whom."""


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
    elsewhere. The socket stays the caller's to close.
    """

    def __init__(self, bound: socket.socket) -> None:
        self.socket = bound
        libc = _libc()
        self._batches = _Batches(libc, bound.family) if libc is not None else None

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
        sent = 0
        for at in range(0, len(datagrams), BATCH_DATAGRAMS):
            sent += self._batches.send(fileno, datagrams[at : at + BATCH_DATAGRAMS])
        return sent

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


class _IoVector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """`struct msghdr` of Linux on 64 bits."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vector", ctypes.c_void_p),
        ("vector_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _MessageHeader(ctypes.Structure):
    """`struct mmsghdr`: one datagram of a batch, with the length that was received."""

    _fields_ = (("message", _Message), ("received_length", ctypes.c_uint32))


@cache
def _libc() -> ctypes.CDLL | None:
    """libc with the batch calls, or None where it has none or another shape of structures."""
    if sys.platform != "linux" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        libc.recvmmsg.argtypes = [
            ctypes.c_int,
            ctypes.c_void_p,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_void_p,
        ]
        libc.sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]
    except AttributeError:
        return None
    return libc


class _Slots:
    """64 datagrams' worth of memory in the shape that the kernel reads and writes.

    A slice of `payloads` or `peers` is bytes.
    """

    def __init__(self, peer_octets: int) -> None:
        self.payloads: Any = (ctypes.c_char * (BATCH_DATAGRAMS * DATAGRAM_OCTETS_MAX))()
        self.peers: Any = (ctypes.c_char * (BATCH_DATAGRAMS * peer_octets))()
        self._vectors = (_IoVector * BATCH_DATAGRAMS)()
        self._headers = (_MessageHeader * BATCH_DATAGRAMS)()
        for index in range(BATCH_DATAGRAMS):
            vector, header = self._vectors[index], self._headers[index].message
            vector.base = ctypes.addressof(self.payloads) + index * DATAGRAM_OCTETS_MAX
            vector.length = DATAGRAM_OCTETS_MAX
            header.name = ctypes.addressof(self.peers) + index * peer_octets
            header.name_length = peer_octets
            header.vector = ctypes.addressof(vector)
            header.vector_length = 1
        self.headers_address = ctypes.addressof(self._headers)
        words = memoryview(self._headers).cast("B").cast("I")
        stride = ctypes.sizeof(_MessageHeader) // words.itemsize
        self.received_lengths = words[
            _MessageHeader.received_length.offset // words.itemsize :: stride
        ]
        octets = memoryview(self._vectors).cast("B").cast("Q")
        self.payload_lengths = octets[_IoVector.length.offset // octets.itemsize :: 2]


class _Batches:
    """The batch calls on one socket's family; its buffers are its own."""

    def __init__(self, libc: ctypes.CDLL, family: int) -> None:
        self._recvmmsg, self._sendmmsg = libc.recvmmsg, libc.sendmmsg
        self._peer_octets = PEER_OCTETS[socket.AddressFamily(family)]
        self._incoming = _Slots(self._peer_octets)
        self._outgoing = _Slots(self._peer_octets)
        self._outgoing_payloads = memoryview(self._outgoing.payloads).cast("B")
        self._outgoing_peers = memoryview(self._outgoing.peers).cast("B")

    def receive(self, fileno: int) -> list[Datagram]:
        slots = self._incoming
        count = self._recvmmsg(
            fileno, slots.headers_address, BATCH_DATAGRAMS, socket.MSG_DONTWAIT, None
        )
        if count <= 0:
            return []
        octets, width = self._peer_octets, DATAGRAM_OCTETS_MAX
        payloads, peers = slots.payloads, slots.peers[: count * octets]
        return [
            (
                payloads[index * width : index * width + length],
                peers[index * octets : (index + 1) * octets],
            )
            for index, length in enumerate(slots.received_lengths[:count].tolist())
        ]

    def send(self, fileno: int, datagrams: list[Datagram]) -> int:
        slots, octets, width = self._outgoing, self._peer_octets, DATAGRAM_OCTETS_MAX
        payloads, peers, lengths = (
            self._outgoing_payloads,
            self._outgoing_peers,
            slots.payload_lengths,
        )
        count = 0
        for payload, peer in datagrams:
            length = len(payload)
            if length > width or len(peer) != octets:
                continue
            payloads[count * width : count * width + length] = payload
            peers[count * octets : (count + 1) * octets] = peer
            lengths[count] = length
            count += 1
        return self._send_slots(fileno, count)

    def _send_slots(self, fileno: int, count: int) -> int:
        """The call stops at the first datagram that the kernel refuses: pass over it."""
        step = ctypes.sizeof(_MessageHeader)
        at = sent = 0
        while at < count:
            address = self._outgoing.headers_address + at * step
            taken = self._sendmmsg(fileno, address, count - at, socket.MSG_DONTWAIT)
            if taken > 0:
                at += taken
                sent += taken
            elif ctypes.get_errno() in (errno.EAGAIN, errno.ENOBUFS, errno.EBADF):
                break
            else:
                at += 1
        return sent
