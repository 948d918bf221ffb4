"""An SNMP agent as a function of what it holds: right by default, wrong in any way on request."""

import asyncio
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from devices.snmp.ber import (
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    SEQUENCE,
    enclose,
    enter,
    integer,
    oid_octets,
    read_integer,
    read_octets,
)
from devices.snmp.exchange import Address
from devices.snmp.message import GET, GET_BULK, RESPONSE, encode_v2c

__all__ = ["Faults", "ModelAgent", "ModelExchange", "arcs_of"]

UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TIME_TICKS, NO_SUCH_INSTANCE, END_OF_VIEW = 0x43, 0x81, 0x82
TOO_BIG, GENERAL_ERROR = 1, 5

Arcs = tuple[int, ...]


def arcs_of(dotted: str) -> Arcs:
    """`1.3.6` as numbers."""
    return tuple(int(arc) for arc in dotted.split("."))


@dataclass(kw_only=True)
class Faults:
    """What is wrong with an agent and the way to it; probabilities are per datagram."""

    varbinds_max: int = 1000
    too_big_over: int = 1000
    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    foreign: float = 0.0
    general_error: float = 0.0
    untellable: frozenset[Arcs] = frozenset()
    loops_after: int | None = None
    restarts_after: int | None = None
    dead_after: int | None = None
    seconds: float = 0.02


@dataclass(kw_only=True)
class ModelAgent:
    """What the agent holds, as arcs and values; `requests` counts what reached it."""

    cells: Mapping[Arcs, int | bytes]
    faults: Faults = field(default_factory=Faults)
    randomly: random.Random = field(default_factory=lambda: random.Random(0))
    community: bytes = b"public"
    uptime_ticks: int = 1000
    requests: int = 0

    def __post_init__(self) -> None:
        self._order = sorted({*self.cells, UPTIME})

    def answer(self, datagram: bytes) -> bytes | None:
        """The answer, None for silence."""
        at, end = enter(datagram, 0, len(datagram), SEQUENCE)
        _, at = read_integer(datagram, at, end)
        community, at = read_octets(datagram, at, end)
        tag = datagram[at]
        at, end = enter(datagram, at, end, tag)
        number, at = read_integer(datagram, at, end)
        non_repeaters, at = read_integer(datagram, at, end)
        repetitions, at = read_integer(datagram, at, end)
        asked = list(_names(datagram, at, end))
        self.requests += 1
        self.uptime_ticks += 2
        faults = self.faults
        if faults.restarts_after is not None and self.requests == faults.restarts_after:
            self.uptime_ticks = 5
        if community != self.community or self._is_dead():
            return None
        if self.randomly.random() < faults.general_error:
            return self._said(number, GENERAL_ERROR, self.randomly.randrange(len(asked) + 2), [])
        for place, name in enumerate(asked, 1):
            if tag == GET and name in faults.untellable:
                return self._said(number, GENERAL_ERROR, place, [])
        if tag == GET:
            rows = [(name, self._element(name, NO_SUCH_INSTANCE)) for name in asked]
        else:
            assert tag == GET_BULK
            rows = [self._next(name) for name in asked[:non_repeaters]]
            rows += self._repeated(asked[non_repeaters:], repetitions)
        if len(rows) > faults.too_big_over:
            return self._said(number, TOO_BIG, 0, [])
        return self._said(number, 0, 0, rows[: faults.varbinds_max])

    def _is_dead(self) -> bool:
        return self.faults.dead_after is not None and self.requests > self.faults.dead_after

    def _repeated(self, names: list[Arcs], repetitions: int) -> list[tuple[Arcs, bytes]]:
        rows = []
        for _ in range(repetitions):
            found = [self._next(name) for name in names]
            rows += found
            names = [name for name, _ in found]
        return rows

    def _next(self, name: Arcs) -> tuple[Arcs, bytes]:
        at = bisect_right(self._order, name)
        if self.faults.loops_after is not None and at > self.faults.loops_after:
            at = max(0, at - 3)
        if at == len(self._order):
            return name, enclose(END_OF_VIEW)
        return self._order[at], self._element(self._order[at], END_OF_VIEW)

    def _element(self, name: Arcs, absent: int) -> bytes:
        if name == UPTIME:
            return enclose(TIME_TICKS, self.uptime_ticks.to_bytes(5, "big"))
        value = self.cells.get(name)
        if value is None:
            return enclose(absent)
        return integer(value) if isinstance(value, int) else enclose(OCTET_STRING, value)

    def _said(self, number: int, status: int, index: int, rows: list[tuple[Arcs, bytes]]) -> bytes:
        varbinds = [
            enclose(SEQUENCE, enclose(OID, oid_octets(".".join(map(str, name)))), element)
            for name, element in rows
        ]
        pdu = enclose(
            RESPONSE, integer(number), integer(status), integer(index), enclose(SEQUENCE, *varbinds)
        )
        return encode_v2c(self.community, pdu)


def _names(data: bytes, at: int, end: int):
    at, end = enter(data, at, end, SEQUENCE)
    while at < end:
        inner, at = enter(data, at, end, SEQUENCE)
        start, stop = enter(data, inner, at, OID)
        assert data[stop] in (NULL, INTEGER)
        yield _whole_arcs(data[start:stop])


def _whole_arcs(octets: bytes) -> Arcs:
    found: list[int] = []
    arc = 0
    for octet in octets:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            found.append(arc)
            arc = 0
    first = min(found[0] // 40, 2)
    return (first, found[0] - first * 40, *found[1:])


class ModelExchange:
    """The way to model agents, in the place of `devices.snmp.exchange.Exchange`."""

    def __init__(self, agents: Mapping[str, ModelAgent]) -> None:
        self.agents = agents
        self.sent: list[tuple[float, str]] = []
        self.outstanding_max = 0
        self._outstanding: dict[Address, int] = {}
        self._receivers: dict[Address, Callable[[bytes], None]] = {}
        self._kept: list[bytes] = []

    async def resolve(self, host: str, port: int) -> Address:
        return host, port

    def join(self, address: Address, receive: Callable[[bytes], None]) -> None:
        self._receivers[address] = receive

    def leave(self, address: Address, receive: Callable[[bytes], None]) -> None:
        assert self._receivers.pop(address) == receive

    async def close(self) -> None:
        return None

    def send(self, datagram: bytes, address: Address) -> None:
        loop = asyncio.get_running_loop()
        agent = self.agents[address[0]]
        self.sent.append((loop.time(), address[0]))
        faults, chance = agent.faults, agent.randomly.random
        answer = agent.answer(datagram)
        if answer is None or chance() < faults.lost:
            return
        if chance() < faults.late:
            self._kept.append(answer)
            return
        self._count(address, 1)
        loop.call_later(faults.seconds, self._deliver, address, answer)
        if chance() < faults.doubled:
            loop.call_later(faults.seconds * 1.5, self._hand_over, address, answer)
        if self._kept and chance() < 0.5:
            loop.call_later(faults.seconds / 2, self._hand_over, address, self._kept.pop())
        if chance() < faults.foreign:
            foreign = answer.replace(b"public", b"secret")
            loop.call_later(faults.seconds / 2, self._hand_over, address, foreign)

    def _deliver(self, address: Address, answer: bytes) -> None:
        self._count(address, -1)
        self._hand_over(address, answer)

    def _hand_over(self, address: Address, answer: bytes) -> None:
        if address in self._receivers:
            self._receivers[address](answer)

    def _count(self, address: Address, more: int) -> None:
        self._outstanding[address] = self._outstanding.get(address, 0) + more
        self.outstanding_max = max(self.outstanding_max, self._outstanding[address])
