"""Traps and syslog heard on sockets: hints that a device is worth an early look, nothing else."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, cast

from chassis.log import get_logger
from chassis.sealing import KeyRing, SealBroken
from collectors import metrics
from collectors.store import senders as store
from collectors.syslog import MalformedSyslog, decode_syslog
from collectors.traps import MalformedMessage, decode_trap
from database.connect import Database
from devices.credentials import open_credentials
from devices.snmp.usm_keys import Keys, master_keys
from isp.errors import ExitCode, Refused

__all__ = ["Hearing"]

HINTS_PER_SECOND_MAX: Final = 500
"""Beyond this a flood costs more than it tells; an OLT that loses a card sends some hundreds."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The devices at one address, and the master keys of the users that they have."""

    device_ids: tuple[int, ...]
    users: Mapping[bytes, Keys]


NOBODY: Final = Sender((), {})


@dataclass
class Hearing:
    """Opens sockets where it is told to; knows devices by their addresses."""

    database: Database
    keys: KeyRing
    look_soon: Callable[[int], None]
    _senders: dict[str, Sender] = field(default_factory=dict)
    _users: dict[bytes, Mapping[bytes, Keys]] = field(default_factory=dict)
    _transports: list[asyncio.DatagramTransport] = field(default_factory=list)
    _second: int = 0
    _heard: int = 0

    async def listen(self, *, traps: str, syslog: str) -> tuple[int, ...]:
        """Open a socket for each that is not empty, `ADDRESS:PORT`; the ports. Raises Refused."""
        ports = []
        for what, where in (("trap", traps), ("syslog", syslog)):
            if where:
                ports.append(await self._open(what, where))
        if ports:
            await self.know_senders()
        return tuple(ports)

    async def know_senders(self) -> None:
        """Look up anew which address is which device's."""
        async with self.database.transaction() as transaction:
            devices = await store.devices(transaction)
        self._users = {sealed: self._user(sealed) for _, _, sealed in devices}
        found: dict[str, Sender] = {}
        for device_id, host, sealed in devices:
            for address in await _addresses(host):
                known = found.get(address, NOBODY)
                users = {**known.users, **self._users[sealed]}
                found[address] = Sender((*known.device_ids, device_id), users)
        self._senders = found

    def _user(self, sealed: bytes) -> Mapping[bytes, Keys]:
        """The v3 user in these credentials, if any; its keys cost a millisecond, so made once."""
        if sealed in self._users:
            return self._users[sealed]
        try:
            snmp = open_credentials(sealed, self.keys).snmp
        except SealBroken:
            return {}
        return {snmp.user.encode(): master_keys(snmp)} if snmp is not None and snmp.user else {}

    def close(self) -> None:
        """Hear nothing any more."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def trap(self, datagram: bytes, address: str) -> bytes | None:
        """A datagram on the trap port; what to answer."""
        sender = self._sender("trap", address)
        if sender is None:
            return None
        try:
            trap = decode_trap(datagram, sender.users)
        except MalformedMessage:
            metrics.hints_malformed.add("trap")
            return None
        self._hint(sender)
        return trap.reply

    def syslog(self, datagram: bytes, address: str) -> None:
        """A datagram on the syslog port."""
        sender = self._sender("syslog", address)
        if sender is None:
            return
        try:
            message = decode_syslog(datagram)
        except MalformedSyslog:
            metrics.hints_malformed.add("syslog")
            return
        if message.is_hint:
            self._hint(sender)

    def _sender(self, by: str, address: str) -> Sender | None:
        """Who sent it; nobody where it is no device, or one too many in this second."""
        second = int(asyncio.get_running_loop().time())
        self._heard = self._heard + 1 if second == self._second else 1
        self._second = second
        sender = self._senders.get(address)
        if self._heard > HINTS_PER_SECOND_MAX:
            metrics.hints.add(by, "flood")
            return None
        metrics.hints.add(by, "unknown" if sender is None else "device")
        return sender

    def _hint(self, sender: Sender) -> None:
        for device_id in sender.device_ids:
            self.look_soon(device_id)

    async def _open(self, what: str, where: str) -> int:
        host, _, port = where.rpartition(":")
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Ear(self, what), (host.strip("[]"), int(port))
            )
        except (OSError, ValueError) as error:
            raise Refused(
                f"cannot hear {what} on {where} ({error})",
                remedy="name an address of this machine and a free port above 1023, ADDRESS:PORT",
                exit_code=ExitCode.CONFIGURATION,
            ) from None
        self._transports.append(transport)
        bound = transport.get_extra_info("sockname")
        get_logger("hearing").info("hints_heard", by=what, address=bound[0], port=bound[1])
        return int(bound[1])


class _Ear(asyncio.DatagramProtocol):
    """One socket."""

    def __init__(self, hearing: Hearing, what: str) -> None:
        self._hearing, self._what = hearing, what
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._what == "syslog":
            self._hearing.syslog(data, addr[0])
            return
        reply = self._hearing.trap(data, addr[0])
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


async def _addresses(host: str) -> set[str]:
    try:
        return {str(ip_address(host))}
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError:
        return set()
    return {str(entry[4][0]) for entry in found}
