"""Logins and accounting against FreeRADIUS, with the same generator, users, server and machine.

The sides take turns, several rounds of each, and the medians are compared: a machine that is slower
for some seconds slows whoever has his turn.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench.freeradius import BenchUser, free_radius, install
from bench.result import Figure
from bench.stage import SECRET, Stage, bench_users, radiusd, stage
from chassis.clock import SystemClock
from radius import numbers, wire
from turnpike.load.generator import LoadResult, generate
from turnpike.load.packets import LoadKind, LoadUser, Slots, requests

__all__ = ["CONCURRENCY", "measure"]

ROUNDS = 3
USERS = 30_000  # each has logged in, and has one session at a time
LOGIN_USERS = 5000  # of these, who log in again and again
WARM_UP_USERS = 2000
CONCURRENCY = 1024  # all that one source port each of four NASes can have in flight
LOGINS = 60_000
RECORDS = 30_000
# FreeRADIUS on SQL is ten times slower: fewer requests take the same time.
SLOW_LOGINS, SLOW_RECORDS = 12_000, 12_000
REST_SECONDS = 2.0  # each kind finds either server done with the kind before
RECORD_KINDS = (LoadKind.START, LoadKind.INTERIM, LoadKind.STOP)
LOGIN_GOAL_POSTGRES, LOGIN_GOAL_MEMORY, RECORD_GOAL = 10.0, 1.0, 4.0

Say = Callable[[str], None]
Results = dict[LoadKind, LoadResult]


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One server under load: where it listens, and how many requests it is given."""

    name: str
    auth_port: int
    acct_port: int
    logins: int
    records: int
    knows_class: bool = False


def measure(say: Say) -> list[Figure]:
    """Every figure; `say` is told what is being done."""
    install()
    return asyncio.run(run(say))


async def run(say: Say) -> list[Figure]:
    users = bench_users(USERS + WARM_UP_USERS)
    memory: list[Results] = []
    sql: list[Results] = []
    ours: list[Results] = []
    with tempfile.TemporaryDirectory(prefix="turnpike-bench-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o755)
        say(f"one Postgres, {len(users)} subscribers on both sides")
        async with stage(directory / "data", users) as ready:
            for number in range(1, ROUNDS + 1):
                here = directory / str(number)
                here.mkdir()
                memory.append(await rival(ready, here / "memory", users, say, in_memory=True))
                sql.append(await rival(ready, here / "sql", users, say, in_memory=False))
                ours.append(await us(ready, users, say, number))
    return [
        compared(LoadKind.PAP, ours, sql, "FreeRADIUS + Postgres", LOGIN_GOAL_POSTGRES),
        compared(LoadKind.PAP, ours, memory, "FreeRADIUS in memory", LOGIN_GOAL_MEMORY),
        *(compared(kind, ours, sql, "FreeRADIUS + Postgres", RECORD_GOAL) for kind in RECORD_KINDS),
    ]


def compared(
    kind: LoadKind, ours: list[Results], rivals: list[Results], rival_name: str, goal: float
) -> Figure:
    """The medians of the rounds."""
    return Figure(
        name="PAP logins" if kind is LoadKind.PAP else f"Accounting {kind.value}",
        unit="/s",
        ours=median(each[kind].per_second for each in ours),
        rival=median(each[kind].per_second for each in rivals),
        rival_name=rival_name,
        goal=goal,
        p99_ms=median(each[kind].latency_p99_ms for each in ours),
    )


async def rival(
    ready: Stage, directory: Path, users: list[BenchUser], say: Say, *, in_memory: bool
) -> Results:
    directory.mkdir()
    dsn = None if in_memory else ready.freeradius_dsn
    with free_radius(directory, secret=SECRET, dsn=dsn, users=users) as server:
        side = Side(
            name="FreeRADIUS in memory" if in_memory else "FreeRADIUS + Postgres",
            auth_port=server.auth_port,
            acct_port=server.acct_port,
            logins=LOGINS if in_memory else SLOW_LOGINS,
            records=0 if in_memory else SLOW_RECORDS,
        )
        return await asyncio.to_thread(load, side, users, directory.parent.name, say)


async def us(ready: Stage, users: list[BenchUser], say: Say, number: int) -> Results:
    async with radiusd(ready.config) as (auth_port, acct_port):
        side = Side(
            name="radiusd",
            auth_port=auth_port,
            acct_port=acct_port,
            logins=LOGINS,
            records=RECORDS,
            knows_class=True,
        )
        return await asyncio.to_thread(load, side, users, str(number), say)


def load(side: Side, users: list[BenchUser], prefix: str, say: Say) -> Results:
    """Warm up, then logins, then a Start, an Interim and a Stop for each session.

    As a NAS does it, accounting carries the Class that the login was granted.
    """
    known = [LoadUser(login=u.login, password=u.password, ipv4=u.ipv4) for u in users]
    if side.knows_class:
        known = with_classes(known, send(LoadKind.PAP, known, side.auth_port, len(known), prefix))
    warming, known = known[USERS:], known[:USERS]
    plan = [(LoadKind.PAP, side.auth_port, known[:LOGIN_USERS], side.logins)]
    if side.records:
        plan += [(kind, side.acct_port, known, side.records) for kind in RECORD_KINDS]
    for kind, port, _, _ in plan:
        send(kind, warming, port, len(warming), prefix)
    results: Results = {}
    for kind, port, who, count in plan:
        time.sleep(REST_SECONDS)
        result = send(kind, who, port, count, prefix)
        # An answer to a first try may meet its slot's next request, once requests are sent again.
        wrong = result.wrong_authenticators and not result.retransmitted
        if result.unanswered or wrong:
            message = f"{side.name}, {kind}: {result.unanswered} unanswered, wrong answers {result}"
            raise RuntimeError(message)
        say(
            f"{side.name}: {kind.value} {result.per_second:,.0f}/s, "
            f"p50 {result.latency_p50_ms:.1f} ms, p99 {result.latency_p99_ms:.1f} ms"
            + (f", {result.retransmitted} sent again" if result.retransmitted else "")
        )
        results[kind] = result
    return results


def with_classes(users: list[LoadUser], logins: LoadResult) -> list[LoadUser]:
    return [
        replace(user, session_class=dict(wire.split(answer).attributes).get(numbers.CLASS, b""))
        for user, answer in zip(users, filter(None, logins.answers), strict=True)
    ]


def send(
    kind: LoadKind, users: list[LoadUser], port: int, count: int, session_prefix: str
) -> LoadResult:
    slots = Slots(concurrency=CONCURRENCY, sockets=4)
    secret = SECRET.encode()
    made = list(
        requests(
            kind, users, count=count, secret=secret, slots=slots, session_prefix=session_prefix
        )
    )
    return generate(
        made, host="127.0.0.1", port=port, secret=secret, slots=slots, clock=SystemClock()
    )
