"""Foreign clients, unchanged, against the lab's router."""

import asyncio
import json
import ssl
from pathlib import Path

import httpx
import librouteros
import pytest
from librouteros.exceptions import MultiTrapError, TrapError
from librouteros.query import And, Key, Or

from lab.routeros import RouterOs

QUEUE = {"name": "ann", "target": "10.0.0.1", "max-limit": "7M/2M"}
STORY = Path(__file__).with_name("foreign.mjs")


def log_in(router: RouterOs, **more: object) -> librouteros.Api:
    login = {"host": router.address, "port": router.port, "username": "admin", "password": "lab"}
    return librouteros.connect(**(login | more))


def librouteros_story(router: RouterOs) -> None:
    api = log_in(router)
    queues = api.path("queue", "simple")
    row_id = queues.add(**QUEUE)
    queues.add(name="bob", target="10.0.0.2", parent="none", disabled=True)
    queues.update(**{".id": row_id, "max-limit": "8M/2M"})

    name, disabled, limit = Key("name"), Key("disabled"), Key("max-limit")
    assert [{"name": "ann", "max-limit": "8000000/2000000"}] == list(
        queues.select(name, limit).where(name == "ann")
    )
    assert ["bob"] == [row["name"] for row in queues.select(name).where(disabled == True)]  # noqa: E712 - a query
    either = Or(name == "ann", And(name == "bob", disabled == True))  # noqa: E712 - a query
    assert 2 == len(list(queues.select(name).where(either)))
    with pytest.raises(TrapError, match="already have such name"):
        queues.add(**QUEUE)
    with pytest.raises(MultiTrapError):
        queues.remove("*90", row_id, "*91")
    assert ["bob"] == [row["name"] for row in queues]
    assert "lab" == next(iter(api.path("system", "identity")))["name"]
    api.close()


async def test_librouteros_in_a_thread(router):
    await asyncio.to_thread(librouteros_story, router)


async def test_librouteros_async(router):
    api = await librouteros.async_connect(
        host=router.address, port=router.port, username="admin", password="lab"
    )
    queues = api.path("queue", "simple")
    row_id = await queues.add(**QUEUE)

    assert ["7000000/2000000"] == [row["max-limit"] async for row in queues]
    await queues.remove(row_id)
    assert [] == [row async for row in queues]
    await api.close()


async def test_librouteros_by_the_old_challenge_over_tls():
    async with RouterOs(password="lab", version="6.42.1", tls_port=0) as router:

        def story() -> str:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            api = log_in(
                router,
                port=router.ports()["api-ssl"],
                login_method=librouteros.token,
                ssl_wrapper=lambda socket: context.wrap_socket(socket, server_hostname="lab"),
            )
            name = next(iter(api.path("system", "identity")))["name"]
            api.close()
            return name

        assert "lab" == await asyncio.to_thread(story)


@pytest.mark.foreign
@pytest.mark.parametrize(
    ("client", "version"),
    [
        ("node-routeros", "7.16.2"),
        ("node-routeros", "6.42.1"),
        ("routeros-client", "7.16.2"),
        ("mikronode", "7.16.2"),
        ("mikronode", "7.18.2"),
    ],
)
async def test_a_client_of_npm(npm_clients, client, version):
    async with RouterOs(password="lab", version=version) as router:
        process = await asyncio.create_subprocess_exec(
            *("node", str(STORY), client, str(router.port), "admin", "lab"),
            cwd=npm_clients,
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()

        assert 0 == process.returncode
        story = json.loads(told)
        assert ("ann", "10.0.0.1/32") == (story["row"]["name"], story["row"]["target"])
        assert "7000000/2000000" in story["row"].values()
        assert "lab" == story["identity"]
        assert "already have such name" in story["refused"]
        assert router.writes["/queue/simple", "add"] == 1


async def test_rest_with_basic_auth_and_strings(router):
    base = f"http://{router.address}:{router.ports()['www']}/rest"
    async with httpx.AsyncClient(base_url=base, auth=("admin", "lab")) as client:
        created = await client.put("/queue/simple", json=QUEUE)
        row_id = created.json()[".id"]
        changed = await client.patch(f"/queue/simple/{row_id}", json={"max-limit": "8M/2M"})
        again = await client.put("/queue/simple", json=QUEUE)
        listed = await client.get("/queue/simple", params={"name": "ann", ".proplist": "name"})
        queried = await client.post(
            "/queue/simple/print",
            json={".query": ["name=ann", "name=bob", "#|"], ".proplist": ["name", "max-limit"]},
        )
        removed = await client.delete(f"/queue/simple/{row_id}")
        gone = await client.delete(f"/queue/simple/{row_id}")
        nowhere = await client.get("/nonexistent/path")
        resource = await client.get("/system/resource")

    assert (201, "7000000/2000000") == (created.status_code, created.json()["max-limit"])
    assert (200, "8000000/2000000") == (changed.status_code, changed.json()["max-limit"])
    assert (400, "failure: already have such name") == (again.status_code, again.json()["detail"])
    assert [{".id": row_id, "name": "ann"}] == listed.json()
    assert [{".id": row_id, "name": "ann", "max-limit": "8000000/2000000"}] == queried.json()
    assert (204, 404) == (removed.status_code, gone.status_code)
    assert "no such command or directory (nonexistent)" == nowhere.json()["detail"]
    assert "7.16.2 (stable)" == resource.json()["version"]


async def test_rest_refuses_a_wrong_password(router):
    base = f"http://{router.address}:{router.ports()['www']}/rest"
    async with httpx.AsyncClient(auth=("admin", "wrong")) as client:
        assert 401 == (await client.get(f"{base}/system/identity")).status_code
