"""The lab's NAS against a server of a few lines, and its CoA server against ours and radclient."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from lab.nas import GENERIC, MIKROTIK, Line, Nas, Refusal, Server, Session
from lab.nas.dynamic_authorization import ErrorCause
from radius import numbers, wire
from radius.packet import Code

SECRET = b"a secret of the lab"
LINE = Line(login="ann", password="right", mac="02:00:00:00:00:01")
RATE_LIMIT = wire.vendor_attribute(numbers.VENDOR_MIKROTIK, 8, b"20M/100M")


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, 12, tzinfo=UTC)


class SmallServer(asyncio.DatagramProtocol):
    """Accepts the password `right`, acknowledges accounting unless told not to."""

    def __init__(self) -> None:
        self.received: list[wire.Frame] = []
        self.deaf = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        frame = wire.split(data)
        self.received.append(frame)
        if self.deaf:
            return
        if frame.code == Code.ACCOUNTING_REQUEST:
            assert wire.verify_request_authenticator(data, frame, SECRET)
            answer = wire.build_accounting_response(
                frame.identifier, frame.authenticator, b"", SECRET
            )
        else:
            assert wire.verify_message_authenticator(data, frame, SECRET, frame.authenticator)
            hidden = dict(frame.attributes)[numbers.USER_PASSWORD]
            right = wire.reveal_password(hidden, frame.authenticator, SECRET) == b"right"
            code = Code.ACCESS_ACCEPT if right else Code.ACCESS_REJECT
            said = wire.attribute(numbers.CLASS, b"cookie") + RATE_LIMIT if right else b""
            answer = wire.build_reply(code, frame.identifier, frame.authenticator, said, SECRET)
        self.transport.sendto(answer, addr)


@pytest.fixture
async def server() -> AsyncIterator[tuple[SmallServer, Server]]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        SmallServer, local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    yield protocol, Server(host="127.0.0.1", auth_port=port, acct_port=port, secret=SECRET)
    transport.close()
    await asyncio.sleep(0)


def lab_nas(server: Server, personality=MIKROTIK, **options) -> Nas:
    return Nas(server=server, personality=personality, clock=FixedClock(), **options)


async def ask(nas: Nas, code: Code, attributes: bytes) -> tuple[int, int | None]:
    """Send one CoA or Disconnect; the answer's code and Error-Cause."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _: object) -> None:
            answer.set_result(data)

    transport, _ = await loop.create_datagram_endpoint(
        Client, remote_addr=("127.0.0.1", nas.coa_port)
    )
    request = wire.build_request(code, 7, attributes, SECRET, signed=True)
    transport.sendto(request)
    datagram = await asyncio.wait_for(answer, 60)
    transport.close()
    await asyncio.sleep(0)
    frame = wire.split(datagram)
    assert wire.verify_response_authenticator(datagram, frame, SECRET, request[4:20])
    cause = dict(frame.attributes).get(numbers.ERROR_CAUSE)
    return frame.code, int.from_bytes(cause, "big") if cause else None


async def test_an_accepted_line_has_a_session_with_what_the_server_gave(server):
    protocol, where = server
    async with lab_nas(where) as nas:
        session = await nas.connect(LINE)

        assert isinstance(session, Session)
        assert session.class_cookies == [b"cookie"]
        assert session.rates_kbps() == (20_000.0, 100_000.0)
        session.use(octets_up=5, octets_down=(1 << 32) + 7)
        await nas.hang_up(session)
    stop = dict(protocol.received[-1].attributes)
    assert (
        int.from_bytes(stop[numbers.ACCT_OUTPUT_OCTETS], "big"),
        int.from_bytes(stop[numbers.ACCT_OUTPUT_GIGAWORDS], "big"),
    ) == (7, 1)
    assert stop[numbers.CLASS] == b"cookie"


async def test_a_rejected_line_has_none(server):
    _, where = server
    async with lab_nas(where) as nas:
        refusal = await nas.connect(Line(login="ann", password="wrong", mac=LINE.mac))

        assert Refusal(message="") == refusal
        assert nas.sessions == {}


async def test_a_session_without_acknowledged_accounting_is_dropped(server):
    protocol, where = server
    quick = MIKROTIK.__class__(
        name="quick",
        session_name=str,
        changeable=frozenset(),
        changeable_of_vendors=frozenset(),
        announces_restart=True,
        retry_seconds=0.05,
    )
    async with lab_nas(where, quick) as nas:
        session = await nas.connect(LINE)
        protocol.deaf = True
        before = len(protocol.received)
        await nas.interim(session)

        assert len(protocol.received) - before == 3
        assert nas.sessions == {}
        assert nas.counts["dropped_unacknowledged"] == 1


async def test_a_disconnect_ends_the_session_it_names_and_only_once(server):
    _, where = server
    async with lab_nas(where, GENERIC) as nas:
        session = await nas.connect(LINE)
        target = wire.attribute(numbers.ACCT_SESSION_ID, session.acct_session_id.encode())

        assert await ask(nas, Code.DISCONNECT_REQUEST, target) == (Code.DISCONNECT_ACK, None)
        assert await ask(nas, Code.DISCONNECT_REQUEST, target) == (
            Code.DISCONNECT_NAK,
            ErrorCause.SESSION_CONTEXT_NOT_FOUND,
        )


async def test_a_coa_changes_the_rate_of_a_mikrotik_and_nothing_of_a_generic_nas(server):
    _, where = server
    slower = wire.vendor_attribute(numbers.VENDOR_MIKROTIK, 8, b"1M/2M")
    address_list = wire.vendor_attribute(numbers.VENDOR_MIKROTIK, 19, b"wall")
    for personality, expected in ((MIKROTIK, Code.COA_ACK), (GENERIC, Code.COA_NAK)):
        async with lab_nas(where, personality) as nas:
            session = await nas.connect(LINE)
            target = wire.attribute(numbers.ACCT_SESSION_ID, session.acct_session_id.encode())
            code, _ = await ask(nas, Code.COA_REQUEST, target + slower)
            refused = await ask(nas, Code.COA_REQUEST, target + address_list)

            assert expected == code
            assert ("1M/2M" if expected == Code.COA_ACK else "20M/100M") == session.rate_limit
            assert refused == (Code.COA_NAK, ErrorCause.UNSUPPORTED_ATTRIBUTE)


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("radclient") is None, reason="radclient is not installed")
async def test_radclient_disconnects_a_session(server):
    _, where = server
    async with lab_nas(where, GENERIC) as nas:
        session = await nas.connect(LINE)
        process = await asyncio.create_subprocess_exec(
            "radclient",
            "-x",
            f"127.0.0.1:{nas.coa_port}",
            "disconnect",
            SECRET.decode(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        request = f"User-Name=ann,Acct-Session-Id={session.acct_session_id}\n"
        output, _ = await process.communicate(request.encode())

        assert b"Disconnect-ACK" in output
        assert nas.sessions == {}
