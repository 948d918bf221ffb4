"""Our manager and net-snmp's agent: every protocol, restarts, refusals, silence."""

import pytest

from chassis.secrets import Secret
from devices.credentials import SnmpAccess
from devices.snmp import Exchange, Snmp, SnmpAuthenticationFailed, SnmpTarget, SnmpTimeout
from tests.support.snmpd import AUTH_NAMES, PRIV_NAMES, needs_snmpd, snmpd

pytestmark = [pytest.mark.foreign, needs_snmpd]

SYS_NAME, UPTIME = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0"
OR_TABLE = ("1.3.6.1.2.1.1.9.1.2", "1.3.6.1.2.1.1.9.1.3", "1.3.6.1.2.1.1.9.1.4")


def user(auth: str | None, priv: str | None, secret: str = "authentic words") -> SnmpAccess:
    return SnmpAccess(
        version="3",
        user=f"{auth}-{priv}",
        auth_protocol=auth,
        auth_secret=Secret(secret.replace(" ", "-")) if auth else None,
        priv_protocol=priv,
        priv_secret=Secret("private-words") if priv else None,
    )


USERS = [
    user(None, None),
    *(user(auth, priv) for auth in AUTH_NAMES for priv in (None, *PRIV_NAMES)),
]
PUBLIC = SnmpAccess(version="2c", community=Secret("public"))


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    with snmpd(tmp_path_factory.mktemp("snmpd"), USERS) as port:
        yield port


@pytest.fixture
async def exchange():
    opened = Exchange()
    yield opened
    await opened.close()


def session(exchange: Exchange, port: int, access: SnmpAccess, tries: int = 3) -> Snmp:
    target = SnmpTarget(host="127.0.0.1", port=port, access=access)
    return Snmp(
        exchange, target, name="snmpd", requests_per_second=500, timeout_seconds=1, tries=tries
    )


@pytest.mark.parametrize("access", [PUBLIC, *USERS], ids=lambda access: access.user or "v2c")
async def test_it_is_read_with_every_protocol(exchange, agent, access):
    asking = session(exchange, agent, access)
    single = await asking.get([SYS_NAME, "1.3.6.1.2.1.1.99.0"])
    table = await asking.walk(OR_TABLE)

    assert single[SYS_NAME] and single["1.3.6.1.2.1.1.99.0"] is None
    assert table.complete and table.uptime_ticks is not None
    assert 3 == len(table.columns)
    assert 1 == len({tuple(rows) for rows in table.columns.values()})


async def test_the_whole_mib_is_walked_to_its_end(exchange, agent):
    walk = await session(exchange, agent, PUBLIC).walk(["1.3.6.1"])

    assert walk.complete
    assert len(walk.columns["1.3.6.1"]) > 1000


@pytest.mark.parametrize(
    ("access", "problem"),
    [
        (user("sha256", "aes", "other words!"), SnmpAuthenticationFailed),
        (SnmpAccess(version="3", user="nobody"), SnmpAuthenticationFailed),
        (SnmpAccess(version="2c", community=Secret("other")), SnmpTimeout),
    ],
)
async def test_wrong_credentials_of_v3_are_told_and_a_wrong_community_is_silence(
    exchange, agent, access, problem
):
    with pytest.raises(problem):
        await session(exchange, agent, access, tries=1).get([SYS_NAME])


async def test_an_agent_that_restarted_is_read_on(exchange, tmp_path):
    access = user("sha256", "aes")
    with snmpd(tmp_path, [access]) as port:
        asking = session(exchange, port, access)
        before = await asking.get([UPTIME])
    with snmpd(tmp_path, [access], port=port):
        after = await asking.get([UPTIME])

    assert before[UPTIME] is not None
    assert after[UPTIME] is not None
