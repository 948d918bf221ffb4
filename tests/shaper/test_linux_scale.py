"""The Linux back-end at the size that the issue names, read back by pyroute2 as well."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from pyroute2 import AsyncIPRoute

from isp.limit import Limit
from shaper.backends.linux import LinuxBackend
from shaper.linux_wiring import Wiring
from shaper.queue import Queue, Tree
from tests.support.many_queues import many, service_queue
from tests.support.namespaces import INSIDE, machine, needs_namespaces
from tests.support.sizes import size

pytestmark = needs_namespaces

SERVICES = size(300, 10_000)
CHANGES = 20
WIRING = Wiring(inside=INSIDE)
NO_LIMIT = 0xFFFFFFFF
"""A rate of more than 32 bits, in the attribute that has 32."""


@pytest.mark.prove
@pytest.mark.measured
async def test_all_subscribers_are_applied_and_one_is_changed(record_property):
    loop = asyncio.get_running_loop()
    tree = many(SERVICES)
    with machine():
        backend = LinuxBackend(WIRING)
        reading = await backend.read(tree)
        began = loop.time()
        plan = backend.plan(tree, reading)
        applied = await backend.apply(plan, reading)
        ended = loop.time()

        assert () == applied.problems
        assert () == backend.plan(tree, applied.reading).changes
        assert limits(tree, lambda limit: limit.down) == await ceilings(INSIDE)
        assert limits(tree, lambda limit: limit.up) == await ceilings(WIRING.up_interface)

        seconds = []
        for number in range(0, SERVICES, SERVICES // CHANGES):
            tree = with_faster(tree, number)
            plan = backend.plan(tree, applied.reading)
            changing = loop.time()
            applied = await backend.apply(plan, applied.reading)
            seconds.append(loop.time() - changing)

            assert 1 == len(plan.changes)
        assert limits(tree, lambda limit: limit.down) == await ceilings(INSIDE)
        await backend.close()
    record_property(f"{SERVICES} subscribers applied and read back", f"{ended - began:.2f} s")
    record_property(
        "one change applied and read back, median and worst",
        f"{sorted(seconds)[len(seconds) // 2] * 1000:.1f} ms, {max(seconds) * 1000:.1f} ms",
    )


def with_faster(tree: Tree, number: int) -> Tree:
    faster = service_queue(number, faster_bps=1_000_000)
    return Tree(queues=tuple(faster if q.name == faster.name else q for q in tree.queues))


def limits(tree: Tree, direction: Callable[[Queue], Limit]) -> Sequence[int]:
    """What should be, in octets per second."""
    return sorted((direction(queue).rate_bps or 0) // 8 for queue in tree.queues)


async def ceilings(interface: str) -> Sequence[int]:
    """What there is, by a netlink library of other people's, but for classes that do not limit."""
    async with AsyncIPRoute() as route:
        classes = await route.get_classes(*await route.link_lookup(ifname=interface))
        found = [each.get_nested("TCA_OPTIONS", "TCA_HTB_PARMS")["ceil"] async for each in classes]
    return sorted(ceil for ceil in found if ceil != NO_LIMIT)
