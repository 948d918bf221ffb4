"""The stage: one Postgres server, the same subscribers for both sides, our radiusd on it."""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path

import psycopg

from bench.freeradius import BenchUser, free_udp_port, load_users
from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from chassis.readiness import Readiness
from chassis.sealing import KeyRing
from chassis.secrets import Secret
from database.address import admin_address
from database.connect import Database, Role
from database.provision import prepare, serving
from operations import nas, plans
from operations.import_rows import ImportFile, ImportRow
from operations.importing import import_file

__all__ = ["SECRET", "Stage", "bench_users", "radiusd", "stage"]

SECRET = "a-secret-of-the-bench-1"
TENANT_ID = 1
READY_SECONDS_MAX = 60.0
FIRST_ADDRESS = int(IPv4Address("100.64.0.1"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """What the sides share: the server's configuration and a database for FreeRADIUS on it."""

    config: DatabaseConfig
    freeradius_dsn: str


def bench_users(count: int) -> list[BenchUser]:
    """The subscribers of both sides."""
    return [
        BenchUser(
            login=f"user{index:05d}",
            password=f"password-{index}",
            ipv4=str(IPv4Address(FIRST_ADDRESS + index)),
        )
        for index in range(count)
    ]


@contextlib.asynccontextmanager
async def stage(directory: Path, users: Sequence[BenchUser]) -> AsyncIterator[Stage]:
    """The embedded server with every durability setting on, and the users on both sides."""
    config = DatabaseConfig(data=directory)
    clock = SystemClock()
    async with serving(config):
        await prepare(config, today=clock.now().date())
        await sell(config, users, clock.now().date())
        dsn = await asyncio.to_thread(freeradius_database, config)
        await asyncio.to_thread(load_users, dsn, users)
        yield Stage(config=config, freeradius_dsn=dsn)


async def sell(config: DatabaseConfig, users: Sequence[BenchUser], today: date) -> None:
    database = Database(config, Role.COMMAND, "bench")
    keys = KeyRing.load_or_create(config.key_ring)
    now = SystemClock().now()
    rows = tuple(
        ImportRow(
            line=line,
            login=user.login,
            plan="bench",
            subscriber=user.login,
            password=Secret(user.password),
            start=today,
            address=IPv4Address(user.ipv4),
        )
        for line, user in enumerate(users, start=2)
    )
    try:
        async with database.transaction(TENANT_ID) as transaction:
            terms = plans.PlanTerms(price=Decimal(25), down_kbps=100_000, up_kbps=20_000)
            await plans.add(transaction, name="bench", terms=terms, actor="bench", now=now)
            await nas.add(
                transaction,
                name="bench",
                address="127.0.0.1",
                secret=Secret(SECRET),
                keys=keys,
                vendor=nas.Vendor.MIKROTIK,
                actor="bench",
                now=now,
            )
            outcome = await import_file(
                transaction,
                ImportFile(columns=(), cells={}, rows=rows, faults=()),
                source="bench",
                keys=keys,
                actor="bench",
                now=now,
            )
        if outcome.faults:
            raise RuntimeError(outcome.faults[0])
    finally:
        await database.close()


def freeradius_database(config: DatabaseConfig) -> str:
    """A role and a database of FreeRADIUS's own on the same server; returns its DSN."""
    address = admin_address(config)
    password = secrets.token_hex(16)
    with psycopg.connect(**address, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE freeradius LOGIN PASSWORD '{password}'")
        admin.execute("CREATE DATABASE freeradius OWNER freeradius")
    host, port = "127.0.0.1", address["port"]
    return f"postgresql://freeradius:{password}@{host}:{port}/freeradius"


@contextlib.asynccontextmanager
async def radiusd(config: DatabaseConfig) -> AsyncIterator[tuple[int, int]]:
    """Our radiusd as an operator runs it; `(auth_port, acct_port)` when it is ready."""
    auth_port, acct_port = free_udp_port(), free_udp_port()
    readiness = Readiness()
    readiness.expect("radiusd")
    environment = os.environ | {
        "TURNPIKE_DATABASE__DATA": str(config.data),
        "TURNPIKE_RADIUSD__AUTH_PORT": str(auth_port),
        "TURNPIKE_RADIUSD__ACCT_PORT": str(acct_port),
        "TURNPIKE_CHASSIS__HEALTH_PORT_BASE": "0",
        "TURNPIKE_CHASSIS__LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "radiusd",
        env=environment | readiness.environment("radiusd"),
    )
    try:
        if late := await readiness.wait(READY_SECONDS_MAX):
            message = f"{late[0]} was not ready in {READY_SECONDS_MAX} s"
            raise RuntimeError(message)
        yield auth_port, acct_port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
