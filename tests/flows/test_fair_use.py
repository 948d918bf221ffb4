"""A cap is reached: throttled on the router, by CoA or by its queue; free again in the next period.

Once with a BRAS that takes a new rate by CoA, once with a router whose queues the shaper sets.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from database.connect import Database, Role
from lab.nas import GENERIC, MIKROTIK, Line, Nas, Server, Session
from lab.routeros import RouterOs
from operations import entitlement
from tests.support.eventually import eventually
from tests.support.suite import CommandFailed, Suite, running_suite

SECRET = "a-secret-of-the-story-1"
LOGIN, PASSWORD = "ann@example.net", "password-1"
LINE = Line(login=LOGIN, password=PASSWORD, mac="02:00:00:00:00:07")
GIGABYTE = 1_000_000_000
TERMS = "--price 25 --down 100M --up 20M --pool homes --cap 5G --over throttle:2M/1M"

pytestmark = [pytest.mark.xdist_group("story")]


@pytest.fixture
async def suite(place: Path) -> AsyncIterator[Suite]:
    async with running_suite(place / "data") as running:
        yield running


async def test_a_bras_is_told_of_the_throttle_by_coa(suite: Suite):
    async with Nas(server=lab_server(suite), personality=MIKROTIK, clock=SystemClock()) as nas:
        await open_shop(suite, nas, vendor="mikrotik")
        session = await logged_in(nas)
        assert (20_000, 100_000) == session.rates_kbps()

        await use_up(nas, session)

        await eventually(lambda: has_rates(session, 1_000, 2_000), seconds=10)
        assert "cap_throttled" in await reasons(suite)
        await begin_next_period(suite)

        await eventually(lambda: has_rates(session, 20_000, 100_000), seconds=10)
        assert ["active"] == await reasons(suite)


async def test_a_router_has_the_throttle_as_its_queue(suite: Suite):
    async with (
        Nas(server=lab_server(suite), personality=GENERIC, clock=SystemClock()) as nas,
        RouterOs(user="admin", password="lab") as router,
    ):
        await open_shop(suite, nas, vendor="generic")
        session = await logged_in(nas)
        address = f"127.0.0.1:{router.port}"
        await suite.turnpike(
            *("device", "add", "router", "r1", address, "--user", "admin", "--password", "lab")
        )
        with pytest.raises(CommandFailed, match="nobody has seen"):
            await suite.turnpike("shaper", "enable", "r1")
        difference = await suite.turnpike("shaper", "diff", "r1")
        assert (1, 0, 0) == (difference["add"], difference["set"], difference["remove"])
        assert {} == queues(router)
        await suite.turnpike("shaper", "enable", "r1")
        await eventually(lambda: shaped(router, "20000000/100000000"), seconds=10)

        await use_up(nas, session)

        await eventually(lambda: shaped(router, "1000000/2000000"), seconds=10)
        await begin_next_period(suite)
        await eventually(lambda: shaped(router, "20000000/100000000"), seconds=10)
        await eventually(lambda: in_sync(suite), seconds=10)
        await nas.hang_up(session)
        await eventually(lambda: shaped(router, None), seconds=10)


def lab_server(suite: Suite) -> Server:
    return Server(
        host="127.0.0.1",
        auth_port=suite.auth_port,
        acct_port=suite.acct_port,
        secret=SECRET.encode(),
    )


async def open_shop(suite: Suite, nas: Nas, *, vendor: str) -> None:
    await suite.turnpike("pool", "add", "homes", "10.20.0.0/24")
    await suite.turnpike("plan", "add", "capped", *TERMS.split())
    await suite.turnpike(
        *("nas", "add", "bras1", "127.0.0.1", "--secret", SECRET, "--vendor", vendor),
        *("--coa-port", str(nas.coa_port)),
    )
    await suite.turnpike("subscriber", "add", LOGIN, "--password", PASSWORD, "--plan", "capped")


async def logged_in(nas: Nas) -> Session:
    async def attempt() -> Session | None:
        answer = await nas.connect(LINE)
        return answer if isinstance(answer, Session) else None

    return await eventually(attempt, seconds=10)


async def use_up(nas: Nas, session: Session) -> None:
    session.use(octets_up=GIGABYTE, octets_down=4 * GIGABYTE)
    await nas.interim(session)


async def has_rates(session: Session, up_kbps: int, down_kbps: int) -> bool:
    return session.rates_kbps() == (up_kbps, down_kbps)


async def reasons(suite: Suite) -> list[str]:
    why = await suite.turnpike("why", LOGIN)
    return [reason["code"] for reason in why["entitlement"]["reasons"]]


async def begin_next_period(suite: Suite) -> None:
    """What billingd does when a decision's time is over, said the time of the next month."""
    database = Database(DatabaseConfig(data=suite.data), Role.BILLINGD)
    next_month = datetime.now(UTC) + timedelta(days=32)
    try:
        async with database.transaction() as transaction:
            assert 1 == await entitlement.rewrite_expired(transaction, next_month, 10)
    finally:
        await database.close()


def queues(router: RouterOs) -> dict[str, str]:
    rows: Any = router.tables["/queue/simple"].rows.values()
    return {row.values["name"]: row.values["max-limit"] for row in rows}


async def shaped(router: RouterOs, limit: str | None) -> bool:
    return list(queues(router).values()) == ([] if limit is None else [limit])


async def in_sync(suite: Suite) -> bool:
    drift = await suite.rows("SELECT router, login, drift FROM report.queues")
    return drift == [("r1", LOGIN, None)]
