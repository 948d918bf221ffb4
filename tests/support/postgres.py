"""Throw-away Postgres servers for tests: one per run and kind, a database per test.

The servers of a run live in one directory that its pytest-xdist workers share; the first test that
needs a kind starts it and makes the template that every test's database is copied from.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from chassis.secrets import Secret
from database.address import password_file
from database.embedded import EmbeddedServer
from database.embedded.binaries import Binaries
from database.embedded.locks import FileLock
from database.provision import database_grants, prepare
from database.roles import ADMIN_NAME, Role
from tests.support.apart import apart
from tests.support.server_runs import run_directory

__all__ = ["Server", "ServerKind", "running_server", "system_binaries"]

TEMPLATE: Final = "turnpike_template"
SYSTEM_BINARIES: Final = Path("/usr/lib/postgresql/15/bin")


class ServerKind(StrEnum):
    """Which Postgres: the wheel's, or the distribution's (the oldest that we serve)."""

    EMBEDDED = "embedded"
    SYSTEM = "system"


def system_binaries() -> Binaries | None:
    """The distribution's PostgreSQL 15, where it is installed."""
    return Binaries(SYSTEM_BINARIES) if (SYSTEM_BINARIES / "postgres").exists() else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A running server: copies of the template are its databases."""

    kind: ServerKind
    data: Path
    durable: bool = False

    def config(self, database: str, data: Path) -> DatabaseConfig:
        """The configuration that names `database` here; `data` is the node's own directory."""
        own = DatabaseConfig(data=self.data)
        host, port = self._host_and_port()
        word = password_file(own).password(ADMIN_NAME).reveal()
        return DatabaseConfig(
            url=Secret(f"postgresql://{ADMIN_NAME}:{quote(word)}@{host}:{port}/{database}"),
            data=data,
            password_file=password_file(own).path,
        )

    @contextmanager
    def database(self, template: str | None = TEMPLATE) -> Iterator[str]:
        """The name of a database that lasts for the body; empty where there is no `template`."""
        name = f"test_{uuid.uuid4().hex[:16]}"
        with self.admin() as admin:
            admin.execute(
                f"CREATE DATABASE {name} OWNER {Role.OWNER.postgres_name} "
                f"TEMPLATE {template or 'template0'} STRATEGY FILE_COPY"
            )
            for statement in database_grants(name) if template else ():
                admin.execute(statement)
        try:
            yield name
        finally:
            with self.admin() as admin:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def admin(self, database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """A superuser's autocommit connection."""
        config = self.config(database, self.data)
        assert config.url is not None
        with psycopg.connect(config.url.reveal(), autocommit=True) as connection:
            yield connection

    def end_connections(self, config: DatabaseConfig, last_statement: str = "%") -> None:
        """Terminate those to one database, as a restart would; other tests' are let alone."""
        assert config.url is not None
        with self.admin() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND query LIKE %s",
                [config.url.reveal().rpartition("/")[2], last_statement],
            )

    def _host_and_port(self) -> tuple[str, int]:
        port = int((self.data / "postgres" / "port").read_text())
        return "127.0.0.1", port


@contextmanager
def running_server(kind: ServerKind) -> Iterator[Server]:
    """The run's server of `kind`; the last worker that leaves stops it."""
    binaries = system_binaries() if kind is ServerKind.SYSTEM else None
    data = run_directory() / kind
    data.mkdir(exist_ok=True)
    embedded = EmbeddedServer(data, binaries=binaries, durable=False)
    server = Server(kind=kind, data=data)
    apart(_start(embedded, server))
    try:
        yield server
    finally:
        apart(embedded.stop())


async def _start(embedded: EmbeddedServer, server: Server) -> None:
    async with FileLock(server.data / "template-lock"):
        await embedded.start()
        with server.admin() as admin:
            found = admin.execute("SELECT FROM pg_database WHERE datname = %s", [TEMPLATE])
            made = found.rowcount == 1
        if not made:
            config = server.config(TEMPLATE, server.data)
            await prepare(config, today=SystemClock().now().date(), durable=False)
