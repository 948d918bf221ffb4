"""Looking things up: by index, and within the tenant."""

from datetime import date, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from uuid import UUID

import pytest
from sqlalchemy import insert

from database.connect import Role
from database.tables.enforcement import disconnect_request
from database.tables.sessions import session_live, usage_hourly
from isp.errors import Refused
from isp.service import HoldKind
from operations import find, sessions, suspension, usage, why
from operations.address_history import containing, who_had
from operations.why_text import why_lines
from tests.operations.conftest import NOW, Desk

KEY = UUID(int=7)


async def go_live(desk: Desk, database, login: str = "ann") -> None:
    """A session as radiusd records it."""
    ((service_id, subscriber_id),) = await desk.rows(
        "SELECT service_id, subscriber_id FROM service WHERE name = :login", login=login
    )
    row = {
        "session_key": KEY,
        "tenant_id": desk.tenant_id,
        "subscriber_id": subscriber_id,
        "service_id": service_id,
        "nas_id": 1,
        "acct_session_id": "81a0",
        "login": login,
        "framed_ip": "100.64.0.7",
        "delegated_ipv6_prefix": "2001:db8:0:100::/56",
        "calling_station_id": "00:11:22:33:44:55",
        "started_at": NOW,
        "last_seen_at": NOW,
        "octets_down": 5_000_000,
    }
    hours = {
        "tenant_id": desk.tenant_id,
        "subscriber_id": subscriber_id,
        "service_id": service_id,
        "hour": NOW.replace(hour=0),
        "octets_down": 5_000_000,
        "octets_up": 1_000_000,
    }
    async with database(Role.RADIUSD).transaction() as transaction:
        await transaction.execute(insert(session_live), row)
        await transaction.execute(insert(usage_hourly), hours)


async def test_found_by_whatever_the_caller_knows(desk: Desk, database) -> None:
    await desk.sell(
        "ann",
        subscriber="S-1",
        name="Ann Example",
        email="ann@example.org",
        phone="+49123",
        onu_serial="HWTC0011AABB",
        circuit_id="olt1/0/3:12",
        routes=(IPv4Network("198.51.100.0/29"),),
    )
    await go_live(desk, database)
    texts = (
        "ANN", "S-1", "Ann Ex", "ann@example.org", "+49123", "hwtc-0011aabb", "485754430011AABB",
        "olt1/0/3:12",
        "0011.2233.4455", "100.64.0.7", "198.51.100.3", "2001:db8:0:1ff::1",
    )  # fmt: skip
    async with desk.transaction() as transaction:
        found = {text: await find.find(transaction, text) for text in texts}
        nobody = await find.find(transaction, "zoe")

    assert () == nobody
    assert {text: {"ann"} for text in texts} == {
        text: {one.login for one in hits} for text, hits in found.items()
    }


@pytest.mark.parametrize(
    "text", ["example", "MÜLLER", "müller-e", "170 1234567", "0170/123-4567", "+49 (170) 1234567"]
)
async def test_found_as_a_caller_says_it(desk: Desk, text: str) -> None:
    await desk.sell("ann", name="Ann Müller-Example", phone="+49170 1234567")
    await desk.sell("bob", name="Bob", phone="+49170 7654321")
    async with desk.transaction() as transaction:
        found = await find.find(transaction, text)

    assert ["ann"] == [one.login for one in found]


@pytest.mark.parametrize("text", ["an", "xample", ".*", "(example", "4567", "67x1234567"])
async def test_what_fits_everybody_finds_nobody(desk: Desk, text: str) -> None:
    await desk.sell("ann", name="Ann Example", phone="+491701234567")
    async with desk.transaction() as transaction:
        assert () == await find.find(transaction, text)


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.71", "203.0.113.0/29", "0011.2233.4455", "00-11-22-33-44-55", "2026-0012",
        "2026/000123", "INV-00123", "24,71255", "12:34:56",
    ],
)  # fmt: skip
async def test_what_is_something_else_is_nobodys_phone_number(desk: Desk, text: str) -> None:
    ending = "".join(letter for letter in text if letter.isdecimal()).lstrip("0")
    await desk.sell("ann", phone=f"+49 170 {ending}")
    async with desk.transaction() as transaction:
        assert () == await find.find(transaction, text)


