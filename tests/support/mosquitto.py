"""A real MQTT broker that keeps its retained messages on disk, and can be killed."""

import asyncio
import json
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiomqtt import Client

from tests.support.ports import free_port

__all__ = ["Mosquitto", "needs_mosquitto"]

needs_mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto") is None, reason="mosquitto is not installed"
)
STARTED_SECONDS_MAX = 60.0
READ_SECONDS_MAX = 30.0


class Mosquitto:
    """`async with Mosquitto(directory) as broker`, then `await broker.kill()` and `.start()`."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._configuration = directory / "mosquitto.conf"
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {directory}/\nautosave_interval 1\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> "Mosquitto":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill(signal.SIGTERM)

    async def start(self) -> None:
        """Start it, with what it kept, on the same port."""
        self._process = subprocess.Popen(
            ["mosquitto", "-c", str(self._configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        async with asyncio.timeout(STARTED_SECONDS_MAX):
            while not _listens(self.port):
                await asyncio.sleep(0.02)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, as a power cut does unless told otherwise."""
        if self._process is not None:
            self._process.send_signal(number)
            await asyncio.to_thread(self._process.wait)
            self._process = None

    async def retained(self, topic: str = "#") -> dict[str, Any]:
        """What it keeps: all that it has for a new subscriber, before what is sent after that."""
        marker = f"marker/{uuid4()}"
        found: dict[str, Any] = {}
        async with asyncio.timeout(READ_SECONDS_MAX), Client("127.0.0.1", self.port) as client:
            await client.subscribe([(marker, 0), (topic, 0)])
            await client.publish(marker)
            async for message in client.messages:
                if str(message.topic) == marker:
                    break
                if message.retain:
                    found[str(message.topic)] = json.loads(message.payload)
        return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
