"""The daemon as it is run: where it listens, its health, its exit codes."""

import asyncio
import signal
import socket

import httpx
from sqlalchemy import text

from database.connect import Database, Role
from tests.support.running_webui import event, running_webui, started
from tests.support.web_provider import OPERATOR, PASSWORD
from webui.sign_in import COOKIE


async def test_it_serves_its_pages_and_its_health_and_stops(provider):
    async with (
        running_webui(provider.config) as running,
        httpx.AsyncClient(base_url=running.url) as client,
    ):
        answer = await client.post("/sign-in", data={"name": OPERATOR, "password": PASSWORD})
        listed = await client.get("/subscribers")
        health = f"http://127.0.0.1:{running.health_port}"
        ready = await client.get(f"{health}/readyz?verbose")
        metrics = await client.get(f"{health}/metrics")

    assert (303, 200) == (answer.status_code, listed.status_code)
    assert "server" not in listed.headers
    assert (200, True) == (ready.status_code, running.url in ready.text)
    assert 'turnpike_webui_sign_ins_total{outcome="ok"} 1.0' in metrics.text
    assert 'turnpike_webui_answers_total{status="200"} 1.0' in metrics.text


async def test_a_reload_is_seen_by_the_next_sign_in(provider, tmp_path):
    file = tmp_path / "turnpike.toml"
    file.write_text("[webui]\nsession_hours = 1\n")
    process = await started(provider.config, arguments=["--config", str(file)])
    url = (await event(process, "webui_listening"))["url"]
    await event(process, "daemon_started")
    file.write_text("[webui]\nsession_hours = 3\n")
    process.send_signal(signal.SIGHUP)
    await event(process, "config_reloaded")
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.post("/sign-in", data={"name": OPERATOR, "password": PASSWORD})
    process.terminate()
    await process.communicate()

    assert f"{COOKIE}=" in answer.headers["set-cookie"]
    assert "Max-Age=10800" in answer.headers["set-cookie"]


async def test_it_is_seen_in_the_status_of_the_suite(provider):
    reader = Database(provider.config, Role.READER)
    query = text("SELECT state FROM daemon_status WHERE daemon = 'webui'")
    async with running_webui(provider.config), asyncio.timeout(60):
        seen = None
        while seen != "ready":
            async with reader.transaction() as transaction:
                seen = await transaction.scalar(query)
            await asyncio.sleep(0.05)
    async with reader.transaction() as transaction:
        left = await transaction.scalar(query)
    await reader.close()

    assert "stopped" == left


async def test_a_port_that_is_taken_is_refused_with_a_remedy(provider):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await started(provider.config, TURNPIKE_WEBUI__PORT=port)
        refused = await event(process, "start_refused")
        await process.communicate()

    assert "free the port" in refused["remedy"]
    assert 69 == process.returncode


async def test_a_tenant_that_is_not_there_is_refused(provider):
    process = await started(provider.config, TURNPIKE_WEBUI__TENANT="nobody")
    refused = await event(process, "start_refused")
    await process.communicate()

    assert "there is no tenant nobody" == refused["problem"]
    assert 64 == process.returncode
