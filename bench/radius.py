"""Logins and accounting against FreeRADIUS, with the same generator, users, server and machine."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.freeradius import BenchUser, free_radius, install
from bench.result import Figure
from bench.stage import SECRET, Stage, bench_users, radiusd, stage
from chassis.clock import SystemClock
from radius import numbers, wire
from turnpike.load.generator import LoadResult, generate
from turnpike.load.packets import LoadKind, LoadUser, Slots, requests

__all__ = ["CONCURRENCY", "measure"]

USERS = 30_000  # each has logged in once, and has one session
LOGIN_USERS = 5000  # of these, who log in again and again
WARM_UP_USERS = 2000
CONCURRENCY = 256  # what one source port of a NAS may have in flight
LOGINS = 60_000
RECORDS = 30_000
# FreeRADIUS on SQL is ten times slower: fewer requests take the same time.
SLOW_LOGINS, SLOW_RECORDS = 12_000, 12_000
LOGIN_GOAL_POSTGRES, LOGIN_GOAL_MEMORY, RECORD_GOAL = 10.0, 1.0, 4.0

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One server under load: where it listens, and how many requests it is given."""

    auth_port: int
    acct_port: int
    logins: int
    records: int


def measure(say: Say) -> list[Figure]:
    """Every figure; `say` is told what is being done."""
    install()
    return asyncio.run(run(say))


async def run(say: Say) -> list[Figure]:
    users = bench_users(USERS + WARM_UP_USERS)
    with tempfile.TemporaryDirectory(prefix="turnpike-bench-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o755)
        say(f"one Postgres, {len(users)} subscribers on both sides")
        async with stage(directory / "data", users) as ready:
            memory = await rival(ready, directory / "memory", users, say, in_memory=True)
            sql = await rival(ready, directory / "sql", users, say, in_memory=False)
            ours = await us(ready, users, say)
    return [
        Figure(
            name="PAP logins",
            unit="/s",
            ours=ours[LoadKind.PAP].per_second,
            rival=sql[LoadKind.PAP].per_second,
            rival_name="FreeRADIUS + Postgres",
            goal=LOGIN_GOAL_POSTGRES,
            p99_ms=ours[LoadKind.PAP].latency_p99_ms,
        ),
        Figure(
            name="PAP logins",
            unit="/s",
            ours=ours[LoadKind.PAP].per_second,
            rival=memory[LoadKind.PAP].per_second,
            rival_name="FreeRADIUS in memory",
            goal=LOGIN_GOAL_MEMORY,
            p99_ms=ours[LoadKind.PAP].latency_p99_ms,
        ),
        *(
            Figure(
                name=f"Accounting {kind.value}",
                unit="/s",
                ours=ours[kind].per_second,
                rival=sql[kind].per_second,
                rival_name="FreeRADIUS + Postgres",
                goal=RECORD_GOAL,
                p99_ms=ours[kind].latency_p99_ms,
            )
            for kind in (LoadKind.START, LoadKind.INTERIM, LoadKind.STOP)
        ),
    ]


async def rival(
    ready: Stage, directory: Path, users: list[BenchUser], say: Say, *, in_memory: bool
) -> dict[LoadKind, LoadResult]:
    directory.mkdir()
    dsn = None if in_memory else ready.freeradius_dsn
    with free_radius(directory, secret=SECRET, dsn=dsn, users=users) as server:
        side = Side(
            auth_port=server.auth_port,
            acct_port=server.acct_port,
            logins=LOGINS if in_memory else SLOW_LOGINS,
            records=0 if in_memory else SLOW_RECORDS,
        )
        name = "FreeRADIUS in memory" if in_memory else "FreeRADIUS + Postgres"
        return await asyncio.to_thread(load, side, users, name, say)


async def us(ready: Stage, users: list[BenchUser], say: Say) -> dict[LoadKind, LoadResult]:
    async with radiusd(ready.config) as (auth_port, acct_port):
        side = Side(auth_port=auth_port, acct_port=acct_port, logins=LOGINS, records=RECORDS)
        return await asyncio.to_thread(load, side, users, "radiusd", say)


def load(side: Side, users: list[BenchUser], name: str, say: Say) -> dict[LoadKind, LoadResult]:
    """Warm up, then logins, then a Start, an Interim and a Stop for each session.

    As a NAS does it, accounting carries the Class that the login was granted.
    """
    known = [LoadUser(login=u.login, password=u.password, ipv4=u.ipv4) for u in users]
    results: dict[LoadKind, LoadResult] = {}
    plan = [(LoadKind.PAP, side.auth_port, side.logins)]
    if side.records:
        plan += [
            (kind, side.acct_port, side.records)
            for kind in (LoadKind.START, LoadKind.INTERIM, LoadKind.STOP)
        ]
    known = with_classes(known, send(LoadKind.PAP, known, side.auth_port, len(known)))
    warming, known = known[USERS:], known[:USERS]
    for kind, port, _ in plan[1:]:
        send(kind, warming, port, len(warming))
    for kind, port, count in plan:
        who = known[:LOGIN_USERS] if kind is LoadKind.PAP else known
        result = send(kind, who, port, count)
        if result.unanswered or result.wrong_authenticators:
            message = f"{name}, {kind}: {result.unanswered} unanswered, wrong answers {result}"
            raise RuntimeError(message)
        say(
            f"{name}: {kind.value} {result.per_second:,.0f}/s, "
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


def send(kind: LoadKind, users: list[LoadUser], port: int, count: int) -> LoadResult:
    slots = Slots(concurrency=CONCURRENCY)
    secret = SECRET.encode()
    made = list(requests(kind, users, count=count, secret=secret, slots=slots))
    return generate(
        made, host="127.0.0.1", port=port, secret=secret, slots=slots, clock=SystemClock()
    )
