"""10,000 queues on a router 20 ms away, against a loop that waits for each answer.

The router is the lab's in its own process. The rival is librouteros used as its manual does: one
`add` after the other; it is measured over fewer rows, for each costs it the whole round trip.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Final

import librouteros

from bench.device import lab_device
from bench.result import Figure
from chassis.clock import SystemClock
from chassis.secrets import Secret
from devices.routeros import Router, RouterTarget
from isp.access import Access, Rates
from isp.shaping import Method
from shaper.backends.routeros import RouterOsBackend
from shaper.claims import Claim
from shaper.desired import Service, Site, desired
from shaper.prefixes import network
from shaper.queue import Tree

__all__ = ["measure"]

QUEUES: Final = 10_000
RIVAL_QUEUES: Final = 150
CHANGED: Final = QUEUES // 100
LATENCY_MS: Final = 20
USER, PASSWORD = "bench", "bench"
WRITES_PER_SECOND: Final = 100_000
"""As fast as the router takes it; on a real one the pace is the operator's to set."""

APPLY_GOAL: Final = 20.0
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)

Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """Every figure; `say` is told what is being done."""
    return asyncio.run(run(say))


async def run(say: Say) -> list[Figure]:
    async with router() as port:
        rival = await asyncio.to_thread(one_by_one, port)
        say(f"librouteros, one by one: {rival:,.0f} queues/s")
    async with router() as port:
        full, churn = await ours(port, say)
    common = {"unit": " queues/s", "rival": rival, "rival_name": "librouteros, one by one"}
    return [
        Figure(
            name=f"RouterOS: {QUEUES:,} queues over {LATENCY_MS} ms",
            ours=full,
            goal=APPLY_GOAL,
            **common,
        ),
        Figure(name="the same, 1 % changed", ours=churn, goal=1.0, **common),
    ]


async def ours(port: int, say: Say) -> tuple[float, float]:
    """Queues per second of a full apply and of one per cent changed, what is written read back."""
    target = RouterTarget(host="127.0.0.1", port=port, user=USER, password=Secret(PASSWORD))
    backend = RouterOsBackend(Router(target), instance="bench", writes_per_second=WRITES_PER_SECOND)
    clock = SystemClock()
    rates = []
    reading = None
    try:
        for tree, count in ((tree_of(0), QUEUES), (tree_of(CHANGED), CHANGED)):
            began = clock.monotonic()
            reading = reading or await backend.read(tree)
            plan = backend.plan(tree, reading)
            if len(plan.steps) != count:
                message = f"{len(plan.steps)} writes for {count} queues"
                raise RuntimeError(message)
            applied = await backend.apply(plan, reading)
            reading = applied.reading or await backend.read(tree)
            seconds = clock.monotonic() - began
            if backend.plan(tree, reading).steps:
                message = "something is left to write"
                raise RuntimeError(message)
            say(f"shaper: {count:,} of {QUEUES:,} queues in {seconds:.1f} s, read back")
            rates.append(count / seconds)
    finally:
        await backend.close()
    return rates[0], rates[1]


def tree_of(changed: int) -> Tree:
    """The queues, the first of them at another rate."""
    services, claims = [], []
    for number in range(1, QUEUES + 1):
        rates = Rates(down_kbps=50_000 if number <= changed else 100_000, up_kbps=20_000)
        login = f"user{number}"
        services.append(Service(service_id=number, login=login, access=Access.FULL, rates=rates))
        address = network(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        claims.append(Claim(service_id=number, network=address, live=True, since=NOW))
    return desired(Site(method=Method.SIMPLE, by_radius=True), services, claims)


def one_by_one(port: int) -> float:
    """Queues per second of a loop of `add`."""
    api = librouteros.connect(host="127.0.0.1", port=port, username=USER, password=PASSWORD)
    clock = SystemClock()
    try:
        queues = api.path("queue", "simple")
        began = clock.monotonic()
        for number in range(RIVAL_QUEUES):
            queues.add(
                **{"name": f"user{number}", "target": f"10.9.0.{number}", "max-limit": "20M/100M"}
            )
        return RIVAL_QUEUES / (clock.monotonic() - began)
    finally:
        api.close()


def router() -> AbstractAsyncContextManager[int]:
    """The lab's router; gives its port."""
    words = ("--user", USER, "--password", PASSWORD, "--latency-ms", str(LATENCY_MS))
    return lab_device("routeros", "--no-traffic", *words)
