"""A subscriber logs in, uses data, is billed, is cut off for not paying, pays and is back.

Once with the lab's NAS, once with FreeRADIUS's tools as the NAS; each on both kinds of server.
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from database.address import password_file
from database.embedded import EmbeddedServer
from database.roles import ADMIN_NAME
from lab.nas import GENERIC, MIKROTIK, Line, Nas, Refusal, Server, Session
from tests.support.coa_site import FREERADIUS, coa_site
from tests.support.eventually import eventually
from tests.support.postgres import ServerKind, system_binaries
from tests.support.radclient import RADCLIENT, Answer, radclient
from tests.support.story import (
    LOGIN,
    PASSWORD,
    SECRET,
    SUBSCRIBERS,
    block_day,
    first_bill,
    open_shop,
)
from tests.support.suite import Suite, running_suite

LINE = Line(login=LOGIN, password=PASSWORD, mac="02:00:00:00:00:07")
MEGABYTE = 1_000_000
USED = (30 * MEGABYTE, 300 * MEGABYTE)

pytestmark = [pytest.mark.prove, pytest.mark.measured, pytest.mark.xdist_group("story")]


@pytest.fixture(params=list(ServerKind))
async def suite(request, place: Path) -> AsyncIterator[Suite]:
    """The suite on the embedded server, and on an ordinary one by `database.url`."""
    if request.param is ServerKind.EMBEDDED:
        async with running_suite(place / "data") as running:
            yield running
        return
    binaries = system_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL 15 is not installed in /usr/lib/postgresql/15")
    server = EmbeddedServer(place / "server", binaries=binaries)
    async with server.running():
        own = DatabaseConfig(data=place / "server")
        word = password_file(own).password(ADMIN_NAME).reveal()
        port = (place / "server" / "postgres" / "port").read_text().strip()
        url = f"postgresql://{ADMIN_NAME}:{word}@127.0.0.1:{port}/turnpike"
        async with running_suite(place / "data", database_url=url) as running:
            yield running


@pytest.mark.parametrize("personality", [GENERIC, MIKROTIK], ids=lambda each: each.name)
async def test_the_story_with_the_labs_nas(suite, personality, place):
    today = datetime.now(UTC).date()
    async with Nas(server=lab_server(suite), personality=personality, clock=SystemClock()) as nas:
        await open_shop(suite, place, today, vendor=personality.name, coa_port=nas.coa_port)
        session = await three_sessions(nas)
        await eventually(lambda: has_used(suite, USED))
        live = await suite.rows("SELECT enforcement, down_kbps, up_kbps FROM report.sessions_live")

        assert [("confirmed", 100_000, 20_000)] == live
        owed = await blocked_by_a_run(suite, today)
        await eventually(lambda: session.ended, seconds=10)
        refused = await nas.connect(LINE)

        assert isinstance(refused, Refusal)
        assert refused.message is not None
        await why_says_unpaid(suite)
        before = await money(suite)
        await suite.turnpike("billing", "run", "--through", block_day(today).isoformat())

        assert before == await money(suite)
        await suite.turnpike("payment", "add", LOGIN, str(owed), "--reference", "bank-1")

        assert await eventually(lambda: logged_in(nas), seconds=2)
        await paid_in_full(suite)
        await eventually(lambda: disconnect_is_proven(suite))


@pytest.mark.foreign
@pytest.mark.skipif(not RADCLIENT, reason="FreeRADIUS's radclient is not installed")
@pytest.mark.skipif(not FREERADIUS, reason="FreeRADIUS, for its CoA site, is not installed")
async def test_the_story_with_freeradius_as_the_nas(suite, place):
    today = datetime.now(UTC).date()
    async with coa_site(place / "coa-site", SECRET) as site:
        await open_shop(suite, place, today, vendor="generic", coa_port=site.port)
        accept = await eventually(lambda: accepted(suite), seconds=5)
        for number in (1, 2, 3):
            await session_of_radclient(suite, f"r{number}", accept, ends=number < 3)
        await eventually(lambda: has_used(suite, USED))
        owed = await blocked_by_a_run(suite, today)
        seen = await eventually(site.packets, seconds=10)

        assert ("Disconnect-Request", "r3", LOGIN) in seen
        await acct(suite, "r3", accept, "Stop", seconds=120)
        await eventually(lambda: nobody_is_online(suite))

        assert "Access-Reject" == (await ask(suite)).code
        await why_says_unpaid(suite)
        await suite.turnpike("payment", "add", LOGIN, str(owed), "--reference", "bank-1")

        assert await eventually(lambda: accepted(suite), seconds=2)
        await paid_in_full(suite)
        await eventually(lambda: disconnect_is_proven(suite))


def lab_server(suite: Suite) -> Server:
    return Server(
        host="127.0.0.1",
        auth_port=suite.auth_port,
        acct_port=suite.acct_port,
        secret=SECRET.encode(),
    )


async def logged_in(nas: Nas) -> Session | None:
    result = await nas.connect(LINE)
    return None if isinstance(result, Refusal) else result


async def three_sessions(nas: Nas) -> Session:
    """Two that end and one that stays; each uses 10 MB up and 100 MB down."""
    for _ in range(2):
        session = await eventually(lambda: logged_in(nas), seconds=5)
        session.use(octets_up=10 * MEGABYTE, octets_down=100 * MEGABYTE)
        await nas.hang_up(session)
    session = await eventually(lambda: logged_in(nas), seconds=5)
    session.use(octets_up=10 * MEGABYTE, octets_down=100 * MEGABYTE)
    await nas.interim(session)
    return session


async def blocked_by_a_run(suite: Suite, today: date) -> Decimal:
    """Run billing through the day after due, by hand; returns what the subscriber owes."""
    day = block_day(today).isoformat()
    preview = await suite.turnpike("billing", "run", "--through", day, "--preview")

    assert "S00007" in preview["blocked"]
    result = await suite.turnpike("billing", "run", "--through", day)

    assert SUBSCRIBERS == result["blocked"]
    assert len(preview["documents"]) == result["documents"]
    return await billed_to_the_cent(suite, today)


async def billed_to_the_cent(suite: Suite, today: date) -> Decimal:
    """The first document and its ledger; returns what is to be paid in all."""
    net, tax, total = first_bill(today)
    [document] = await suite.rows(
        "SELECT net, tax, total, open FROM report.invoices"
        " WHERE subscriber = 'S00007' ORDER BY issued_on LIMIT 1"
    )

    assert (net, tax, total, total) == document
    assert [] == await suite.rows(
        "SELECT transaction FROM report.ledger GROUP BY transaction, currency"
        " HAVING sum(amount) <> 0"
    )
    [(receivable,)] = await suite.rows(
        "SELECT sum(amount) FROM report.ledger WHERE account = 'receivable'"
        " AND subscriber = 'S00007'"
    )
    return receivable


async def money(suite: Suite) -> list[tuple]:
    """Everything that a second run must leave as it is."""
    return await suite.rows(
        "SELECT 'line', number, total::text FROM report.invoice_lines UNION ALL"
        " SELECT 'ledger', transaction::text || account, amount::text FROM report.ledger UNION ALL"
        " SELECT 'hold', service, kind || reason FROM report.holds ORDER BY 1, 2, 3"
    )


async def has_used(suite: Suite, expected: tuple[int, int]) -> bool:
    [row] = await suite.rows(
        "SELECT coalesce(sum(octets_up), 0)::bigint, coalesce(sum(octets_down), 0)::bigint"
        f" FROM report.usage_daily WHERE login = '{LOGIN}'"
    )
    return expected == row


async def why_says_unpaid(suite: Suite) -> None:
    why = await suite.turnpike("why", LOGIN)

    assert "none" == why["entitlement"]["access"]
    assert any("unpaid" in reason["code"] for reason in why["entitlement"]["reasons"])


async def paid_in_full(suite: Suite) -> None:
    [(open_,)] = await suite.rows(
        "SELECT sum(open) FROM report.invoices WHERE subscriber = 'S00007'"
    )

    assert Decimal(0) == open_


async def nobody_is_online(suite: Suite) -> bool:
    return [] == await suite.rows("SELECT 1 FROM report.sessions_live")


async def disconnect_is_proven(suite: Suite) -> bool:
    rows = await suite.rows(
        f"SELECT kind FROM report.enforcement WHERE proven_at IS NOT NULL AND login = '{LOGIN}'"
    )
    return ("disconnect",) in rows


async def ask(suite: Suite) -> Answer:
    """One Access-Request by radclient."""
    return await radclient(
        f"127.0.0.1:{suite.auth_port}",
        "auth",
        SECRET,
        {
            "User-Name": LOGIN,
            "User-Password": PASSWORD,
            "Calling-Station-Id": LINE.mac,
            "NAS-IP-Address": "127.0.0.1",
        },
        bare={"Message-Authenticator": "0x00"},
    )


async def accepted(suite: Suite) -> Answer | None:
    answer = await ask(suite)
    return answer if answer.code == "Access-Accept" else None


async def acct(suite: Suite, name: str, accept: Answer, status: str, *, seconds: int = 0) -> None:
    """One Accounting-Request by radclient; it must be acknowledged."""
    attributes: dict[str, str | int] = {
        "Acct-Status-Type": status,
        "Acct-Session-Id": name,
        "User-Name": LOGIN,
        "Calling-Station-Id": LINE.mac,
        "NAS-IP-Address": "127.0.0.1",
        "Framed-IP-Address": "100.64.0.7",
    }
    if status != "Start":
        attributes |= {
            "Acct-Session-Time": seconds,
            "Acct-Input-Octets": 10 * MEGABYTE,
            "Acct-Output-Octets": 100 * MEGABYTE,
        }
    cookie = accept.attributes.get("Class")
    answer = await radclient(
        f"127.0.0.1:{suite.acct_port}",
        "acct",
        SECRET,
        attributes,
        bare={"Class": cookie} if cookie else None,
    )

    assert "Accounting-Response" == answer.code, answer.output


async def session_of_radclient(suite: Suite, name: str, accept: Answer, *, ends: bool) -> None:
    await acct(suite, name, accept, "Start")
    await acct(suite, name, accept, "Interim-Update", seconds=60)
    if ends:
        await acct(suite, name, accept, "Stop", seconds=61)
