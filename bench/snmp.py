"""SNMP against pysnmp and gufo-snmp: decoding the same datagrams, walking the same OLT.

The OLT is the lab's in its own process; three columns of 2,048 ONUs are read as a sweep of states
reads them. Everybody asks for forty variables at a time, gufo-snmp for one column at a time, as
nothing else can be asked of it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from gufo.snmp.aio import SnmpSession
from pyasn1.codec.ber import decoder
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    bulk_walk_cmd,
)
from pysnmp.proto.api import v2c

from bench.device import lab_device
from bench.result import Figure
from chassis.clock import SystemClock
from chassis.secrets import Secret
from devices.credentials import SnmpAccess
from devices.snmp import Exchange, Snmp, SnmpTarget
from devices.snmp.message import decode_v2c, encode_pdu, encode_v2c
from devices.snmp.walking import Walking
from lab.olt import Limits, Plant, personalities, tell
from lab.olt.responder import respond
from lab.olt.wire import decode_request

__all__ = ["measure"]

ONUS: Final = 2048
VARBINDS: Final = 40
COLUMNS: Final = (
    "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.3",
    "1.3.6.1.4.1.2011.6.128.1.1.2.46.1.15",
    "1.3.6.1.4.1.2011.6.128.1.1.2.46.1.24",
)
"""Huawei's serial, run status and last down cause."""

ROUNDS: Final = 20
"""Of our decoding; the rival's takes as long in one."""

DECODE_GOAL, WALK_GOAL = 8.0, 8.0
GUFO_GOAL: Final = 0.25
"""It is compiled: as long as ours is of its kind, a sweep's time is that of the OLTs."""

Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """Every figure; `say` is told what is being done."""
    answers = recorded()
    ours, theirs = decoded(answers), decoded_by_pysnmp(answers)
    say(f"SNMP decoding: {ours:,.0f} variables/s, pysnmp {theirs:,.0f}")
    return [
        Figure(
            name="SNMP: decoding GETBULK answers",
            unit=" variables/s",
            ours=ours,
            rival=theirs,
            rival_name="pysnmp",
            goal=DECODE_GOAL,
        ),
        *asyncio.run(walks(say)),
    ]


def recorded() -> list[bytes]:
    """The answers to a walk of the columns."""
    huawei = personalities()["huawei"]
    view = tell(Plant.build(SystemClock(), ports=16, onus=ONUS), huawei)
    walking, answers = Walking(COLUMNS), []
    while walking.width:
        question = walking.request(VARBINDS)
        asked = decode_request(encode_v2c(b"public", encode_pdu(question, len(answers))))
        answers.append(respond(asked, view, Limits()))
        walking.answered(question, decode_v2c(answers[-1])[1])
    return answers


def decoded(answers: list[bytes]) -> float:
    """Variables per second, each sorted into its column and row as a walk does it."""
    clock, indices = SystemClock(), {}
    began, variables = clock.monotonic(), 0
    for _ in range(ROUNDS):
        walking = Walking(COLUMNS, indices=indices)
        for answer in answers:
            question = walking.request(VARBINDS)
            pdu = decode_v2c(answer)[1]
            walking.answered(question, pdu)
            variables += len(pdu.varbinds)
    return variables / (clock.monotonic() - began)


def decoded_by_pysnmp(answers: list[bytes]) -> float:
    """Variables per second, as tuples and values, sorted into nothing."""
    clock = SystemClock()
    began, variables = clock.monotonic(), 0
    for answer in answers:
        message, _ = decoder.decode(answer, asn1Spec=v2c.Message())
        pdu = v2c.apiMessage.get_pdu(message)
        variables += len([(tuple(oid), value) for oid, value in v2c.apiPDU.get_varbinds(pdu)])
    return variables / (clock.monotonic() - began)


async def walks(say: Say) -> list[Figure]:
    """Cells per second of a whole walk, over the loopback."""
    async with lab_device("olt", "--ports", "16", "--onus", str(ONUS)) as port:
        ours = await timed(lambda: by_us(port))
        pysnmp = await timed(lambda: by_pysnmp(port))
        gufo = await timed(lambda: by_gufo(port))
    say(f"SNMP walk: {ours:,.0f} cells/s, pysnmp {pysnmp:,.0f}, gufo-snmp {gufo:,.0f}")
    name = f"SNMP: {len(COLUMNS)} columns of {ONUS:,} ONUs"
    common = {"name": name, "unit": " cells/s", "ours": ours}
    return [
        Figure(rival=pysnmp, rival_name="pysnmp", goal=WALK_GOAL, **common),
        Figure(rival=gufo, rival_name="gufo-snmp", goal=GUFO_GOAL, **common),
    ]


async def timed(walk: Callable[[], Awaitable[int]]) -> float:
    clock = SystemClock()
    began = clock.monotonic()
    cells = await walk()
    if cells != ONUS * len(COLUMNS):
        message = f"{cells} cells of {ONUS * len(COLUMNS)}"
        raise RuntimeError(message)
    return cells / (clock.monotonic() - began)


async def by_us(port: int) -> int:
    exchange = Exchange()
    access = SnmpAccess(version="2c", community=Secret("public"))
    target = SnmpTarget(host="127.0.0.1", port=port, access=access)
    session = Snmp(exchange, target, name="bench", requests_per_second=100_000)
    try:
        walk = await session.walk(COLUMNS)
        return sum(len(rows) for rows in walk.columns.values())
    finally:
        await session.close()
        await exchange.close()


async def by_gufo(port: int) -> int:
    cells = 0
    async with SnmpSession(addr="127.0.0.1", port=port, community="public") as session:
        for column in COLUMNS:
            async for _ in session.getbulk(column, max_repetitions=VARBINDS):
                cells += 1
    return cells


async def by_pysnmp(port: int) -> int:
    engine, cells = SnmpEngine(), 0
    target = await UdpTransportTarget.create(("127.0.0.1", port))
    for column in COLUMNS:
        rows = bulk_walk_cmd(
            engine,
            CommunityData("public"),
            target,
            ContextData(),
            0,
            VARBINDS,
            ObjectType(ObjectIdentity(column)),
            lexicographicMode=False,
        )
        async for _, _, _, varbinds in rows:
            cells += len(varbinds)
    engine.close_dispatcher()
    return cells
