"""kill -9 in the middle of accounting: every acknowledged record is there once, logins go on.

The suite is restarted by what restarts it in production: the keeper its workers, `turnpike up` its
daemons, the supervisor its Postgres.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest

from radius import numbers, wire
from radius.packet import Code
from tests.support.eventually import eventually
from tests.support.sizes import size
from tests.support.story import SECRET, open_shop
from tests.support.suite import Suite, running_suite

RECORDS_PER_SECOND = size(500, 2000)
SECONDS = size(4, 30)
KILLS = size(1, 5)
PORTS = 256
TRIES = 12
TRIES_OF_A_LOGIN = size(12, 3)
RETRY_SECONDS = 0.5
NO_SECONDS = bytes(4)
"""Sessions that began when they ended: what one used before its service was entered here would
count as the former provider's."""

pytestmark = [pytest.mark.prove, pytest.mark.measured, pytest.mark.xdist_group("crashes")]


@pytest.fixture
async def suite(place: Path) -> AsyncIterator[Suite]:
    async with running_suite(place / "data") as running:
        today = datetime.now(UTC).date()
        await open_shop(running, place, today, vendor="generic", coa_port=3799)
        await eventually(lambda: login_answered(running), seconds=10)
        yield running


@dataclass
class Bras:
    """Sends numbered Stops at a steady rate, again and again until each is acknowledged."""

    suite: Suite
    acknowledged: set[str] = field(default_factory=set)
    sent: int = 0
    waiting: dict[tuple[int, int], tuple[str, bytes]] = field(default_factory=dict)

    async def send(self, records_per_second: int, seconds: int) -> None:
        """One datagram per record; no identifier of a port is used twice."""
        loop = asyncio.get_running_loop()
        sockets = []
        for index in range(PORTS):
            transport, _ = await loop.create_datagram_endpoint(
                lambda index=index: Receiver(self, index),
                remote_addr=("127.0.0.1", self.suite.acct_port),
            )
            sockets.append(transport)
        started, total = loop.time(), records_per_second * seconds
        retry = asyncio.ensure_future(self.retransmit(sockets))
        while self.sent < total:
            due = min(total, int((loop.time() - started) * records_per_second))
            for number in range(self.sent, due):
                self.send_one(sockets, number)
            self.sent = max(self.sent, due)
            await asyncio.sleep(0.01)
        await eventually(lambda: not self.waiting, seconds=TRIES * RETRY_SECONDS * 4)
        retry.cancel()
        await asyncio.gather(retry, return_exceptions=True)
        for transport in sockets:
            transport.close()
        await asyncio.sleep(0)

    def send_one(self, sockets: list[asyncio.DatagramTransport], number: int) -> None:
        socket, identifier = number % PORTS, number // PORTS
        name = f"crash-{number:08d}"
        attributes = (
            wire.attribute(numbers.ACCT_STATUS_TYPE, (2).to_bytes(4, "big"))
            + wire.attribute(numbers.ACCT_SESSION_ID, name.encode())
            + wire.attribute(numbers.USER_NAME, f"user{number % 200:03d}@example.net".encode())
            + wire.attribute(numbers.ACCT_SESSION_TIME, NO_SECONDS)
            + wire.attribute(numbers.ACCT_INPUT_OCTETS, (1000 + number).to_bytes(4, "big"))
            + wire.attribute(numbers.ACCT_OUTPUT_OCTETS, (2000 + number).to_bytes(4, "big"))
        )
        request = wire.build_request(
            Code.ACCOUNTING_REQUEST, identifier, attributes, SECRET.encode()
        )
        self.waiting[socket, identifier] = (name, request)
        sockets[socket].sendto(request)

    async def retransmit(self, sockets: list[asyncio.DatagramTransport]) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            for (socket, _), (_, request) in list(self.waiting.items()):
                sockets[socket].sendto(request)


class Receiver(asyncio.DatagramProtocol):
    """One source port of the BRAS."""

    def __init__(self, bras: Bras, index: int) -> None:
        self.bras, self.index = bras, index

    def datagram_received(self, data: bytes, _: object) -> None:
        frame = wire.split(data)
        name, request = self.bras.waiting.get((self.index, frame.identifier), ("", b""))
        if name and wire.verify_response_authenticator(data, frame, SECRET.encode(), request[4:20]):
            self.bras.acknowledged.add(name)
            del self.bras.waiting[self.index, frame.identifier]

    def error_received(self, exc: Exception) -> None:
        """Nobody listens just now: it will be sent again."""


