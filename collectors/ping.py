"""Who answers an ICMP echo, and how much is lost.

An unprivileged ping socket where the kernel lets us have one (`net.ipv4.ping_group_range`), a raw
one where we may, else nobody is asked, which says nothing about anybody.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from chassis.clock import Clock
from chassis.log import get_logger
from collectors import metrics
from collectors.echo import answered, echo_request
from collectors.store import pings as store
from collectors.store.pings import Pinged
from database.connect import Database

__all__ = ["Pinger"]

REQUESTS: Final = 5
"""Requests to a device in one turn: one lost is a fifth."""

REQUESTS_APART_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 1.0
REMEMBERED: Final = 20
"""The loss is that of the last four turns."""

SEQUENCES: Final = 0x10000
TOKEN_OCTETS: Final = 16
"""A raw socket hears the replies to other processes' requests too."""

FAMILIES: Final = {
    socket.AF_INET: (4, socket.IPPROTO_ICMP),
    socket.AF_INET6: (6, socket.IPPROTO_ICMPV6),
}


@dataclass
class Pinger:
    """Asks the devices that this process polls."""

    database: Database
    clock: Clock
    devices: Callable[[], Collection[int]]
    _sockets: dict[int, socket.socket | None] = field(default_factory=dict)
    _sent: dict[int, tuple[int, float]] = field(default_factory=dict)
    _last: dict[int, deque[float | None]] = field(default_factory=dict)
    _sequence: int = 0
    _token: bytes = field(default_factory=lambda: os.urandom(TOKEN_OCTETS))

    async def turn(self) -> None:
        """Ask every device some times, and write down who answered."""
        async with self.database.transaction() as transaction:
            hosts = await store.hosts(transaction, self.devices())
        self._last = {each: self._last.get(each, deque(maxlen=REMEMBERED)) for each in hosts}
        addresses = {
            device_id: address
            for device_id, (name, host) in hosts.items()
            if (address := await _address(host)) is not None and self._socket(address[0])
        }
        for _ in range(REQUESTS):
            for device_id, (family, address) in addresses.items():
                self._ask(device_id, family, address)
            await asyncio.sleep(REQUESTS_APART_SECONDS)
        await asyncio.sleep(ANSWER_SECONDS)
        self._give_up()
        now = self.clock.now()
        found = [_pinged(device_id, self._last[device_id]) for device_id in addresses]
        async with self.database.transaction() as transaction:
            await store.write(transaction, found, now)
        for each in found:
            metrics.ping_loss_ratio.set(each.lost / max(each.sent, 1), hosts[each.device_id][0])

    def close(self) -> None:
        """Let go of the sockets."""
        for opened in self._sockets.values():
            if opened is not None:
                asyncio.get_running_loop().remove_reader(opened)
                opened.close()
        self._sockets.clear()

    def _socket(self, family: int) -> socket.socket | None:
        if family not in self._sockets:
            opened = self._sockets[family] = _opened(family)
            if opened is None:
                get_logger("ping").warning("ping_not_permitted", family=FAMILIES[family][0])
            else:
                loop = asyncio.get_running_loop()
                loop.add_reader(opened, self._hear, opened, FAMILIES[family][0])
        return self._sockets[family]

    def _ask(self, device_id: int, family: int, address: str) -> None:
        opened = self._socket(family)
        self._sequence = (self._sequence + 1) % SEQUENCES
        request = echo_request(FAMILIES[family][0], self._sequence, self._token)
        self._sent[self._sequence] = (device_id, asyncio.get_running_loop().time())
        try:
            if opened is not None:
                opened.sendto(request, (address, 0))
        except OSError:
            return  # no way there: it will not be answered

    def _hear(self, opened: socket.socket, version: int) -> None:
        try:
            message = opened.recv(2048)
        except OSError:
            return
        sequence = answered(version, message, self._token)
        if sequence is not None and (asked := self._sent.pop(sequence, None)) is not None:
            device_id, at = asked
            if device_id in self._last:
                self._last[device_id].append(asyncio.get_running_loop().time() - at)

    def _give_up(self) -> None:
        """What was not answered by now is lost."""
        for device_id, _ in self._sent.values():
            if device_id in self._last:
                self._last[device_id].append(None)
        self._sent.clear()


def _opened(family: int) -> socket.socket | None:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            opened = socket.socket(family, kind | socket.SOCK_NONBLOCK, FAMILIES[family][1])
        except OSError:
            continue
        return opened
    return None


async def _address(host: str) -> tuple[int, str] | None:
    """The family and address of a host; None where it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_RAW)
    except OSError:
        return None
    family, _, _, _, address = found[0]
    return (family, str(address[0])) if family in FAMILIES else None


def _pinged(device_id: int, last: Collection[float | None]) -> Pinged:
    times = [seconds for seconds in last if seconds is not None]
    return Pinged(
        device_id=device_id,
        sent=len(last),
        lost=len(last) - len(times),
        round_trip_milliseconds=1000 * sum(times) / len(times) if times else None,
        answered=any(seconds is not None for seconds in list(last)[-REQUESTS:]),
    )
