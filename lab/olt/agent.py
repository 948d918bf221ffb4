"""The agent on its socket: it answers, counts who asks how much, and misbehaves on demand."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Final

from lab.olt import wire
from lab.olt.faults import NONE, Delivery, Faults
from lab.olt.responder import USUAL, Limits, respond
from lab.olt.view import View
from lab.olt.wire import Malformed, Pdu, Request

__all__ = ["Agent"]

RATE_WINDOW_SECONDS: Final = 1.0
TRUNCATED_VARBINDS: Final = 3
"""A truncated answer ends here, which is in mid row for any number of columns but 1 and 3."""

Address = tuple[str | Any, int]


class Agent(asyncio.DatagramProtocol):
    """An SNMPv2c agent; `async with` binds and closes it.

    `view` is asked for at every request, so that it may change. `counts`: requests, get, get_next,
    get_bulk, set, varbinds, malformed, wrong_community. `outstanding_max` is the most requests that
    waited for their answer at once, `rate_max` the most within one second.
    """

    def __init__(
        self,
        view: Callable[[], View],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        community: str = "public",
        limits: Limits = USUAL,
        faults: Faults = NONE,
        seed: int = 0,
    ) -> None:
        self.host, self.port = host, port
        self.community = community.encode()
        self.limits, self.faults = limits, faults
        self.counts: Counter[str] = Counter()
        self.outstanding = self.outstanding_max = self.rate_max = 0
        self._view = view
        self._random = Random(seed)
        self._recent: deque[float] = deque()
        self._sending: set[asyncio.TimerHandle] = set()
        self._transport: asyncio.DatagramTransport | None = None
        self._elsewhere: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> "Agent":
        loop = asyncio.get_running_loop()
        where = (self.host, self.port)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=where)
        self.port = self._transport.get_extra_info("sockname")[1]
        self._elsewhere, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(self.host, 0)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        for sending in self._sending:
            sending.cancel()
        for transport in (self._transport, self._elsewhere):
            if transport is not None:
                transport.close()
        await asyncio.sleep(0)  # the transports close on the loop's next turn

    def send(self, datagram: bytes, to: tuple[str, int]) -> None:
        """A datagram of its own accord: a trap."""
        if self._transport is not None:
            self._transport.sendto(datagram, to)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._count_rate()
        delivery = Delivery.draw(self.faults, self._random)
        try:
            request = wire.decode_request(data)
        except Malformed:
            self.counts["malformed"] += 1
            return
        self.counts["requests"] += 1
        self.counts[request.pdu.name.lower()] += 1
        if request.community != self.community:
            self.counts["wrong_community"] += 1
            return
        if not delivery.copies:
            return
        self._waiting(+1)
        self._later(delivery.after_seconds, lambda: self._answer(request, delivery, addr))

    def _answer(self, request: Request, delivery: Delivery, addr: Address) -> None:
        self._waiting(-1)
        datagram = self._spoiled(request, delivery)
        transport = self._elsewhere if delivery.foreign_port else self._transport
        for _ in range(delivery.copies):
            if transport is not None and not transport.is_closing():
                transport.sendto(datagram, addr)

    def _spoiled(self, request: Request, delivery: Delivery) -> bytes:
        limits = self.limits
        if delivery.too_big:
            limits = replace(limits, octets_max=0, bulk_too_big=True)
        elif delivery.truncated and request.pdu is Pdu.GET_BULK:
            limits = replace(limits, varbinds_max=TRUNCATED_VARBINDS)
        if delivery.wrong_request_id:
            request = replace(request, request_id=request.request_id ^ 1)
        if delivery.non_increasing and request.pdu is not Pdu.GET:
            same = (wire.varbind(wire.encode_oid(oid), wire.integer(0)) for oid in request.oids)
            return wire.encode_response(request, b"".join(same))
        datagram = respond(request, self._view(), limits)
        return datagram[: len(datagram) // 2] if delivery.broken else datagram

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        if not seconds:
            do()
            return

        def run() -> None:
            self._sending.discard(handle)
            do()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._sending.add(handle)

    def _waiting(self, change: int) -> None:
        self.outstanding += change
        self.outstanding_max = max(self.outstanding_max, self.outstanding)

    def _count_rate(self) -> None:
        now = asyncio.get_running_loop().time()
        self._recent.append(now)
        while now - self._recent[0] > RATE_WINDOW_SECONDS:
            self._recent.popleft()
        self.rate_max = max(self.rate_max, len(self._recent))
