"""The sockets that SNMP goes through: one for IPv4, one for IPv6, shared by all sessions."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from devices.snmp import metrics

__all__ = ["Address", "Exchange"]

RECEIVE_BUFFER_OCTETS: Final = 4 * 1024 * 1024
"""An answer in flight from each of some thousand devices."""

Address: TypeAlias = tuple[str, int]
Receive: TypeAlias = Callable[[bytes], None]


class Exchange:
    """Sends datagrams, and hands each answer to the sessions of the address it came from."""

    def __init__(self) -> None:
        self._transports: dict[int, asyncio.DatagramTransport] = {}
        self._opening = asyncio.Lock()
        self._sessions: dict[Address, list[Receive]] = {}

    async def resolve(self, host: str, port: int) -> Address:
        """The agent's address, its socket open. Raises OSError where there is none."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, _, _, _, address = found[0]
        async with self._opening:
            if family not in self._transports:
                wildcard = "::" if family == socket.AF_INET6 else "0.0.0.0"
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Inbox(self._receive), local_addr=(wildcard, 0), family=family
                )
                opened = transport.get_extra_info("socket")
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)
                self._transports[family] = transport
        return str(address[0]), int(address[1])

    def join(self, address: Address, receive: Receive) -> None:
        """Hand `receive` what comes from this address."""
        self._sessions.setdefault(address, []).append(receive)

    def leave(self, address: Address, receive: Receive) -> None:
        """No more of it."""
        receivers = self._sessions.get(address, [])
        if receive in receivers:
            receivers.remove(receive)
        if not receivers:
            self._sessions.pop(address, None)

    def send(self, datagram: bytes, address: Address) -> None:
        """Send; what cannot be sent is met with silence, as what is lost on the way."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._transports[family].sendto(datagram, address)

    async def close(self) -> None:
        """Close the sockets."""
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    def _receive(self, datagram: bytes, address: Any) -> None:
        receivers = self._sessions.get(address[:2])
        if not receivers:
            metrics.answers_dropped.add("foreign")
            return
        for receive in receivers:
            receive(datagram)


class _Inbox(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Any], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._receive(data, addr)
