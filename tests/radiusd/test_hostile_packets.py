"""The table of hostile packets, packet by packet, against a radiusd on real sockets.

What must not be answered is followed by a Status-Server on the same socket: its answer proves that
the packet before it has been dealt with.
"""

import asyncio
import os
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from database.tables.network import nas, nas_drop
from database.tables.sessions import accounting_record, auth_attempt
from radius import integrity, numbers, wire
from radius.packet import Code
from tests.support.hostile import Case
from tests.support.hostile_accounting import accounting_cases
from tests.support.hostile_logins import login_cases
from tests.support.radiusd import SECRET, Client, Provider, Radiusd, running_radiusd

pytestmark = pytest.mark.database

CASES = [*login_cases(), *accounting_cases()]
PROBE = 250
"""The Identifier of the Status-Servers; no case uses it."""
TRIES_MAX = 10
"""RFC 5997 section 4.2: Status-Servers are answered so often and no oftener."""


@pytest.fixture
async def provider(database_config, tenant_id):
    one = Provider(database_config, tenant_id)
    yield one
    await one.close()


def address_of(case: Case) -> str:
    return f"127.0.1.{1 + CASES.index(case)}"


async def test_every_hostile_packet_is_answered_and_counted_as_it_must_be(provider, tmp_path):
    for case in CASES:
        await provider.nas(address_of(case), name=case.name, policy=case.policy)
    await provider.services(await provider.plan(), "ann")

    async with running_radiusd(provider.config, tmp_path) as radiusd:
        came = {case.name: await replies_to(case, radiusd) for case in CASES}
    drops, decided, recorded = await books(provider)

    assert {case.name: list(case.replies) for case in CASES} == {
        name: [datagram[0] for datagram in replies] for name, replies in came.items()
    }
    assert {case.name: [] for case in CASES} == {
        case.name: faults(case, came[case.name]) for case in CASES
    }
    assert {case.name: dict(case.drops) for case in CASES if case.drops} == drops
    assert {case.name: dict(case.decided) for case in CASES if case.decided} == decided
    assert {case.name: case.recorded for case in CASES if case.recorded} == recorded
    assert [] == [line for line in radiusd.lines if not line.isprintable()]


async def replies_to(case: Case, radiusd: Radiusd) -> list[bytes]:
    """All that comes back, until a Status-Server behind the case's packets is answered."""
    port = radiusd.acct_port if case.accounting else radiusd.auth_port
    came: list[bytes] = []
    async with radiusd.client(address_of(case)) as client:
        for datagram in case.sends:
            client.socket.sendto(datagram, ("127.0.0.1", port))
            if case.accounting and case.replies:  # acknowledged when it is recorded
                came.append(await next_reply(client))
        for _ in range(TRIES_MAX):
            probe = wire.build_access_request(PROBE, os.urandom(16), b"", SECRET, code=12)
            client.socket.sendto(probe, ("127.0.0.1", port))
            while reply := await next_reply(client, seconds=1.0):
                if reply[1] == PROBE:
                    return came
                came.append(reply)
    return came


async def next_reply(client: Client, *, seconds: float = 10.0) -> bytes:
    """The next datagram, empty if none comes in time."""
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().sock_recv(client.socket, 4096)
    except TimeoutError:
        return b""


def faults(case: Case, replies: list[bytes]) -> list[str]:
    """What is wrong with the replies, beside their codes."""
    found = []
    asked = {datagram[4:20] for datagram in case.sends}
    for reply in replies:
        frame = wire.split(reply)
        signed = frame.code != Code.ACCOUNTING_RESPONSE
        verdicts = [
            integrity.check_reply(reply, frame, SECRET, authenticator, signature_required=signed)
            for authenticator in asked
        ]
        if integrity.Verdict.VALID not in verdicts:
            found.append(f"{verdicts}")
        if signed and frame.attributes[0][0] != numbers.MESSAGE_AUTHENTICATOR:
            found.append("Message-Authenticator is not first")
        if case.carries is not None and list(case.carries) != frame.attributes[1:]:
            found.append(f"carries {frame.attributes[1:]}")
    if case.same and len(set(replies)) != 1:
        found.append("not the same octets")
    return found


async def books(provider: Provider) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    """Drops by reason, attempts by outcome and reason, and accounting records, of each NAS."""
    drops: dict[str, Counter[str]] = {}
    decided: dict[str, Counter[tuple[str, str]]] = {}
    async with provider.database.transaction(provider.tenant_id) as transaction:
        names = {row.nas_id: row.name for row in await transaction.execute(select(nas))}
        for row in await transaction.execute(select(nas_drop)):
            drops.setdefault(names[row.nas_id], Counter())[row.reason] += row.packets
        for row in await transaction.execute(select(auth_attempt)):
            told = decided.setdefault(names[row.nas_id], Counter())
            told[row.outcome, row.reason] += row.count
        counted = select(accounting_record.c.nas_id, func.count().label("records"))
        rows = await transaction.execute(counted.group_by(accounting_record.c.nas_id))
        recorded = {names[row.nas_id]: row.records for row in rows}
    return drops, decided, recorded
