"""Moving in from another system: its balances, billed days and live sessions stay whole."""

import asyncio
import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chassis.clock import SystemClock
from lab.nas import MIKROTIK, Line, Nas, Server
from tests.support.eventually import eventually
from tests.support.sizes import size
from tests.support.story import SECRET
from tests.support.suite import Suite, running_suite

SUBSCRIBERS = size(300, 5000)
LIVE_SESSIONS = size(100, 3000)
AT_A_TIME = 200
AGE_SECONDS = 86_400
COLUMNS = (
    "login",
    "password",
    "plan",
    "subscriber",
    "start",
    "invoiced_until",
    "opening_balance",
    "anchor_day",
)
SETTLE_SECONDS = 8.0

pytestmark = [pytest.mark.prove, pytest.mark.measured, pytest.mark.xdist_group("moving")]


def first_of_next_month(today: date) -> date:
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


def exported(file: Path, today: date) -> Path:
    """What the other system knew: everybody is billed to the end of the month, some owe."""
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, COLUMNS)
        writer.writeheader()
        for index in range(SUBSCRIBERS):
            writer.writerow(
                {
                    "login": f"old{index:05d}",
                    "password": f"pw-{index}",
                    "plan": "gold",
                    "subscriber": f"M{index:05d}",
                    "start": date(2024, 1, 1),
                    "invoiced_until": first_of_next_month(today),
                    "opening_balance": {0: "12.50", 1: "-3.00"}.get(index % 10, ""),
                    "anchor_day": 1,
                }
            )
    return file


async def test_moving_in_disconnects_nobody_and_bills_no_day_twice(place, record_property):
    today = datetime.now(UTC).date()
    async with running_suite(place / "data") as suite:
        server = Server(
            host="127.0.0.1",
            auth_port=suite.auth_port,
            acct_port=suite.acct_port,
            secret=SECRET.encode(),
        )
        async with Nas(server=server, personality=MIKROTIK, clock=SystemClock()) as nas:
            await suite.turnpike(
                "plan", "add", "gold", "--price", "25.00", "--down", "100M", "--up", "20M"
            )
            await suite.turnpike(
                "nas",
                "add",
                "bras1",
                "127.0.0.1",
                "--secret",
                SECRET,
                "--vendor",
                "mikrotik",
                "--coa-port",
                str(nas.coa_port),
            )
            file = exported(place / "export.csv", today)
            imported = await suite.turnpike("subscriber", "import", str(file))

            assert SUBSCRIBERS == imported["added"]
            await asyncio.sleep(1.0)
            gate = asyncio.Semaphore(AT_A_TIME)

            async def arrive(index: int) -> None:
                line = Line(
                    login=f"old{index:05d}",
                    password=f"pw-{index}",
                    mac=f"02:00:00:00:{index >> 8:02x}:{index & 255:02x}",
                )
                async with gate:
                    await nas.adopt(
                        line,
                        seconds=AGE_SECONDS,
                        octets_up=5_000_000,
                        octets_down=7_000_000_000,
                    )

            await asyncio.gather(*(arrive(index) for index in range(LIVE_SESSIONS)))
            await eventually(lambda: arrived(suite), seconds=30)
            await asyncio.sleep(SETTLE_SECONDS)

            assert LIVE_SESSIONS == len(nas.sessions)
            assert 0 == nas.counts["disconnected"] + nas.counts["changed"]
            assert [("adopted", LIVE_SESSIONS)] == await suite.rows(
                "SELECT enforcement, count(*) FROM report.sessions_live GROUP BY 1"
            )
            assert [] == await used(suite)
            session = next(iter(nas.sessions.values()))
            session.use(octets_up=1, octets_down=1_000_000)
            await nas.interim(session)
            await eventually(lambda: used(suite), seconds=10)

            assert [(session.line.login, 1_000_000)] == await used(suite)
            await only_the_days_after(suite, today)
    record_property("subscribers imported", SUBSCRIBERS)
    record_property("live sessions adopted, none disconnected", LIVE_SESSIONS)


async def arrived(suite: Suite) -> bool:
    [(count,)] = await suite.rows("SELECT count(*) FROM report.sessions_live")
    return count == LIVE_SESSIONS


async def used(suite: Suite) -> list[tuple]:
    """What is to be billed: nothing of what the former provider let through."""
    return await suite.rows("SELECT login, octets_down::bigint FROM report.usage_daily")


async def only_the_days_after(suite: Suite, today: date) -> None:
    """The first preview charges from `invoiced_until` on, and the balances came over once."""
    begins = first_of_next_month(today)
    nothing = await suite.turnpike(
        "billing", "run", "--through", (begins - timedelta(days=1)).isoformat(), "--preview"
    )
    preview = await suite.turnpike("billing", "run", "--through", begins.isoformat(), "--preview")

    assert [] == nothing["documents"]
    assert SUBSCRIBERS == len(preview["documents"])
    assert {begins.isoformat()} == {each["from"] for each in preview["documents"]}
    [(owed, to_good)] = await suite.rows(
        "SELECT count(*) FILTER (WHERE total = 12.50), count(*) FILTER (WHERE total = -3.00)"
        " FROM report.invoices WHERE kind = 'opening_balance'"
    )

    assert (SUBSCRIBERS // 10, SUBSCRIBERS // 10) == (owed, to_good)
