"""A daemon's life, seen from outside: arguments, exit codes, signals, what systemd is told."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
DEMO = "tests/chassis/demo_daemon.py"
PATIENCE_SECONDS = 60


class Running:
    """A demonstration daemon and the notification socket that it speaks to."""

    def __init__(self, process, notifications, path):
        self.process, self.notifications, self.path = process, notifications, path

    async def told(self, field: str) -> str:
        """Wait until systemd is told `field`; the whole message."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                message = (await loop.sock_recv(self.notifications, 4096)).decode()
                if field in message.splitlines():
                    return message

    async def event(self, name: str) -> dict:
        """Wait for a log event."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                line = await self.process.stdout.readline()
                assert line, f"it ended without {name}"
                if line.startswith(b"{") and (event := json.loads(line))["event"] == name:
                    return event

    async def ended(self) -> int:
        """Its exit code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.process.stdout.read()
            return await self.process.wait()

    async def http(self, path: str, port: int) -> str:
        """What its health server answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer.decode()


@pytest.fixture
async def start(tmp_path):
    """Starts the demonstration with keys for its table; stops it afterwards."""
    started = []

    async def starting(keys: str = "", **environment: str) -> Running:
        path = tmp_path / "turnpike.toml"
        path.write_text(f"[chassis]\nhealth_port_base = 0\n[radiusd]\n{keys}\n")
        notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notifications.setblocking(False)
        notifications.bind(str(tmp_path / "notify"))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            DEMO,
            "--config",
            str(path),
            cwd=HOUSE,
            stdout=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "PYTHONPATH": str(HOUSE),
                "NOTIFY_SOCKET": str(tmp_path / "notify"),
                **environment,
            },
        )
        started.append(Running(process, notifications, path))
        return started[-1]

    yield starting
    for running in started:
        if running.process.returncode is None:
            running.process.kill()
            await running.process.stdout.read()
            await running.process.wait()
        running.notifications.close()


async def test_it_says_when_it_is_ready_and_stops_with_0(start):
    demo = await start()

    assert "STATUS=demonstrating" in await demo.told("READY=1")
    port = (await demo.event("daemon_started"))["health_port"]
    assert "[+] demo" in await demo.http("/readyz?verbose", port)
    assert 'turnpike_build_info{daemon="radiusd"' in await demo.http("/metrics", port)

    demo.process.send_signal(signal.SIGTERM)
    await demo.told("STOPPING=1")

    assert 0 == await demo.ended()


async def test_interrupted_it_drains_too(start):
    demo = await start()
    await demo.told("READY=1")
    demo.process.send_signal(signal.SIGINT)

    assert "daemon_stopped" == (await demo.event("daemon_stopped"))["event"]
    assert 0 == await demo.ended()


async def test_a_reload_takes_the_new_file(start):
    demo = await start()
    await demo.told("READY=1")
    demo.path.write_text('[chassis]\nhealth_port_base = 1\n[radiusd]\ndrain = "never"\n')
    demo.process.send_signal(signal.SIGHUP)
    reloading = await demo.told("RELOADING=1")
    await demo.told("READY=1")

    assert "MONOTONIC_USEC=" in reloading
    assert ["chassis.health_port_base", "radiusd.drain"] == sorted(
        (await demo.event("config_reloaded"))["changed"]
    )
    assert ["chassis.health_port_base"] == (await demo.event("config_needs_restart"))["keys"]


@pytest.mark.parametrize("text", ["[radiusd]\nstrat = 1\n", '[radiusd]\nstart = "broken"\n', "["])
async def test_a_bad_file_keeps_the_old_one_and_shows(start, text):
    demo = await start()
    port = (await demo.event("daemon_started"))["health_port"]
    demo.path.write_text(text)
    demo.process.send_signal(signal.SIGHUP)
    await demo.event("config_reload_failed")

    assert "turnpike_config_reload_failed 1.0" in await demo.http("/metrics", port)
    assert "200 OK" in await demo.http("/readyz", port)


async def test_a_refused_file_is_logged_fault_by_fault(start):
    demo = await start()
    await demo.event("daemon_started")
    demo.path.write_text("[radiusd]\nstrat = 1\n[nonsense]\n")
    demo.process.send_signal(signal.SIGHUP)
    told = await demo.event("config_reload_failed")

    assert [f"{demo.path}:2: radiusd.strat", f"{demo.path}:3: [nonsense]"] == [
        fault.rpartition(": no such")[0] for fault in told["faults"]
    ]


async def test_the_watchdog_is_fed(start):
    demo = await start(WATCHDOG_USEC="200000")

    assert "WATCHDOG=1" == await demo.told("WATCHDOG=1")


async def test_what_cannot_start_says_why_and_exits_with_its_code(start):
    demo = await start('start = "refused"')
    refusal = await demo.event("start_refused")

    assert ("the database is away", "start it") == (refusal["problem"], refusal["remedy"])
    assert 69 == await demo.ended()


async def test_a_bug_while_starting_exits_with_1(start):
    demo = await start('start = "broken"')

    assert "KeyError" in (await demo.event("daemon_failed"))["exception"]
    assert 1 == await demo.ended()


async def test_told_to_stop_while_starting_it_stops(start):
    demo = await start('start = "never"')
    await demo.process.stdout.readline()
    demo.process.send_signal(signal.SIGTERM)

    assert 0 == await demo.ended()


async def test_a_second_signal_ends_an_endless_drain(start):
    demo = await start('drain = "never"')
    await demo.told("READY=1")
    demo.process.send_signal(signal.SIGTERM)
    await demo.told("STOPPING=1")
    demo.process.send_signal(signal.SIGTERM)

    assert 1 == await demo.ended()


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """The demonstration run to its end."""
    return subprocess.run(
        [sys.executable, DEMO, *arguments],
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": str(HOUSE), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_a_bad_configuration_names_every_fault_and_exits_with_78(tmp_path):
    path = tmp_path / "turnpike.toml"
    path.write_text('[radiusd]\nstrat = "well"\n[chassis]\nlog_level = "loud"\n')
    ended = demo("--config", str(path))

    assert 78 == ended.returncode
    assert f"{path}:2: radiusd.strat: no such key; did you mean start?" in ended.stderr
    assert f"{path}:4: chassis.log_level" in ended.stderr


def test_check_says_ok():
    ended = demo("--check")

    assert (0, "radiusd: configuration ok\n") == (ended.returncode, ended.stdout)


def test_print_config_shows_origins_and_no_secrets():
    ended = demo("--print-config", TURNPIKE_DATABASE__URL="postgresql://u:canary@h/d")

    assert 'url = "********"  # TURNPIKE_DATABASE__URL' in ended.stdout
    assert "canary" not in ended.stdout + ended.stderr


def test_schema_documents_every_key():
    properties = json.loads(demo("--schema").stdout)["$defs"]["RadiusdConfig"]["properties"]

    assert "well, refused, broken or never." == properties["start"]["description"]


def test_version_names_the_daemon():
    assert demo("--version").stdout.startswith("radiusd ")


def test_a_wrong_command_line_exits_with_64():
    ended = demo("--chekc")

    assert 64 == ended.returncode
    assert "--help" in ended.stderr
