"""A small provider in the database, and a radiusd on real sockets that serves it."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from chassis.processes import Processes, Program
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from database.connect import Database, Role
from database.tables.network import lease, nas_drop, pool, unknown_nas
from database.tables.sessions import auth_attempt, session_live
from database.tables.subscribers import (
    plan,
    plan_version,
    service,
    service_identifier,
    subscriber,
)
from isp.nas import MessageAuthenticatorPolicy, Nas, Vendor
from isp.sealed import Sealed
from operations import entitlement
from operations import nas as nases
from radius import numbers, wire
from radius.packet import Code
from tests.support.ports import free_port

__all__ = ["PASSWORD", "SECRET", "Client", "Provider", "running_radiusd"]

SECRET = b"a shared secret of 32 octets...."
ACTOR = "test"
READY_SECONDS_MAX = 120.0
ANSWER_SECONDS_MAX = 20.0
PASSWORD = "opensesame"


@dataclass
class Provider:
    """Writes what the tests begin from."""

    config: DatabaseConfig
    tenant_id: int
    keys: KeyRing = field(init=False)
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.keys = KeyRing.load_or_create(self.config.key_ring)
        self.database = Database(self.config, Role.COMMAND)
        self.clock = SystemClock()

    async def nas(
        self,
        address: str = "127.0.0.1",
        *,
        name: str = "bras",
        vendor: Vendor = Vendor.GENERIC,
        policy: MessageAuthenticatorPolicy = MessageAuthenticatorPolicy.LEARN,
        nas_identifier: str | None = None,
    ) -> Nas:
        async with self.database.transaction(self.tenant_id) as transaction:
            return await nases.add(
                transaction,
                name=name,
                address=address,
                secret=Secret(SECRET.decode()),
                keys=self.keys,
                nas_identifier=nas_identifier,
                vendor=vendor,
                message_authenticator=policy,
                actor=ACTOR,
                now=self.clock.now(),
            )

    async def plan(self, name: str = "gold", **terms: Any) -> int:
        """A plan's first version; returns its key."""
        async with self.database.transaction(self.tenant_id) as transaction:
            plan_id = await transaction.scalar(
                insert(plan).values(tenant_id=self.tenant_id, name=name).returning(plan.c.plan_id)
            )
            version = {
                "tenant_id": self.tenant_id,
                "plan_id": plan_id,
                "version": 1,
                "valid_from": date(2020, 1, 1),
                "price": 10,
                "currency": "USD",
                "down_kbps": 100_000,
                "up_kbps": 20_000,
            }
            return await transaction.scalar(
                insert(plan_version)
                .values(version | terms)
                .returning(plan_version.c.plan_version_id)
            )

    async def services(
        self,
        plan_version_id: int,
        *logins: str,
        password: str | None = PASSWORD,
        macs: tuple[str, ...] = (),
    ) -> list[int]:
        """Active services with that login and password; their keys."""
        now = self.clock.now()
        async with self.database.transaction(self.tenant_id) as transaction:
            payers = await transaction.scalars(
                insert(subscriber).returning(
                    subscriber.c.subscriber_id, sort_by_parameter_order=True
                ),
                [
                    {"tenant_id": self.tenant_id, "reference": login, "currency": "USD"}
                    for login in logins
                ],
            )
            subscriber_ids = payers.all()
            made = await transaction.scalars(
                insert(service).returning(service.c.service_id, sort_by_parameter_order=True),
                [
                    {
                        "tenant_id": self.tenant_id,
                        "subscriber_id": subscriber_id,
                        "name": login,
                        "plan_version_id": plan_version_id,
                        "started_on": date(2020, 1, 1),
                    }
                    for subscriber_id, login in zip(subscriber_ids, logins, strict=True)
                ],
            )
            service_ids = list(made.all())
            rows = [
                {
                    "tenant_id": self.tenant_id,
                    "subscriber_id": subscriber_id,
                    "service_id": service_id,
                    "kind": "login",
                    "value": login,
                    "password_form": None if password is None else "clear",
                    "password_sealed": None
                    if password is None
                    else self.keys.seal(password.encode(), Sealed.SERVICE_PASSWORD),
                }
                for subscriber_id, service_id, login in zip(
                    subscriber_ids, service_ids, logins, strict=True
                )
            ]
            for row, mac in zip(tuple(rows), macs, strict=False):
                rows.append(
                    row
                    | {"kind": "mac", "value": mac, "password_form": None, "password_sealed": None}
                )
            await transaction.execute(insert(service_identifier), rows)
            await entitlement.rewrite(transaction, service_ids, now)
        return service_ids

    async def pool(self, name: str, network: str, *, kind: str = "ipv4", length: int = 32) -> None:
        async with self.database.transaction(self.tenant_id) as transaction:
            await transaction.execute(
                insert(pool).values(
                    tenant_id=self.tenant_id,
                    name=name,
                    kind=kind,
                    network=network,
                    prefix_length=length,
                )
            )

    async def leases(self) -> dict[int, str]:
        """The address of each service that has one."""
        async with self.database.transaction(self.tenant_id) as transaction:
            rows = await transaction.execute(
                select(lease.c.service_id, lease.c.address).where(lease.c.removed_at.is_(None))
            )
            return {row.service_id: str(row.address) for row in rows}

    async def attempts(self) -> list[Any]:
        async with self.database.transaction(self.tenant_id) as transaction:
            return list((await transaction.execute(select(auth_attempt))).all())

    async def strangers_and_drops(self) -> tuple[list[tuple[str, str, int]], dict[str, int]]:
        async with self.database.transaction(self.tenant_id) as transaction:
            strangers = await transaction.execute(select(unknown_nas))
            listed = [(str(row.address), str(row.nas_identifier), row.packets) for row in strangers]
            drops = await transaction.execute(select(nas_drop))
            return listed, {row.reason: row.packets for row in drops}

    async def live_sessions(self) -> list[tuple[str, str, int]]:
        """Login, Acct-Session-Id and the version that its Class grants."""
        async with self.database.transaction(self.tenant_id) as transaction:
            rows = await transaction.execute(select(session_live))
            return [(row.login, row.acct_session_id, row.granted_version) for row in rows]

    async def rename(self, service_id: int, login: str) -> None:
        async with self.database.transaction(self.tenant_id) as transaction:
            await transaction.execute(
                update(service_identifier)
                .where(service_identifier.c.service_id == service_id)
                .values(value=login)
            )

    async def close(self) -> None:
        await self.database.close()


