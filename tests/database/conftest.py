"""These tests run on both servers."""

import pytest

from tests.support.postgres import ServerKind


@pytest.fixture(scope="session", params=list(ServerKind))
def server_kind(request: pytest.FixtureRequest) -> ServerKind:
    return request.param
