"""Many queues over a slow line: everything once, then exactly what changed, then nothing."""

from datetime import UTC, datetime

import pytest

from chassis.clock import SystemClock
from chassis.secrets import Secret
from devices.routeros import Router, RouterTarget
from isp.access import Access, Rates
from isp.shaping import Method
from lab.routeros import Faults, RouterOs
from shaper.backends.routeros import RouterOsBackend
from shaper.claims import Claim
from shaper.desired import Service, Site, desired
from shaper.prefixes import network
from shaper.queue import Tree
from tests.support.sizes import size

QUEUES = size(400, 10_000)
CHANGED = QUEUES // 100
ROUND_TRIP_SECONDS = 0.02
SIMPLE = "/queue/simple"


@pytest.mark.prove
@pytest.mark.measured
async def test_one_per_cent_changed_writes_exactly_those_rows(record_property):
    faults = Faults(latency_seconds=ROUND_TRIP_SECONDS)
    clock = SystemClock()
    async with RouterOs(user="admin", password="lab", faults=faults) as router:
        target = RouterTarget(
            host="127.0.0.1", port=router.port, user="admin", password=Secret("lab")
        )
        backend = RouterOsBackend(Router(target), instance="main", writes_per_second=2000)
        began = clock.monotonic()
        reading = await backend.read(tree(changed=0))
        applied = await backend.apply(backend.plan(tree(changed=0), reading), reading)
        reading = applied.reading or await backend.read(tree(changed=0))
        record_property("queues applied and read back", QUEUES)
        record_property("seconds", round(clock.monotonic() - began, 1))

        assert {(SIMPLE, "add"): QUEUES} == router.writes
        router.writes.clear()
        applied = await backend.apply(backend.plan(tree(changed=CHANGED), reading), reading)

        assert {(SIMPLE, "set"): CHANGED} == router.writes
        router.writes.clear()
        reading = await backend.read(tree(changed=CHANGED))
        await backend.apply(backend.plan(tree(changed=CHANGED), reading), reading)

        assert {} == router.writes
        await backend.close()


def tree(*, changed: int) -> Tree:
    """The queues, the first `changed` of them at another rate."""
    services, claims = [], []
    for number in range(1, QUEUES + 1):
        rates = Rates(down_kbps=50_000 if number <= changed else 100_000, up_kbps=20_000)
        services.append(
            Service(service_id=number, login=f"u{number}", access=Access.FULL, rates=rates)
        )
        address = network(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        since = datetime(2026, 1, 1, tzinfo=UTC)
        claims.append(Claim(service_id=number, network=address, live=True, since=since))
    return desired(Site(method=Method.SIMPLE, by_radius=True), services, claims)
