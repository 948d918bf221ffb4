"""Health over HTTP: three questions, bounded."""

import asyncio

import pytest

from chassis.health import Check, Health, HealthServer

WELL = Health(checks=(Check(name="database", ok=True, detail="3 ms"),), status="fine")


@pytest.fixture
async def server():
    """A server that reports what `server.now` says."""
    served = HealthServer(lambda: served.now)
    served.now = WELL
    served.port = await served.start("127.0.0.1", 0)
    yield served
    await served.close()


async def ask(server, request: bytes) -> tuple[int, str]:
    """The status and body of the answer to raw octets."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


def get(path: str) -> bytes:
    """A GET as curl sends it."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def test_a_daemon_that_is_well_is_live_and_ready(server):
    assert (200, "ok\n") == await ask(server, get("/livez"))
    assert (200, "ok\n") == await ask(server, get("/readyz"))
    assert (200, "[+] database: 3 ms\nok\n") == await ask(server, get("/readyz?verbose"))


async def test_without_a_needed_thing_it_is_live_but_not_ready(server):
    server.now = Health(checks=(Check(name="database", ok=False, detail="away"),))

    assert (200, "ok\n") == await ask(server, get("/livez"))
    assert (503, "[-] database: away\nnot ready\n") == await ask(server, get("/readyz"))


async def test_what_is_only_noted_does_not_matter(server):
    server.now = Health(checks=(Check(name="tasks", ok=False, needed=False),))

    assert (200, "ok\n") == await ask(server, get("/readyz"))


async def test_without_a_vital_thing_it_is_not_live(server):
    server.now = Health(checks=(Check(name="loop", ok=False, vital=True),))

    assert (503, "broken\n") == await ask(server, get("/livez"))


async def test_metrics_are_in_prometheus_text(server):
    status, body = await ask(server, get("/metrics"))

    assert 200 == status
    assert "# TYPE process_open_fds gauge" in body


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("GET /nothing HTTP/1.1", 404), ("POST /livez HTTP/1.1", 405), ("nonsense", 400)],
)
async def test_other_questions_are_refused(server, request_line, status):
    assert status == (await ask(server, f"{request_line}\r\n\r\n".encode()))[0]


async def test_a_head_without_end_is_cut_off(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"x" * 20_000)

    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
