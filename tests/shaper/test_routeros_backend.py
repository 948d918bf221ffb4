"""MikroTik as a back-end: whatever becomes of single writes, each row is there once in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from chassis.secrets import Secret
from devices.routeros import Outcome, Router, RouterError, RouterTarget
from lab.routeros import Fate, RouterOs
from shaper.backend import Applied, BackendTrouble
from shaper.backends.routeros import SLICE_SECONDS, RouterOsBackend
from shaper.queue import Tree
from tests.support.many_queues import service_queue
from tests.support.router_in_memory import RouterInMemory
from tests.support.virtual_loop import run_in_virtual_time

SIMPLE = "/queue/simple"
QUEUES = 20
TREE = Tree(queues=tuple(replace(service_queue(number), parent=None) for number in range(QUEUES)))
SILENCE_SECONDS = 0.5
ROUNDS_MAX = 4
SLICE = 3
SLICED_PER_SECOND = int(SLICE / SLICE_SECONDS)


@pytest.fixture
async def router() -> AsyncIterator[RouterOs]:
    async with RouterOs(user="admin", password="lab") as device:
        yield device


@pytest.fixture
async def backend(router: RouterOs) -> AsyncIterator[RouterOsBackend]:
    api = Router(target_of(router))
    backend = RouterOsBackend(api, instance="main", writes_per_second=100_000)
    yield backend
    await backend.close()


def target_of(router: RouterOs) -> RouterTarget:
    return RouterTarget(
        host="127.0.0.1",
        port=router.port,
        user="admin",
        password=Secret("lab"),
        timeout_seconds=SILENCE_SECONDS,
    )


async def turn(backend: RouterOsBackend) -> Applied | None:
    """Read in full and write what is missing; None where nothing is."""
    reading = await backend.read(TREE)
    plan = backend.plan(TREE, reading)
    return await backend.apply(plan, reading) if plan.changes else None


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.OBEY])
async def test_what_went_wrong_is_read_again_adopted_or_written(router, backend, fate):
    router.faults.at = {5: fate, 11: fate}
    rounds = 0
    while (applied := await turn(backend)) is not None:
        rounds += 1
        assert applied.problems or applied.done
        assert rounds <= ROUNDS_MAX

    names = [row.values["name"] for row in router.tables[SIMPLE].rows.values()]
    assert QUEUES == len(names) == len({*names})
    assert {(SIMPLE, "add"): QUEUES} == router.writes


async def test_refusals_are_counted_by_their_words_and_the_others_are_carried_out(router, backend):
    router.faults.every = {Fate.REFUSE: 4}
    reading = await backend.read(TREE)
    applied = await backend.apply(backend.plan(TREE, reading), reading)

    assert (QUEUES - 5, 5, None) == (applied.done, applied.failed, applied.reading)
    (problem,) = applied.problems
    assert problem.endswith(" (5)")


async def test_a_lost_connection_ends_the_batch_and_is_told(router, backend):
    router.faults.at = {5: Fate.DROP_BEFORE}
    reading = await backend.read(TREE)
    applied = await backend.apply(backend.plan(TREE, reading), reading)

    assert ("the connection was lost",) == applied.problems
    assert (4, QUEUES - 4, None) == (applied.done, applied.failed, applied.reading)


@pytest.mark.parametrize("slices", [0, 1, 4])
async def test_a_router_that_reboots_and_is_connected_to_anew_is_not_written_by_its_old_ids(
    router, monkeypatch, slices
):
    """Somebody else's command, that for the throughput say, finds the end and connects again."""
    api = Router(target_of(router))
    backend = RouterOsBackend(api, instance="main", writes_per_second=SLICED_PER_SECOND)
    await turn(backend)
    rows = router.tables[SIMPLE].rows
    for number in range(QUEUES):
        router.tables[SIMPLE].add({"name": f"office {number}", "target": "198.51.100.1/32"})
    reading = await backend.read(TREE)
    apply = Router.apply
    done = 0

    async def rebooting(*args: Any, **more: Any) -> tuple[Outcome, ...]:
        nonlocal done
        if done == slices:
            router.reboot()
            while api.session == reading.session:
                with suppress(RouterError):
                    await api.print(SIMPLE)
            await api.connect()
        outcomes = await apply(*args, **more)
        done += 1
        return outcomes

    monkeypatch.setattr(Router, "apply", rebooting)
    applied = await backend.apply(backend.plan(Tree(), reading), reading)
    await backend.close()

    written = slices * SLICE
    assert (written, QUEUES - written, None) == (applied.done, applied.failed, applied.reading)
    assert ("the connection was lost",) == applied.problems
    names = [row.values["name"] for row in rows.values()]
    assert QUEUES == sum(1 for name in names if name.startswith("office"))
    assert 2 * QUEUES - written == len(names)


async def test_queues_under_a_parent_that_is_renamed_are_known_by_its_new_name(backend):
    node = replace(service_queue(0), name="n1-north", subject="n1", parent=None)
    child = replace(service_queue(1), targets=node.targets[:1], parent="n1-north")
    await put(backend, Tree(queues=(node, child)))
    tree = Tree(queues=(replace(node, name="n1-south"), replace(child, parent="n1-south")))
    applied = await put(backend, tree)

    reading = applied.reading or await backend.read(tree)
    assert () == backend.plan(tree, reading).steps


async def put(backend: RouterOsBackend, tree: Tree) -> Applied:
    reading = await backend.read(tree)
    return await backend.apply(backend.plan(tree, reading), reading)


async def test_a_wrong_password_is_refused_and_not_merely_away(router):
    target = RouterTarget(host="127.0.0.1", port=router.port, user="admin", password=Secret("no"))
    backend = RouterOsBackend(Router(target), instance="main", writes_per_second=100)

    with pytest.raises(BackendTrouble) as trouble:
        await backend.read(TREE)
    assert trouble.value.refused
    await backend.close()


def test_a_router_is_written_at_its_pace():
    async def seconds_for(writes_per_second: int) -> float:
        pace = RouterOsBackend(
            RouterInMemory(RouterOs()), instance="main", writes_per_second=writes_per_second
        )
        reading = await pace.read(TREE)
        await pace.apply(pace.plan(TREE, reading), reading)
        return asyncio.get_running_loop().time()

    assert QUEUES / 4 == pytest.approx(run_in_virtual_time(seconds_for(4)))
    assert QUEUES / 40 == pytest.approx(run_in_virtual_time(seconds_for(40)))
