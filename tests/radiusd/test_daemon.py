"""radiusd as a whole: real sockets, real processes, a real database."""

import asyncio
import os
import shutil
import signal
from contextlib import contextmanager
from ipaddress import IPv4Address

import pytest

from radius import numbers, wire
from radius.packet import Code
from tests.support.eventually import eventually
from tests.support.radiusd import SECRET, Client, Provider, running_radiusd

pytestmark = pytest.mark.database

NOTICED_SECONDS_MAX = 60.0
"""How long a test waits for radiusd to notice that its database went or came."""


@pytest.fixture
async def provider(database_config, tenant_id):
    one = Provider(database_config, tenant_id)
    yield one
    await one.close()


def framed_ip(frame: wire.Frame) -> str:
    return str(IPv4Address(dict(frame.attributes)[numbers.FRAMED_IP_ADDRESS]))


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


async def test_attempts_are_folded_and_recorded(provider, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")
    station = wire.attribute(numbers.CALLING_STATION_ID, b"AA-BB-CC-00-11-22")
    other_spelling = wire.attribute(numbers.CALLING_STATION_ID, b"aa:bb:cc:00:11:22")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        await client.login("ann", extra=station)
        await client.login("Ann ", extra=other_spelling)
        await client.login("ann", "wrong", extra=station)

    rows = await provider.attempts()

    assert {
        ("ann", "aa:bb:cc:00:11:22", "accept", "accepted", 2),
        ("ann", "aa:bb:cc:00:11:22", "reject", "wrong_password", 1),
    } == {(row.login, row.calling_station_id, row.outcome, row.reason, row.count) for row in rows}


async def test_a_change_is_live_within_a_second(provider, tmp_path):
    await provider.nas()
    plan = await provider.plan()
    (service_id,) = await provider.services(plan, "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        await provider.rename(service_id, "anna")
        await eventually(lambda: accepted(client, "anna"), seconds=1)
        former = await client.login("ann")
        await provider.services(plan, "bob")
        await eventually(lambda: accepted(client, "bob"), seconds=1)

    assert Code.ACCESS_REJECT == former.code


async def accepted(client: Client, login: str) -> bool:
    frame = await client.login(login)
    return frame is not None and frame.code == Code.ACCESS_ACCEPT


async def test_a_service_with_a_pool_gets_an_address_and_keeps_it(provider, tmp_path):
    await provider.nas()
    await provider.pool("home", "10.9.0.0/29")
    logins = [f"user{number}" for number in range(6)]
    await provider.services(await provider.plan(pool_name="home"), *logins)

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        first = {login: framed_ip(await client.login(login)) for login in logins}
        again = {login: framed_ip(await client.login(login)) for login in logins}
        await asyncio.sleep(1)
        from_snapshot = {login: framed_ip(await client.login(login)) for login in logins}

    assert 6 == len(set(first.values()))
    assert {f"10.9.0.{host}" for host in range(1, 7)} == set(first.values())
    assert first == again == from_snapshot
    assert set(first.values()) == {
        address.partition("/")[0] for address in (await provider.leases()).values()
    }


async def test_a_pool_that_is_used_up_refuses(provider, tmp_path):
    await provider.nas()
    await provider.pool("home", "10.9.0.0/30")
    await provider.services(await provider.plan(pool_name="home"), "ann", "bob", "carl")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        codes = [(await client.login(login)).code for login in ("ann", "bob", "carl")]

    assert [Code.ACCESS_ACCEPT, Code.ACCESS_ACCEPT, Code.ACCESS_REJECT] == codes
    assert {"accepted", "pool_exhausted"} == {row.reason for row in await provider.attempts()}


async def test_strangers_are_listed_once_and_drops_counted_with_their_reason(provider, tmp_path):
    await provider.nas("127.0.0.2")

    async with (
        running_radiusd(provider.config, tmp_path) as radiusd,
        radiusd.client("127.0.0.3") as stranger,
        radiusd.client("127.0.0.2") as known,
    ):
        request = stranger.access_request(
            "ann", extra=wire.attribute(numbers.NAS_IDENTIFIER, b"new-bras")
        )
        assert await stranger.exchange(request, seconds=0.2) is None
        assert await stranger.exchange(request, seconds=0.2) is None
        assert await known.exchange(b"\x01\x02\x00\x13" + bytes(20), seconds=0.2) is None
        forged = bytearray(known.access_request("ann"))
        forged[30] ^= 1
        assert await known.exchange(bytes(forged), seconds=0.2) is None

    strangers, drops = await provider.strangers_and_drops()

    assert [("127.0.0.3", "new-bras", 2)] == strangers
    assert {"length_too_short": 1, "message_authenticator_wrong": 1} == drops


async def test_status_server_is_answered_on_both_ports(provider, tmp_path):
    await provider.nas()

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        ask = wire.build_access_request(7, os.urandom(16), b"", SECRET, code=12)
        on_auth = await client.exchange(ask)
        on_acct = await client.exchange(ask, client.acct_port)

    assert Code.ACCESS_ACCEPT == on_auth[0]
    assert Code.ACCOUNTING_RESPONSE == on_acct[0]
    assert numbers.MESSAGE_AUTHENTICATOR == on_auth[20]
    assert numbers.MESSAGE_AUTHENTICATOR == on_acct[20]


async def test_a_killed_worker_is_replaced_and_no_request_is_lost(provider, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        await client.login("ann")
        os.kill(radiusd.worker_pids()[0], signal.SIGKILL)
        answered = await client.login("ann", seconds=60)

    assert answered is not None, radiusd.lines
    assert Code.ACCESS_ACCEPT == answered.code


async def test_accounting_is_acknowledged_once_it_is_recorded(provider, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        accepted = await client.login("ann")
        cookie = dict(accepted.attributes)[numbers.CLASS]
        request = wire.build_request(
            4,
            9,
            wire.attribute(numbers.ACCT_STATUS_TYPE, (1).to_bytes(4, "big"))
            + wire.attribute(numbers.ACCT_SESSION_ID, b"0001")
            + wire.attribute(numbers.USER_NAME, b"ann")
            + wire.attribute(numbers.CLASS, cookie),
            SECRET,
        )
        first = await client.exchange(request, client.acct_port)
        live = await provider.live_sessions()
        again = await client.exchange(request, client.acct_port)

    assert Code.ACCOUNTING_RESPONSE == first[0]
    assert first == again
    assert [("ann", "0001", 1)] == live


async def test_a_nas_that_once_signed_must_go_on_signing(provider, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        before = await client.login("ann", signed=False)
        await client.login("ann")
        after = await client.login("ann", signed=False, seconds=0.3)
    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        after_restart = await client.login("ann", signed=False, seconds=0.3)

    assert before is not None
    assert after is None
    assert after_restart is None


@contextmanager
def away(server, config):
    """The database takes no connections, and has lost those that it had."""
    name = config.url.reveal().rpartition("/")[2]
    with server.admin() as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    server.end_connections(config)
    yield
    with server.admin() as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def code_of(client, login) -> int | None:
    frame = await client.login(login, seconds=0.3)
    return None if frame is None else frame.code


async def until(client, login, code) -> int | None:
    """Ask until that is the answer (None: silence), for so long as a test may wait."""
    async with asyncio.timeout(NOTICED_SECONDS_MAX):
        while (found := await code_of(client, login)) != code:
            await asyncio.sleep(0.1)
    return found


async def test_known_users_log_in_while_the_database_is_away(provider, server, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")
    await provider.close()

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        with away(server, provider.config):
            assert await until(client, "stranger", None) is None
            assert Code.ACCESS_ACCEPT == (await client.login("ann")).code
        assert Code.ACCESS_REJECT == await until(client, "stranger", Code.ACCESS_REJECT)

    with away(server, provider.config):
        async with (
            running_radiusd(provider.config, tmp_path) as radiusd,
            radiusd.client() as client,
        ):
            assert Code.ACCESS_ACCEPT == (await client.login("ann")).code
            assert await code_of(client, "stranger") is None

    reasons = {row.reason for row in await provider.attempts()}

    assert {"accepted", "unknown_user", "unknown_user_database_away"} == reasons


async def test_a_snapshot_that_was_lost_is_made_anew(provider, tmp_path):
    await provider.nas()
    plan = await provider.plan()
    await provider.services(plan, "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        shutil.rmtree(provider.config.data / "radiusd" / "snapshot")
        await provider.services(plan, "bob")
        added = await until(client, "bob", Code.ACCESS_ACCEPT)

    assert Code.ACCESS_ACCEPT == added


async def test_logins_go_on_while_a_killed_keeper_is_replaced(provider, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")

    async with running_radiusd(provider.config, tmp_path, workers=2) as radiusd:
        former = set(radiusd.worker_pids())
        os.kill(radiusd.processes.pids()["radiusd"], signal.SIGKILL)
        codes = set()
        async with asyncio.timeout(NOTICED_SECONDS_MAX):
            while any(os.path.exists(f"/proc/{pid}") for pid in former):  # noqa: PTH110
                async with radiusd.client() as client:
                    answer = await client.login("ann")
                codes.add(answer.code if answer is not None else None)
        async with radiusd.client() as client:
            after = await client.login("ann")
        successors = set(radiusd.worker_pids())

    assert {Code.ACCESS_ACCEPT} == codes
    assert after is not None
    assert 2 == len(successors - former)


async def test_a_keeper_that_is_gone_knows_no_strangers(provider, tmp_path):
    await provider.nas()
    await provider.services(await provider.plan(), "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd, radiusd.client() as client:
        assert Code.ACCESS_REJECT == (await client.login("stranger")).code
        os.kill(radiusd.processes.pids()["radiusd"], signal.SIGKILL)
        without = await until(client, "stranger", None)
        async with asyncio.timeout(NOTICED_SECONDS_MAX):
            while (with_another := await client.login("stranger", seconds=1)) is None:
                pass

    assert without is None
    assert Code.ACCESS_REJECT == with_another.code
