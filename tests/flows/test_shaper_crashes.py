"""kill -9 and reboots while queues are being written: in the end each is there once, as bought."""

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from lab.routeros import Faults, RouterOs
from tests.support.eventually import eventually
from tests.support.sizes import size
from tests.support.suite import Suite, running_suite

SUBSCRIBERS = size(60, 600)
KILLS = size(2, 8)
REBOOTS = size(1, 3)
COMMIT_SECONDS = 0.02
LIMIT = "20000000/100000000"
SIMPLE = "/queue/simple"

pytestmark = [pytest.mark.prove, pytest.mark.measured, pytest.mark.xdist_group("crashes")]


async def test_queues_converge_whoever_is_killed(place: Path, record_property):
    async with (
        running_suite(place / "data") as suite,
        RouterOs(
            user="admin", password="lab", faults=Faults(commit_seconds=COMMIT_SECONDS)
        ) as router,
    ):
        router.tables[SIMPLE].add({"name": "office", "target": "192.0.2.0/24"})
        await open_shop(suite, place, router)
        for number in range(1, KILLS + REBOOTS + 1):
            more = min(SUBSCRIBERS, number * SUBSCRIBERS // (KILLS + REBOOTS + 1))
            await eventually(lambda more=more: len(ours(router)) >= more, seconds=60)
            if number <= REBOOTS:
                router.reboot()
            else:
                (await eventually(lambda: shaper_of(suite))).kill()

        await eventually(lambda: whole(router), seconds=120)
        await eventually(lambda: in_sync(suite), seconds=60)

    names = [row.values["name"] for row in ours(router)]
    record_property("kills", KILLS)
    record_property("reboots", REBOOTS)
    record_property("queues", len(names))

    assert len(names) == len(set(names)) == SUBSCRIBERS
    assert SUBSCRIBERS + 1 == router.writes[SIMPLE, "add"]  # the site
    assert "office" in {row.values["name"] for row in router.tables[SIMPLE].rows.values()}


async def open_shop(suite: Suite, place: Path, router: RouterOs) -> None:
    """Subscribers with addresses of their own behind a router that is no NAS."""
    file = place / "subscribers.csv"
    rows = [f"u{n},p,gold,10.7.{n // 250}.{n % 250 + 1}" for n in range(SUBSCRIBERS)]
    file.write_text("\n".join(["login,password,plan,address", *rows]))
    await suite.turnpike("plan", "add", "gold", "--price", "25", "--down", "100M", "--up", "20M")
    await suite.turnpike("subscriber", "import", str(file))
    address = f"127.0.0.1:{router.port}"
    await suite.turnpike(
        *("device", "add", "router", "r1", address, "--user", "admin", "--password", "lab")
    )
    await suite.turnpike("shaper", "observe", "r1")
    await suite.turnpike("shaper", "site", "add", "r1", "North", "--network", "10.7.0.0/16")
    await suite.turnpike("shaper", "diff", "r1")
    await suite.turnpike("shaper", "enable", "r1")


def ours(router: RouterOs) -> list:
    return [
        row
        for row in router.tables[SIMPLE].rows.values()
        if row.values.get("comment", "").startswith("isp:turnpike:s")
    ]


def whole(router: RouterOs) -> bool:
    return [LIMIT] * SUBSCRIBERS == [row.values["max-limit"] for row in ours(router)]


def shaper_of(suite: Suite) -> psutil.Process | None:
    for each in psutil.Process(suite.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if each.cmdline()[1:3] == ["-m", "shaper"]:
                return each
    return None


async def in_sync(suite: Suite) -> bool:
    return [] == await suite.rows("SELECT login FROM report.queues WHERE drift IS NOT NULL")
