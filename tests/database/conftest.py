"""These tests run on both servers.

`server` is made again here: the one of `tests/conftest.py` would be kept, whatever its kind, for
tests of this directory that come after others.
"""

from collections.abc import Iterator

import pytest

from tests.support.postgres import Server, ServerKind, running_server, system_binaries


@pytest.fixture(scope="session", params=list(ServerKind))
def server_kind(request: pytest.FixtureRequest) -> ServerKind:
    return request.param


@pytest.fixture(scope="session")
def server(server_kind: ServerKind) -> Iterator[Server]:
    if server_kind is ServerKind.SYSTEM and system_binaries() is None:
        pytest.skip("PostgreSQL 15 is not installed in /usr/lib/postgresql/15")
    with running_server(server_kind) as running:
        yield running
