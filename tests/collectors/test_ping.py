"""Echo requests on the loopback, and who is said to answer."""

import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from chassis.clock import ManualClock
from collectors import ping as module
from collectors.echo import answered, echo_request
from collectors.ping import Pinger
from database.connect import Database, Role
from database.tables.access_history import device_ping
from database.tables.access_network import device
from tests.support.access_network import OltSite

Open = Callable[[Role], Database]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def may_ping() -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except OSError:
            continue
        return True
    return False


needs_ping = pytest.mark.skipif(not may_ping(), reason="ICMP sockets are not permitted")


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "REQUESTS_APART_SECONDS", 0.01)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)


@pytest.fixture
async def site(database: Open) -> OltSite:
    site = OltSite(database(Role.OWNER), [], onus_per_port=1)
    await site.build(NOON)
    return site


@pytest.fixture
async def pinger(database: Open, site: OltSite) -> AsyncIterator[Pinger]:
    pinger = Pinger(database(Role.COLLECTORS), ManualClock(NOON), lambda: [site.device_id])
    yield pinger
    pinger.close()


async def at(site: OltSite, host: str) -> None:
    async with site.owner.transaction() as transaction:
        await transaction.execute(update(device).values(host=host))


@needs_ping
async def test_the_loopback_answers(site, pinger):
    await pinger.turn()
    await pinger.turn()
    [found] = await site.table(device_ping)

    assert (10, 0, NOON) == (found.sent, found.lost, found.last_answer_at)
    assert 0 < found.round_trip_milliseconds < 1000


@needs_ping
async def test_what_does_not_answer_is_lost_and_never_answered(site, pinger):
    await at(site, "240.0.0.1")
    await pinger.turn()
    [found] = await site.table(device_ping)

    assert (5, 5, None, None) == (
        found.sent, found.lost, found.last_answer_at, found.round_trip_milliseconds,
    )  # fmt: skip


async def test_a_host_without_an_address_is_not_asked(site, pinger):
    await at(site, "no-such-host.invalid")
    await pinger.turn()

    assert [] == await site.table(device_ping)


async def test_where_nobody_may_ask_nothing_is_said(site, pinger, monkeypatch):
    monkeypatch.setattr(module, "_opened", lambda _: None)
    await pinger.turn()

    assert [] == await site.table(device_ping)


TOKEN = b"sixteen octets.."


@pytest.mark.parametrize("version", [4, 6])
def test_only_replies_to_our_requests_are_answers(version):
    request = echo_request(version, 9, TOKEN)
    reply = bytes([0 if version == 4 else 129]) + request[1:]

    assert 9 == answered(version, reply, TOKEN)
    assert [None] * 4 == [
        answered(version, message, TOKEN) for message in (request, reply[:-1], reply[:7], b"")
    ]
    assert answered(version, reply, b"another process.") is None


def test_a_raw_sockets_ip_header_is_passed_over():
    reply = bytes([0]) + echo_request(4, 9, TOKEN)[1:]

    assert 9 == answered(4, bytes([0x46]) + bytes(23) + reply, TOKEN)


def test_the_checksum_is_that_of_rfc_1071():
    message = echo_request(4, 1, TOKEN)
    total = sum(int.from_bytes(message[at : at + 2], "big") for at in range(0, len(message), 2))

    assert 0xFFFF == (total & 0xFFFF) + (total >> 16)