def processes(suite: Suite, module: str) -> list[psutil.Process]:
    """The suite's processes that run that module of Python."""
    found = []
    for each in psutil.Process(suite.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if ["-m", module] == each.cmdline()[1:3]:
                found.append(each)
    return found


def worker(suite: Suite) -> psutil.Process | None:
    """Any worker of radiusd; None while there is none."""
    return next(iter(processes(suite, "radiusd.worker")), None)


def keeper(suite: Suite) -> psutil.Process | None:
    """radiusd itself; None while it is being restarted."""
    return next(iter(processes(suite, "radiusd")), None)


def postgres(suite: Suite) -> psutil.Process | None:
    """The postmaster; None while it is being restarted."""
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        pid_file = suite.data / "postgres" / "cluster" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split()[0]))
    return None


async def login_answered(suite: Suite, *, tries: int = 1) -> bool:
    """Whether a known user's login is accepted, with the retransmission of a MikroTik."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _: object) -> None:
            if not answer.done():
                answer.set_result(data)

        def error_received(self, exc: Exception) -> None:
            """Nobody listens just now."""

    transport, _ = await loop.create_datagram_endpoint(
        Client, remote_addr=("127.0.0.1", suite.auth_port)
    )
    authenticator = os.urandom(16)
    hidden = wire.hide_password(b"password-1", authenticator, SECRET.encode())
    attributes = wire.attribute(numbers.USER_NAME, b"user001@example.net") + wire.attribute(
        numbers.USER_PASSWORD, hidden
    )
    request = wire.build_access_request(7, authenticator, attributes, SECRET.encode())
    try:
        for _ in range(tries):
            transport.sendto(request)
            try:
                data = await asyncio.wait_for(asyncio.shield(answer), 1.1)
            except TimeoutError:
                continue
            return data[0] == Code.ACCESS_ACCEPT
        return False
    finally:
        transport.close()
        await asyncio.sleep(0)


async def logins_while(suite: Suite, work: asyncio.Future[None]) -> tuple[int, int, float]:
    """(accepted, all, seconds that one waited at most) of logins while the work lasts.

    Five a second, each as patient as a MikroTik: three tries of 1.1 s, and more where other tests
    want the processors too.
    """
    loop = asyncio.get_running_loop()
    accepted = asked = 0
    longest = 0.0
    while not work.done():
        began = loop.time()
        accepted += await login_answered(suite, tries=TRIES_OF_A_LOGIN)
        asked += 1
        longest = max(longest, loop.time() - began)
        await asyncio.sleep(0.2)
    return accepted, asked, longest


@pytest.mark.parametrize("victim", [worker, keeper, postgres], ids=lambda each: each.__name__)
async def test_a_kill_loses_and_doubles_nothing_acknowledged(suite, victim, record_property):
    bras = Bras(suite)
    sending = asyncio.ensure_future(bras.send(RECORDS_PER_SECOND, SECONDS))
    logins = asyncio.ensure_future(logins_while(suite, sending))
    for _ in range(KILLS):
        await asyncio.sleep(SECONDS / (KILLS + 1))
        (await eventually(lambda: victim(suite))).kill()
    await sending
    accepted, asked, longest = await logins
    total = RECORDS_PER_SECOND * SECONDS
    up, down = sum(range(1000, 1000 + total)), sum(range(2000, 2000 + total))

    assert total == len(bras.acknowledged)
    await eventually(lambda: rolled_up(suite, total), seconds=60, every=0.5)

    assert [(total, total, up, down)] == await suite.rows(
        "SELECT count(*), count(DISTINCT acct_session_id),"
        " sum(octets_up)::bigint, sum(octets_down)::bigint"
        " FROM report.sessions WHERE acct_session_id LIKE 'crash-%'"
    )
    assert [(up, down)] == await suite.rows(
        "SELECT sum(octets_up)::bigint, sum(octets_down)::bigint FROM report.usage_daily"
    )
    assert asked == accepted
    record_property("records acknowledged and found once", total)
    record_property("kills", KILLS)
    record_property("logins accepted", f"{accepted} of {asked}")
    record_property("longest wait for a login", f"{longest:.2f} s")


async def rolled_up(suite: Suite, total: int) -> bool:
    """Whether as many sessions are history; Postgres may still be starting."""
    with suppress(psycopg.OperationalError):
        [(count,)] = await suite.rows(
            "SELECT count(*) FROM report.sessions WHERE acct_session_id LIKE 'crash-%'"
        )
        return count >= total
    return False
