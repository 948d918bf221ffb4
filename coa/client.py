"""Sends CoA- and Disconnect-Requests and finds the answers (RFC 5176, RFC 5080 §2.2.1)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast

from chassis.clock import Clock
from chassis.secrets import Secret
from coa import metrics
from coa.identifiers import Identifiers, Slot
from radius import integrity, numbers, wire
from radius.malformed import MalformedPacketError
from radius.packet import Attribute, Code
from radius.retransmission import Schedule, waits

__all__ = ["Answer", "Client", "Destination"]

ANSWERS = {
    Code.DISCONNECT_REQUEST: (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK),
    Code.COA_REQUEST: (Code.COA_ACK, Code.COA_NAK),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """A NAS's dynamic authorization port; `host` is an address in its shortest form.

    `secrets`: the one it has, and while that is being changed the one before.
    """

    name: str
    host: str
    port: int
    secrets: tuple[Secret[bytes], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: the packet's code and Error-Cause, None for silence, after `tries` sendings.

    `seconds` from the first sending to the answer, or to giving up.
    """

    code: int | None
    error_cause: int | None
    tries: int
    seconds: float


class _Outstanding:
    """A request that was sent, and its answer once it came."""

    def __init__(self, datagram: bytes, secret: Secret[bytes], expected: tuple[Code, ...]) -> None:
        self.datagram = datagram
        self.secret = secret
        self.expected = expected
        self.answer: wire.Frame | None = None
        self.answered = asyncio.Event()

    def take(self, frame: wire.Frame) -> None:
        self.answer = frame
        self.answered.set()


class Client:
    """Requests to many NASes from shared source ports, opened as they are needed.

    `source` is the address that the NASes allow requests from, None leaves it to the routes.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        random: Callable[[], float],
        source: str | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self._clock = clock
        self._random = random
        self._source = source
        self._schedule = schedule or Schedule()
        self._ports: dict[tuple[bool, int], _Port] = {}
        self._identifiers: dict[tuple[str, int], Identifiers] = {}
        self._opening = asyncio.Lock()

    async def request(
        self,
        destination: Destination,
        secret: Secret[bytes],
        code: Code,
        attributes: tuple[Attribute, ...],
    ) -> Answer:
        """Send until it is answered or the schedule ends; the same octets each time.

        Event-Timestamp and Message-Authenticator are added here. Raises OSError where no socket
        can be opened.
        """
        at = (destination.host, destination.port)
        identifiers = self._identifiers.setdefault(at, Identifiers())
        slot = identifiers.take(self._clock.monotonic())
        if slot is None:
            return Answer(code=None, error_cause=None, tries=0, seconds=0.0)
        try:
            port = await self._port(destination.host, slot)
            body = b"".join(wire.attribute(each.type, each.value) for each in attributes)
            stamp = int(self._clock.now().timestamp()).to_bytes(4, "big")
            body += wire.attribute(numbers.EVENT_TIMESTAMP, stamp)
            datagram = wire.build_request(code, slot.identifier, body, secret.reveal(), signed=True)
            return await self._exchange(
                port, destination, _Outstanding(datagram, secret, ANSWERS[code])
            )
        finally:
            identifiers.give_back(slot, self._clock.monotonic())

    async def close(self) -> None:
        """Close the source ports; what is outstanding gets no answer."""
        for port in self._ports.values():
            port.close()
        self._ports.clear()
        await asyncio.sleep(0)  # the loop closes transports on its next turn

    async def _port(self, host: str, slot: Slot) -> "_Port":
        """The source port of that number, of the family of `host`."""
        six = ip_address(host).version == 6
        async with self._opening:
            port = self._ports.get((six, slot.port))
            if port is None:
                local = self._source or ("::" if six else "0.0.0.0")
                loop = asyncio.get_running_loop()
                _, port = await loop.create_datagram_endpoint(_Port, local_addr=(local, 0))
                self._ports[six, slot.port] = port
        return port

    async def _exchange(
        self, port: "_Port", destination: Destination, sent: "_Outstanding"
    ) -> Answer:
        loop = asyncio.get_running_loop()
        key = (destination.host, destination.port, sent.datagram[1])
        port.outstanding[key] = sent
        began = loop.time()
        tries = 0
        try:
            for wait in waits(self._schedule, self._random):
                if tries:
                    metrics.retransmissions.add(destination.name)
                tries += 1
                port.send(sent.datagram, (destination.host, destination.port))
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await sent.answered.wait()
                if sent.answer is not None:
                    break
        finally:
            del port.outstanding[key]
        seconds = loop.time() - began
        if sent.answer is None:
            return Answer(code=None, error_cause=None, tries=tries, seconds=seconds)
        metrics.answer_seconds.observe(seconds, destination.name)
        return Answer(
            code=sent.answer.code,
            error_cause=_error_cause(sent.answer),
            tries=tries,
            seconds=seconds,
        )


class _Port(asyncio.DatagramProtocol):
    """One source port: at most 256 requests outstanding to each NAS, one for each Identifier."""

    def __init__(self) -> None:
        self.outstanding: dict[tuple[str, int, int], _Outstanding] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def send(self, datagram: bytes, to: tuple[str, int]) -> None:
        """Hand a datagram to the kernel; one that it refuses counts as lost."""
        if self._transport is not None:
            self._transport.sendto(datagram, to)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """The answer to something outstanding, if everything about it is right."""
        try:
            frame = wire.split(data)
        except MalformedPacketError as malformed:
            metrics.replies_dropped.add(malformed.reason.value)
            return
        outstanding = self.outstanding.get((addr[0], addr[1], frame.identifier))
        if outstanding is None:
            metrics.replies_dropped.add("not_outstanding")
            return
        if frame.code not in outstanding.expected:
            metrics.replies_dropped.add("unexpected_code")
            return
        verdict = integrity.check_reply(
            data,
            frame,
            outstanding.secret.reveal(),
            outstanding.datagram[4:20],
            signature_required=False,
        )
        if verdict is not integrity.Verdict.VALID:
            metrics.replies_dropped.add(verdict.value)
        else:
            outstanding.take(frame)

    def error_received(self, _: Exception) -> None:
        """An ICMP error, which anyone can send: no reason to stop waiting (RFC 5927 §4)."""
        metrics.replies_dropped.add("icmp_error")


def _error_cause(frame: wire.Frame) -> int | None:
    """Error-Cause (RFC 5176 §3.5); None where there is none of four octets."""
    for kind, value in frame.attributes:
        if kind == numbers.ERROR_CAUSE and len(value) == 4:
            return int.from_bytes(value, "big")
    return None
