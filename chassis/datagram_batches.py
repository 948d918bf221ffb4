"""`recvmmsg` and `sendmmsg` through ctypes: memory laid out as the kernel reads and writes it.

Neighbours in a batch that have one length and one peer go to the kernel as one message which it
cuts up again (UDP_SEGMENT, udp(7)): a NAS that asked many things at once is answered for a third of
the processor time.
"""

import ctypes
import errno
import socket
import sys
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

__all__ = ["BATCH_DATAGRAMS", "DATAGRAM_OCTETS_MAX", "Batches", "Datagram", "batch_calls"]

BATCH_DATAGRAMS: Final = 64
"""Beyond this a batch saves nothing measurable and only adds latency. The kernel joins no more."""

DATAGRAM_OCTETS_MAX: Final = 4096
"""RFC 2865 section 3: octets beyond the packet's Length (at most 4096) are padding."""

JOINED_OCTETS_MAX: Final = 1000
"""The kernel refuses a segment that does not fit the path's MTU; 64 of these fit a message."""

UDP_SEGMENT: Final = 103
CONTROL_OCTETS: Final = 24
"""CMSG_SPACE of one 16-bit number."""

Datagram: TypeAlias = tuple[bytes, bytes]
"""`(payload, peer)`: what arrived and from whom, or what to send and to whom."""


class BatchCalls(NamedTuple):
    """The two functions of libc."""

    recvmmsg: Any
    sendmmsg: Any


@cache
def batch_calls() -> BatchCalls | None:
    """The batch calls, or None where libc has none or another shape of structures."""
    if sys.platform != "linux" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        receive, send = libc.recvmmsg, libc.sendmmsg
    except AttributeError:
        return None
    number, pointer, unsigned = ctypes.c_int, ctypes.c_void_p, ctypes.c_uint
    receive.argtypes = [number, pointer, unsigned, number, pointer]
    send.argtypes = [number, pointer, unsigned, number]
    return BatchCalls(receive, send)


