"""Fixtures that every room's tests may use: a real Postgres, a fresh database per test."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from chassis.config import DatabaseConfig
from database.connect import Database, Role
from tests.support.postgres import Server, ServerKind, running_server, system_binaries
from tests.support.server_runs import begin_run, end_run
from tests.support.sizes import PROVING

FIRST_TENANT_ID = 1

os.environ["PATH"] += ":/usr/sbin:/sbin"  # where snmpd, mosquitto and tc are; no user's on Debian


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A test that configures logging does not leave its closed stream to the next one."""
    yield
    structlog.reset_defaults()


settings.register_profile(
    "test",
    derandomize=True,  # the same examples on every machine, in every run
    print_blob=True,
    deadline=None,  # a busy machine is no failure
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "prove", settings.get_profile("test"), derandomize=False, max_examples=1_000
)
settings.load_profile("prove" if PROVING else "test")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite golden files")


@pytest.fixture
def rewrite_golden(request: pytest.FixtureRequest) -> bool:
    """Are golden files to be rewritten (`make golden`) rather than compared?"""
    return bool(request.config.getoption("--golden"))


def pytest_configure(config: pytest.Config) -> None:
    begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    end_run()


@pytest.fixture(scope="session")
def server_kind() -> ServerKind:
    """Which server; `tests/database` and the story override this to run on both."""
    return ServerKind.EMBEDDED


@pytest.fixture(scope="session")
def server(server_kind: ServerKind) -> Iterator[Server]:
    """The run's Postgres. It does not fsync: what a crash does to it is not to be tested on it."""
    if server_kind is ServerKind.SYSTEM and system_binaries() is None:
        pytest.skip("PostgreSQL 15 is not installed in /usr/lib/postgresql/15")
    with running_server(server_kind) as server:
        yield server


@pytest.fixture
def database_config(server: Server, tmp_path: Path) -> Iterator[DatabaseConfig]:
    """A prepared database of this test's own, with the tenant `default`."""
    with server.database() as name:
        yield server.config(name, tmp_path)


@pytest.fixture
async def database(database_config: DatabaseConfig) -> AsyncIterator[Callable[[Role], Database]]:
    """`database(Role.COMMAND)`: this test's database as a role sees it; closed after the test."""
    opened: list[Database] = []

    def open_as(role: Role) -> Database:
        opened.append(Database(database_config, role))
        return opened[-1]

    yield open_as
    for one in opened:
        await one.close()


@pytest.fixture(scope="session")
def tenant_id() -> int:
    """The tenant `default`."""
    return FIRST_TENANT_ID
