"""radiusd as a whole: real sockets, real processes, a real database."""

import pytest

from radius.packet import Code
from tests.support.radiusd import Provider, running_radiusd

pytestmark = pytest.mark.database


@pytest.fixture
async def provider(database_config, tenant_id):
    one = Provider(database_config, tenant_id)
    yield one
    await one.close()


async def test_a_known_login_is_accepted_and_a_wrong_password_refused(provider, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann", "bob")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        accepted = await client.login("ann")
        refused = await client.login("bob", "wrong")

    assert accepted is not None, radiusd.lines
    assert Code.ACCESS_ACCEPT == accepted.code
    assert refused is not None
    assert Code.ACCESS_REJECT == refused.code
