"""Signing in: the password, the cookie, the session, guessing, forms from elsewhere."""

from collections.abc import AsyncIterator
from datetime import timedelta
from http.cookies import SimpleCookie
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from chassis.secrets import Secret
from database.connect import Database, Role
from operations import operators
from tests.support.web_provider import OPERATOR, PASSWORD
from webui.app import Application
from webui.config import WebuiConfig
from webui.guard import TRIES_OF_A_NAME_MAX, WINDOW
from webui.sign_in import COOKIE, token_hash


async def sign_in(client, name=OPERATOR, password=PASSWORD, **fields):
    return await client.post("/sign-in", data={"name": name, "password": password} | fields)


@pytest.fixture
async def command(provider) -> AsyncIterator[Database]:
    database = Database(provider.config, Role.COMMAND)
    yield database
    await database.close()


@pytest.fixture
async def bob(command, provider) -> str:
    """An operator of this test's own, with ann's password."""
    name = f"bob {uuid4()}"
    async with command.transaction(provider.tenant_id) as transaction:
        await operators.add(
            transaction, name=name, password=Secret(PASSWORD), actor="ann", now=provider.now
        )
    return name


async def test_the_right_password_signs_in(visitor):
    answer = await sign_in(visitor)

    assert (303, "/subscribers") == (answer.status_code, answer.headers["location"])
    assert 200 == (await visitor.get("/subscribers")).status_code


async def test_signing_in_leads_to_the_page_that_was_asked_for(visitor):
    refused = await visitor.get("/sessions?nas=bras1")
    form = await visitor.get(refused.headers["location"])
    answer = await sign_in(visitor, to="/sessions?nas=bras1")

    assert "/sign-in?to=%2Fsessions%3Fnas%3Dbras1" == refused.headers["location"]
    assert 'value="/sessions?nas=bras1"' in form.text
    assert "/sessions?nas=bras1" == answer.headers["location"]


@pytest.mark.parametrize(
    ("name", "password"),
    [(OPERATOR, "wrong"), (OPERATOR, ""), ("nobody", PASSWORD), ("", ""), ("\x00", PASSWORD)],
)
async def test_a_wrong_name_and_a_wrong_password_are_refused_alike(visitor, name, password):
    answer = await sign_in(visitor, name, password)

    assert 403 == answer.status_code
    assert "Wrong name or password." in answer.text
    assert "set-cookie" not in answer.headers
    assert 303 == (await visitor.get("/subscribers")).status_code


async def test_guessing_is_slowed_until_the_window_has_passed(visitor, clock):
    for _ in range(TRIES_OF_A_NAME_MAX):
        await sign_in(visitor, password="wrong")
    slowed = await sign_in(visitor)

    assert (429, "600") == (slowed.status_code, slowed.headers["retry-after"])
    clock.advance(WINDOW.total_seconds())

    assert 303 == (await sign_in(visitor)).status_code


@pytest.mark.parametrize("behind_tls_proxy", [False, True])
async def test_the_cookie_is_for_this_site_and_no_script(site, behind_tls_proxy):
    application = Application(site)
    application.reconfigure(WebuiConfig(behind_tls_proxy=behind_tls_proxy, session_hours=2))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="https://pages.example") as client:
        answer = await sign_in(client)
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]

    assert cookie["httponly"]
    assert bool(cookie["secure"]) == behind_tls_proxy
    assert ("lax", "/", "", "7200") == (
        cookie["samesite"],
        cookie["path"],
        cookie["domain"],
        cookie["max-age"],
    )


async def test_the_database_holds_the_tokens_hash_only(visitor, command, provider):
    answer = await sign_in(visitor)
    token = SimpleCookie(answer.headers["set-cookie"])[COOKIE].value
    async with command.transaction(provider.tenant_id) as transaction:
        rows = await transaction.execute(text("SELECT token_hash FROM web_session"))
        hashes = {bytes(row.token_hash) for row in rows}

    assert token_hash(token) in hashes
    assert token.encode() not in hashes


async def test_signing_out_ends_the_session_in_the_database_too(visitor):
    await sign_in(visitor)
    token = visitor.cookies[COOKIE]
    answer = await visitor.post("/sign-out")

    assert (303, "/sign-in") == (answer.status_code, answer.headers["location"])
    assert COOKIE not in visitor.cookies
    visitor.cookies.set(COOKIE, token)

    assert 303 == (await visitor.get("/subscribers")).status_code


async def test_a_session_ends_by_time_and_is_forgotten(visitor, site, clock, bob, command):
    await sign_in(visitor, bob)
    hours = site.config.session_hours
    clock.advance(hours * 3600 - 1)

    assert 200 == (await visitor.get("/sessions")).status_code
    clock.advance(1)

    assert 303 == (await visitor.get("/sessions")).status_code
    await sign_in(visitor, bob)
    async with command.transaction(site.tenant.tenant_id) as transaction:
        old = await transaction.scalar(
            text("SELECT count(*) FROM web_session WHERE expires_at <= :now"),
            {"now": clock.now() - timedelta(0)},
        )

    assert 0 == old


@pytest.mark.parametrize("change", ["disable", "set_password"])
async def test_disabling_an_operator_and_a_new_password_end_his_sessions(
    visitor, bob, command, provider, change
):
    await sign_in(visitor, bob)
    more = {} if change == "disable" else {"password": Secret("another long password")}
    async with command.transaction(provider.tenant_id) as transaction:
        await getattr(operators, change)(
            transaction, name=bob, actor="ann", now=provider.now, **more
        )

    assert 303 == (await visitor.get("/subscribers")).status_code
    assert 403 == (await sign_in(visitor, bob)).status_code


async def test_a_session_of_another_tenant_is_none(visitor, command, provider):
    await sign_in(visitor)
    async with command.transaction(provider.tenant_id + 1) as transaction:
        seen = await transaction.scalar(text("SELECT count(*) FROM web_session"))

    assert 0 == seen


async def test_signing_in_is_audited(visitor, bob, command, provider):
    await sign_in(visitor, bob)
    async with command.transaction(provider.tenant_id) as transaction:
        actions = await transaction.scalars(
            text("SELECT action FROM audit WHERE actor = :name"), {"name": bob}
        )

        assert ["operator.sign_in"] == list(actions)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:8080"},
    ],
)
async def test_a_form_from_another_site_is_refused(ann, headers):
    answer = await ann.post("/sign-out", headers=headers)

    assert 403 == answer.status_code
    assert "another site" in answer.text
    assert 200 == (await ann.get("/subscribers")).status_code


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://127.0.0.1:8080"}, {"sec-fetch-site": "same-origin"}]
)
async def test_our_own_form_is_not(ann, headers):
    assert 303 == (await ann.post("/sign-out", headers=headers)).status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"name=" + b"a" * 20_000, 413), (b"\xff\xfe=1", 400), (b"&".join([b"a=1"] * 30), 400)],
)
async def test_a_form_that_is_not_ours_is_refused(visitor, body, status):
    assert status == (await visitor.post("/sign-in", content=body)).status_code


@pytest.mark.parametrize("cookie", ["", "x", "é", "a" * 5000])
async def test_a_cookie_that_is_not_ours_signs_nobody_in(visitor, cookie):
    answer = await visitor.get("/subscribers", headers={b"cookie": f"{COOKIE}={cookie}".encode()})

    assert 303 == answer.status_code