@pytest.mark.parametrize("text", ["491701234567", "00491701234567", "1701234567", "0170.1234567"])
async def test_a_number_without_signs_is_a_phone_number(desk: Desk, text: str) -> None:
    await desk.sell("ann", phone="+49 (170) 123-4567")
    async with desk.transaction() as transaction:
        assert ["ann"] == [one.login for one in await find.find(transaction, text)]


def test_every_network_around_an_address_is_searched_for() -> None:
    networks = containing(ip_address("192.0.2.7"))

    assert ("192.0.2.7/32", "192.0.2.6/31", "0.0.0.0/0", 33) == (
        *networks[:2],
        networks[-1],
        len(networks),
    )


async def test_who_had_an_address_when(desk: Desk, database) -> None:
    await desk.sell("ann")
    await go_live(desk, database)
    async with desk.transaction() as transaction:
        then = await who_had(transaction, IPv4Address("100.64.0.7"), NOW + timedelta(hours=1))
        before = await who_had(transaction, IPv4Address("100.64.0.7"), NOW - timedelta(hours=1))
        inside = await who_had(transaction, ip_address("2001:db8:0:1ff::1"), NOW)

    assert [("ann", "100.64.0.7/32", "session")] == [(x.login, x.address, x.by) for x in then]
    assert () == before
    assert [str(IPv6Network("2001:db8:0:100::/56"))] == [one.address for one in inside]


async def test_a_disconnect_is_a_row_for_coa(desk: Desk, database) -> None:
    await desk.sell("ann")
    await go_live(desk, database)
    async with desk.transaction() as transaction:
        count = await sessions.disconnect(transaction, {"plan": "gold"}, actor="bob", now=NOW)
        with pytest.raises(Refused, match="every session would go"):
            await sessions.disconnect(transaction, {}, actor="bob", now=NOW)
        with pytest.raises(Refused, match="cannot be filtered by colour"):
            await sessions.live(transaction, {"colour": "red"})

    assert 1 == count
    assert [(KEY, "bob", "operator")] == await desk.rows(
        f"SELECT session_key, requested_by, cause FROM {disconnect_request.name}"
    )


async def test_usage_is_by_the_days_of_the_tenant(desk: Desk, database) -> None:
    found = await desk.sell("ann")
    await go_live(desk, database)
    async with desk.transaction() as transaction:
        days = await usage.by_day(transaction, found, now=NOW)
        none = await usage.by_day(transaction, found, until=date(2026, 3, 10), now=NOW)

    assert [(date(2026, 3, 10), 5_000_000, 1_000_000)] == [
        (one.day, one.octets_down, one.octets_up) for one in days
    ]
    assert () == none


async def test_why_in_sentences(desk: Desk, database) -> None:
    await desk.sell("ann", mac="00:11:22:33:44:55", address=IPv4Address("192.0.2.7"))
    await go_live(desk, database)
    async with desk.transaction() as transaction:
        lines = list(why_lines(await why.why(transaction, "ann"), NOW))

    assert [
        "ann: active, plan gold (version 1)",
        "subscriber ann, owes nothing",
        "access full, 100M down, 20M up, 1 session, version 1",
        "  because plan gold is in force [active]",
        "identified by:",
        "  login ann",
        "  mac 00:11:22:33:44:55",
        "addresses:",
        "  ipv4 192.0.2.7/32 (static)",
        "sessions:",
        "  81a0 on 1 since 2026-03-10 12:00Z, 100.64.0.7, 5 MB down, 0 B up, not granted here, "
        "enforcement by its login",
    ] == lines


async def test_a_hold_to_come_is_told_as_such(desk: Desk) -> None:
    await desk.sell("ann", holds=(HoldKind.UNPAID,))
    async with desk.transaction() as transaction:
        await suspension.resume(
            transaction, login="ann", until=date(2026, 3, 20), actor="bob", now=NOW
        )
        lines = list(why_lines(await why.why(transaction, "ann"), NOW))

    assert "  unpaid by bob from 2026-03-20 00:00Z: held in the earlier system" in lines