class Client:
    """A NAS's socket: asks, and waits for the answer."""

    def __init__(self, auth_port: int, acct_port: int, source: str = "127.0.0.1") -> None:
        self.ports = {Code.ACCESS_REQUEST: auth_port, Code.ACCOUNTING_REQUEST: acct_port}
        self.auth_port = auth_port
        self.acct_port = acct_port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.setblocking(False)
        self.identifier = 0

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.socket.close()

    async def exchange(
        self, datagram: bytes, port: int | None = None, *, seconds: float = ANSWER_SECONDS_MAX
    ) -> bytes | None:
        """The answer, or None where none comes in time."""
        loop = asyncio.get_running_loop()
        self.socket.sendto(datagram, ("127.0.0.1", port or self.auth_port))
        try:
            async with asyncio.timeout(seconds):
                return await loop.sock_recv(self.socket, 4096)
        except TimeoutError:
            return None

    def access_request(
        self, login: str, password: str = PASSWORD, *, extra: bytes = b"", signed: bool = True
    ) -> bytes:
        self.identifier = (self.identifier + 1) % 256
        authenticator = os.urandom(16)
        attributes = (
            wire.attribute(numbers.USER_NAME, login.encode())
            + wire.attribute(
                numbers.USER_PASSWORD,
                wire.hide_password(password.encode(), authenticator, SECRET),
            )
            + extra
        )
        if signed:
            return wire.build_access_request(self.identifier, authenticator, attributes, SECRET)
        length = wire.HEADER_OCTETS + len(attributes)
        header = bytes((1, self.identifier, length >> 8, length & 255))
        return header + authenticator + attributes

    async def login(
        self,
        login: str,
        password: str = PASSWORD,
        *,
        seconds: float = ANSWER_SECONDS_MAX,
        **how: Any,
    ) -> wire.Frame | None:
        """The frame of the answer, its authenticator checked; None for silence."""
        request = self.access_request(login, password, **how)
        answer = await self.exchange(request, seconds=seconds)
        if answer is None:
            return None
        frame = wire.split(answer)
        assert wire.verify_response_authenticator(answer, frame, SECRET, request[4:20])
        assert wire.verify_message_authenticator(answer, frame, SECRET, request[4:20])
        return frame


@dataclass(frozen=True)
class Radiusd:
    """A running radiusd."""

    auth_port: int
    acct_port: int
    lines: list[str]
    processes: Processes

    def worker_pids(self) -> list[int]:
        """The processes of its workers."""
        keeper = self.processes.pids()["radiusd"]
        return [
            int(path.name)
            for path in Path("/proc").iterdir()
            if path.name.isdigit() and _parent_of(path) == keeper
        ]

    def client(self, source: str = "127.0.0.1") -> Client:
        return Client(self.auth_port, self.acct_port, source)


def _parent_of(process: Path) -> int:
    try:
        status = (process / "stat").read_text()
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])


@asynccontextmanager
async def running_radiusd(
    config: DatabaseConfig, directory: Path, *, workers: int = 1, **keys: Any
) -> AsyncIterator[Radiusd]:
    """The daemon as `turnpike up` runs it: keeper and workers, ready."""
    auth_port, acct_port = free_port(), free_port()
    assert config.url is not None
    table = {
        "auth_port": auth_port,
        "acct_port": acct_port,
        "workers": workers,
        "reject_delay_seconds": 0,
    } | keys
    lines = [
        "[chassis]",
        "health_port_base = 0",
        "[database]",
        f'url = "{config.url.reveal()}"',
        f'data = "{config.data}"',
        f'password_file = "{config.password_file}"',
        "[radiusd]",
        *(f"{key} = {value}" for key, value in table.items()),
    ]
    path = directory / "turnpike.toml"
    path.write_text("\n".join(lines))
    output: list[str] = []
    processes = Processes(output=output.append)
    processes.start(
        Program(name="radiusd", command=(sys.executable, "-m", "radiusd", "--config", str(path)))
    )
    try:
        late = await processes.wait_ready(seconds_max=READY_SECONDS_MAX)
        assert () == late, "\n".join(output)
        yield Radiusd(auth_port, acct_port, output, processes)
    finally:
        await processes.stop()
