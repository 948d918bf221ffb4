"""`turnpike up --demo`, as `make run` starts it: alive when it says `ready`, and gone when told."""

import asyncio
import signal
import sys
from pathlib import Path

import psutil
import pytest

from database.embedded.places import Places
from database.embedded.postmaster import running_postmaster
from tests.support.eventually import eventually
from tests.support.suite import Suite, running_suite

DEMO = ("--demo",)
KILLED = -signal.SIGKILL

pytestmark = [pytest.mark.xdist_group("demo")]


async def test_a_demo_lives_survives_a_kill_and_leaves_nothing_behind(place: Path):
    data = place / "data"
    async with running_suite(data, words=DEMO, ends_with=KILLED) as suite:
        await eventually(lambda: sessions(suite))
        before = await provider(suite)

        assert 200 == before[0]
        assert 200 <= before[1]
        assert 0 < before[2] < 20
        suite.process.kill()
    await eventually(lambda: {running_postmaster(Places(data).cluster)} >= processes_of(data))
    async with running_suite(data, words=DEMO) as suite:
        await eventually(lambda: sessions(suite))

        assert before == await provider(suite)
        assert (75, f"turnpike: another suite runs on {data}") == await second_suite(data)
        suite.process.send_signal(signal.SIGINT)
        await suite.process.wait()
    await eventually(lambda: not processes_of(data))


async def second_suite(data: Path) -> tuple[int | None, str]:
    """How `up` on the same directory ends, and what it says."""
    words = ("-m", "turnpike", "up", "--data", str(data))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    _, errors = await process.communicate()
    return process.returncode, errors.decode().partition(";")[0]


async def sessions(suite: Suite) -> int:
    [(count,)] = await suite.rows("SELECT count(*) FROM report.sessions_live")
    return count


async def provider(suite: Suite) -> tuple[int, ...]:
    """How many subscribers, how many bills, how many are cut off."""
    [counted] = await suite.rows(
        "SELECT (SELECT count(*) FROM report.subscribers), (SELECT count(*) FROM report.invoices),"
        " (SELECT count(*) FROM report.services WHERE state = 'suspended')"
    )
    return counted


def processes_of(data: Path) -> set[int | None]:
    """Who still runs on this directory, by command line or environment; no zombies."""
    found: set[int | None] = set()
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        if any(str(data) in word for word in words):
            found.add(process.pid)
    return found
