"""A closed-loop generator: so many requests in flight, the next one when an answer is in.

A request without an answer is sent again, the same octets, until its tries are used up.
"""

import select
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from chassis.clock import Clock
from chassis.datagrams import Datagram, DatagramSocket, bind_datagram_socket, peer_of
from radius import wire
from radius.malformed import MalformedPacketError
from turnpike.load.packets import Slots

__all__ = ["LoadResult", "generate"]

RETRANSMIT_SECONDS = 1.0  # a MikroTik waits 1.1 s by default
TRIES_MAX = 5
PROGRESS_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadResult:
    """What came back: `codes` counts answers by RADIUS code, latencies are of first tries.

    `answers` has each request's, None where there was none.
    """

    requests: int
    seconds: float
    codes: dict[int, int]
    retransmitted: int
    unanswered: int
    wrong_authenticators: int
    latency_p50_ms: float
    latency_p99_ms: float
    answers: tuple[bytes | None, ...] = field(repr=False)

    @property
    def per_second(self) -> float:
        """Answered requests a second."""
        return sum(self.codes.values()) / self.seconds if self.seconds else 0.0


def generate(
    requests: Sequence[bytes],
    *,
    host: str,
    port: int,
    secret: bytes,
    slots: Slots,
    clock: Clock,
    source: str = "127.0.0.1",
    progress: Callable[[int], None] | None = None,
) -> LoadResult:
    """Send the requests to `host:port` and wait for every answer; then check each answer.

    `progress` is told how many are answered, a few times a second.
    """
    with ExitStack() as stack:
        sockets = [
            DatagramSocket(stack.enter_context(bind_datagram_socket(source, 0)), joins=False)
            for _ in range(slots.sockets)
        ]
        run = _Run(requests, sockets, peer_of(host, port), secret, slots, clock)
        run.until_done(progress)
    return run.result()


class _Run:
    """One run; slot `n` sends the requests `n`, `n + concurrency`, … one after the other."""

    def __init__(
        self,
        requests: Sequence[bytes],
        sockets: list[DatagramSocket],
        peer: bytes,
        secret: bytes,
        slots: Slots,
        clock: Clock,
    ) -> None:
        self.requests = requests
        self.sockets = sockets
        self.peer = peer
        self.secret = secret
        self.slots = slots
        self.clock = clock
        self.current = list(range(min(slots.concurrency, len(requests))))
        self.sent_at = [0.0] * len(self.current)
        self.tries = [1] * len(self.current)
        self.waiting = set(self.current)
        self.repeated: set[int] = set()
        self.answers: list[bytes | None] = [None] * len(requests)
        self.latencies: list[float] = []
        self.retransmitted = 0
        self.answered = 0
        self.seconds = 0.0

    def until_done(self, progress: Callable[[int], None] | None) -> None:
        poller = select.epoll()
        with poller:
            for index, each in enumerate(self.sockets):
                poller.register(each.fileno(), select.EPOLLIN)
                self._send_first(index, each)
            by_fileno = {each.fileno(): index for index, each in enumerate(self.sockets)}
            started = next_look = self.clock.monotonic()
            while self.waiting:
                for fileno, _ in poller.poll(PROGRESS_SECONDS):
                    index = by_fileno[fileno]
                    self._answer(index, self.sockets[index].receive_batch())
                now = self.clock.monotonic()
                if now >= next_look:
                    next_look = now + PROGRESS_SECONDS
                    self._retransmit(now)
                    if progress:
                        progress(self.answered)
            self.seconds = self.clock.monotonic() - started

    def result(self) -> LoadResult:
        codes: Counter[int] = Counter()
        wrong = 0
        for request, answer in zip(self.requests, self.answers, strict=True):
            if answer is None:
                continue
            codes[answer[0]] += 1
            wrong += not self._is_answer(request, answer)
        ordered = sorted(self.latencies) or [0.0]
        return LoadResult(
            requests=len(self.requests),
            seconds=self.seconds,
            codes=dict(codes),
            retransmitted=self.retransmitted,
            unanswered=len(self.requests) - self.answered,
            wrong_authenticators=wrong,
            latency_p50_ms=ordered[len(ordered) // 2] * 1000,
            latency_p99_ms=ordered[len(ordered) * 99 // 100] * 1000,
            answers=tuple(self.answers),
        )

    def _send_first(self, index: int, each: DatagramSocket) -> None:
        now = self.clock.monotonic()
        mine = range(index, len(self.current), self.slots.sockets)
        for slot in mine:
            self.sent_at[slot] = now
        each.send_batch([(self.requests[slot], self.peer) for slot in mine])

    def _answer(self, index: int, received: list[Datagram]) -> None:
        """Note the answers of one socket and send what is next in their slots."""
        now = self.clock.monotonic()
        following: list[tuple[bytes, bytes]] = []
        for payload, _ in received:
            if len(payload) < wire.HEADER_OCTETS:
                continue
            slot = payload[1] * self.slots.sockets + index
            if slot not in self.waiting:
                continue
            request = self.current[slot]
            if self.answers[request] is not None:
                continue
            if slot in self.repeated and not self._is_answer(self.requests[request], payload):
                continue  # to the copy of an earlier one
            self.answers[request] = payload
            self.answered += 1
            if self.tries[slot] == 1:
                self.latencies.append(now - self.sent_at[slot])
            self._next(slot, now, following)
        if following:
            self.sockets[index].send_batch(following)

    def _is_answer(self, request: bytes, answer: bytes) -> bool:
        try:
            frame = wire.split(answer)
        except MalformedPacketError:
            return False
        return wire.verify_response_authenticator(answer, frame, self.secret, request[4:20])

    def _next(self, slot: int, now: float, following: list[tuple[bytes, bytes]]) -> None:
        request = self.current[slot] + self.slots.concurrency
        if request >= len(self.requests):
            self.waiting.discard(slot)
            return
        self.current[slot] = request
        self.sent_at[slot] = now
        self.tries[slot] = 1
        following.append((self.requests[request], self.peer))

    def _retransmit(self, now: float) -> None:
        for slot in list(self.waiting):
            if now - self.sent_at[slot] < RETRANSMIT_SECONDS:
                continue
            index = slot % self.slots.sockets
            following: list[tuple[bytes, bytes]] = []
            self.sent_at[slot] = now
            if self.tries[slot] >= TRIES_MAX:
                self._next(slot, now, following)
            else:
                self.tries[slot] += 1
                self.repeated.add(slot)
                self.retransmitted += 1
                following.append((self.requests[self.current[slot]], self.peer))
            self.sockets[index].send_batch(following)