class Batches:
    """The batch calls on one socket's family; its buffers are its own."""

    def __init__(self, calls: BatchCalls, peer_octets: int, *, joins: bool) -> None:
        self._calls = calls
        self._peer_octets = peer_octets
        self._incoming = _Slots(peer_octets)
        self._outgoing = _Slots(peer_octets)
        self._joins = joins

    def receive(self, fileno: int) -> list[Datagram]:
        """At most 64; longer datagrams are cut."""
        slots = self._incoming
        count = self._calls.recvmmsg(
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
        """At most 64; how many the kernel took."""
        messages = self._laid_out(datagrams)
        at = sent = 0
        while at < len(messages):
            address = self._outgoing.headers_address + at * HEADER_OCTETS
            taken = self._calls.sendmmsg(fileno, address, len(messages) - at, socket.MSG_DONTWAIT)
            if taken > 0:
                sent += sum(messages[at : at + taken])
                at += taken
            elif ctypes.get_errno() in (errno.EAGAIN, errno.ENOBUFS, errno.EBADF):
                break
            elif messages[at] > 1:
                # A way that cannot cut up: from now on each by itself.
                self._joins = False
                left = [each for each in datagrams if self._fits(*each)][sum(messages[:at]) :]
                return sent + self.send(fileno, left)
            else:
                at += 1
        return sent

    def _fits(self, payload: bytes, peer: bytes) -> bool:
        return len(payload) <= DATAGRAM_OCTETS_MAX and len(peer) == self._peer_octets

    def _laid_out(self, datagrams: list[Datagram]) -> list[int]:
        """How many datagrams each message of the slots is."""
        slots, width = self._outgoing, DATAGRAM_OCTETS_MAX
        payloads, lengths = slots.payload_view, slots.payload_lengths
        messages: list[int] = []
        joined, joined_octets, joined_peer = 0, 0, b""
        count = 0
        for payload, peer in datagrams:
            if not self._fits(payload, peer):
                continue
            length = len(payload)
            payloads[count * width : count * width + length] = payload
            lengths[count] = length
            if length == joined_octets and peer == joined_peer:
                joined += 1
            else:
                if joined:
                    slots.finish(len(messages), joined, joined_octets)
                    messages.append(joined)
                slots.begin(len(messages), count, peer)
                joins = self._joins and 0 < length <= JOINED_OCTETS_MAX
                joined, joined_octets, joined_peer = 1, length if joins else -1, peer
            count += 1
        if joined:
            slots.finish(len(messages), joined, joined_octets)
            messages.append(joined)
        return messages


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
    """`struct mmsghdr`: one message of a batch, with the length that was received."""

    _fields_ = (("message", _Message), ("received_length", ctypes.c_uint32))


class _Control(ctypes.Structure):
    """`struct cmsghdr` with the octets of each segment."""

    _fields_ = (
        ("length", ctypes.c_size_t),
        ("level", ctypes.c_int),
        ("kind", ctypes.c_int),
        ("segment_octets", ctypes.c_uint16),
    )


HEADER_OCTETS: Final = ctypes.sizeof(_MessageHeader)
VECTOR_OCTETS: Final = ctypes.sizeof(_IoVector)
HEADER_WORDS: Final = HEADER_OCTETS // 8
VECTOR_WORD: Final = _Message.vector.offset // 8
VECTOR_LENGTH_WORD: Final = _Message.vector_length.offset // 8
CONTROL_LENGTH_WORD: Final = _Message.control_length.offset // 8


class _Slots:
    """64 datagrams' worth of memory. A slice of `payloads` or `peers` is bytes."""

    def __init__(self, peer_octets: int) -> None:
        self._peer_octets = peer_octets
        self.payloads: Any = (ctypes.c_char * (BATCH_DATAGRAMS * DATAGRAM_OCTETS_MAX))()
        self.peers: Any = (ctypes.c_char * (BATCH_DATAGRAMS * peer_octets))()
        self._vectors = (_IoVector * BATCH_DATAGRAMS)()
        self._headers = (_MessageHeader * BATCH_DATAGRAMS)()
        self._controls = (_Control * BATCH_DATAGRAMS)()
        for index in range(BATCH_DATAGRAMS):
            vector, header = self._vectors[index], self._headers[index].message
            vector.base = ctypes.addressof(self.payloads) + index * DATAGRAM_OCTETS_MAX
            vector.length = DATAGRAM_OCTETS_MAX
            header.name = ctypes.addressof(self.peers) + index * peer_octets
            header.name_length = peer_octets
            header.vector = ctypes.addressof(vector)
            header.vector_length = 1
            control = self._controls[index]
            control.length = _Control.segment_octets.offset + 2
            control.level, control.kind = socket.IPPROTO_UDP, UDP_SEGMENT
        self.headers_address = ctypes.addressof(self._headers)
        self._vectors_address = ctypes.addressof(self._vectors)
        self._controls_address = ctypes.addressof(self._controls)
        self._header_words = memoryview(self._headers).cast("B").cast("Q")
        words = memoryview(self._headers).cast("B").cast("I")
        self.received_lengths = words[
            _MessageHeader.received_length.offset // words.itemsize :: HEADER_OCTETS
            // words.itemsize
        ]
        self.payload_lengths = memoryview(self._vectors).cast("B").cast("Q")[1::2]
        self.payload_view = memoryview(self.payloads).cast("B")
        self._peer_view = memoryview(self.peers).cast("B")

    def begin(self, message: int, datagram: int, peer: bytes) -> None:
        """Message number `message` begins with the payload of slot `datagram`."""
        octets = self._peer_octets
        self._peer_view[message * octets : (message + 1) * octets] = peer
        word = message * HEADER_WORDS + VECTOR_WORD
        self._header_words[word] = self._vectors_address + datagram * VECTOR_OCTETS

    def finish(self, message: int, datagrams: int, segment_octets: int) -> None:
        """It ends after so many payloads."""
        words, base = self._header_words, message * HEADER_WORDS
        words[base + VECTOR_LENGTH_WORD] = datagrams
        if datagrams == 1:
            words[base + CONTROL_LENGTH_WORD] = 0
            return
        control = self._controls[message]
        control.segment_octets = segment_octets
        self._headers[message].message.control = self._controls_address + message * CONTROL_OCTETS
        words[base + CONTROL_LENGTH_WORD] = CONTROL_OCTETS
