"""Foreign clients are served: FreeRADIUS's radclient by PAP, CHAP and MS-CHAP."""

import pytest

from tests.support.radclient import RADCLIENT, radclient
from tests.support.radiusd import PASSWORD, SECRET, Provider, running_radiusd

pytestmark = [
    pytest.mark.database,
    pytest.mark.foreign,
    pytest.mark.skipif(RADCLIENT is None, reason="radclient is not installed"),
]


@pytest.fixture
async def provider(database_config, tenant_id):
    one = Provider(database_config, tenant_id)
    yield one
    await one.close()


async def test_radclient_logs_in_by_each_method_and_is_refused_with_a_wrong_password(
    provider, tmp_path
):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd:
        server = f"127.0.0.1:{radiusd.auth_port}"
        answers = {
            (method, password): (
                await radclient(
                    server, "auth", SECRET.decode(), {"User-Name": "ann", method: password}
                )
            ).code
            for method in ("User-Password", "CHAP-Password", "MS-CHAP-Password")
            for password in (PASSWORD, "wrong")
        }

    assert {
        (method, password): "Access-Accept" if password == PASSWORD else "Access-Reject"
        for method in ("User-Password", "CHAP-Password", "MS-CHAP-Password")
        for password in (PASSWORD, "wrong")
    } == answers
