"""`python -m webui` as a process of its own, as systemd and `turnpike up` start it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from chassis.config import DatabaseConfig

__all__ = ["RunningWebui", "event", "running_webui", "started"]

PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True, kw_only=True)
class RunningWebui:
    """The process, and where it answers."""

    process: asyncio.subprocess.Process
    url: str
    health_port: int


@asynccontextmanager
async def running_webui(config: DatabaseConfig) -> AsyncIterator[RunningWebui]:
    """Runs for the body, on free ports; SIGTERM must end it with exit code 0."""
    process = await started(config)
    try:
        listening = await event(process, "webui_listening")
        health = await event(process, "daemon_started")
        yield RunningWebui(process=process, url=listening["url"], health_port=health["health_port"])
        process.terminate()
        await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert 0 == process.returncode


async def started(
    config: DatabaseConfig, *, arguments: Sequence[str] = (), **more: str
) -> asyncio.subprocess.Process:
    """The process, which may not be ready yet; its log comes as JSON lines."""
    assert config.url is not None
    environment = {
        "TURNPIKE_DATABASE__URL": config.url.reveal(),
        "TURNPIKE_DATABASE__DATA": str(config.data),
        "TURNPIKE_DATABASE__PASSWORD_FILE": str(config.password_file),
        "TURNPIKE_CHASSIS__LOG_FORMAT": "json",
        "TURNPIKE_CHASSIS__HEALTH_PORT_BASE": "0",
        "TURNPIKE_WEBUI__PORT": "0",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "webui",
        *arguments,
        env={**os.environ, **environment, **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def event(process: asyncio.subprocess.Process, name: str) -> dict[str, Any]:
    """Wait for a log event."""
    assert process.stdout is not None
    seen = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for raw in process.stdout:
            line = raw.decode()
            seen.append(line)
            found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
            if found.get("event") == name:
                return found
    raise AssertionError(f"it ended without {name}:\n" + "".join(seen))
