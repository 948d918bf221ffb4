"""Fixtures of radiusd's tests."""

from collections.abc import AsyncIterator

import pytest

from database.connect import Role
from tests.support.recording import Books


@pytest.fixture
async def books(database) -> AsyncIterator[Books]:
    """The accounting tables of this test's database, as radiusd sees them."""
    async with Books(database(Role.RADIUSD)) as opened:
        yield opened
