"""Background work goes on whatever happens in it."""

import asyncio

import pytest

from chassis import periodic
from chassis.periodic import Tasks


@pytest.fixture
async def tasks(monkeypatch):
    """A daemon's tasks, with pauses of milliseconds."""
    monkeypatch.setattr(periodic, "BACKOFF_SECONDS_MIN", 0.001)
    running = Tasks()
    yield running
    await running.stop()


class Work:
    """Counts its turns; fails while told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.turns = 0
        self.failures = failures
        self.turned = asyncio.Event()

    async def __call__(self) -> None:
        self.turns += 1
        if self.turns <= self.failures:
            raise ConnectionError("away")
        if self.turns >= self.failures + 3:
            self.turned.set()


async def test_a_periodic_task_turns_again_and_again(tasks):
    work = Work()
    tasks.every(0.001, "work", work)
    async with asyncio.timeout(60):
        await work.turned.wait()

    assert () == tasks.failing()


async def test_a_failing_task_is_known_and_recovers(tasks):
    work = Work(failures=1000)
    tasks.every(0.001, "work", work)
    async with asyncio.timeout(60):
        while not tasks.failing():
            await asyncio.sleep(0.001)

    assert ("work",) == tasks.failing()
    work.failures = 0
    async with asyncio.timeout(60):
        await work.turned.wait()
        while tasks.failing():
            await asyncio.sleep(0.001)


async def test_an_endless_loop_is_begun_again_when_it_ends_or_fails(tasks):
    work = Work(failures=2)
    tasks.forever("loop", work)
    async with asyncio.timeout(60):
        await work.turned.wait()

    assert work.turns >= 5


async def test_turns_of_one_task_never_overlap(tasks):
    inside, overlaps, turns = 0, 0, 0

    async def work():
        nonlocal inside, overlaps, turns
        overlaps += inside
        inside += 1
        await asyncio.sleep(0.005)
        inside -= 1
        turns += 1

    tasks.every(0.001, "work", work)
    async with asyncio.timeout(60):
        while turns < 3:
            await asyncio.sleep(0.001)

    assert 0 == overlaps


async def test_a_task_that_hangs_is_stuck(tasks, monkeypatch):
    monkeypatch.setattr(periodic, "STUCK_SECONDS_MIN", 0.0)
    tasks.every(0.001, "hanging", asyncio.Event().wait)
    async with asyncio.timeout(60):
        while not tasks.stuck():
            await asyncio.sleep(0.001)

    assert ("hanging",) == tasks.stuck()


async def test_a_task_whose_turns_take_long_is_not_stuck_before_its_own_allowance(
    tasks, monkeypatch
):
    monkeypatch.setattr(periodic, "STUCK_SECONDS_MIN", 0.0)
    tasks.every(0.001, "long", asyncio.Event().wait, allowance_seconds=3600.0)
    tasks.every(0.001, "hanging", asyncio.Event().wait)
    async with asyncio.timeout(60):
        while not tasks.stuck():
            await asyncio.sleep(0.001)

    assert ("hanging",) == tasks.stuck()


async def test_a_stopped_task_turns_no_more(tasks):
    work = Work()
    tasks.every(0.001, "work", work)
    await asyncio.sleep(0.005)
    await tasks.stop()
    turns = work.turns
    await asyncio.sleep(0.01)

    assert turns == work.turns


async def test_a_name_is_given_once(tasks):
    tasks.every(60, "work", Work())

    with pytest.raises(ValueError, match="already"):
        tasks.every(60, "work", Work())


def test_pauses_grow_to_their_bound():
    pauses = [periodic._backoff(failures) for failures in range(1, 200)]

    assert pauses == sorted(pauses)
    assert (periodic.BACKOFF_SECONDS_MIN, periodic.BACKOFF_SECONDS_MAX) == (pauses[0], pauses[-1])
