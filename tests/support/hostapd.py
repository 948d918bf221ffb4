"""A real hostapd with its dynamic authorization port, and no radio: it has no sessions.

It believes a request only with Message-Authenticator and Event-Timestamp.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.ports import free_port

__all__ = ["HOSTAPD", "hostapd"]

HOSTAPD = shutil.which("hostapd", path="/usr/sbin:/usr/bin")
READY = "AP-ENABLED"
START_SECONDS_MAX = 60


@asynccontextmanager
async def hostapd(directory: Path, secret: str) -> AsyncIterator[int]:
    """Run it until the block ends; gives the port."""
    assert HOSTAPD
    port = free_port()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "hostapd.conf").write_text(configuration(port, secret))
    log = directory / "output.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            HOSTAPD,
            str(directory / "hostapd.conf"),
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            while READY not in log.read_text(errors="replace"):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def configuration(port: int, secret: str) -> str:
    return f"""driver=none
interface=lo
ieee8021x=1
own_ip_addr=127.0.0.1
auth_server_addr=127.0.0.1
auth_server_port=9
auth_server_shared_secret={secret}
radius_das_port={port}
radius_das_client=127.0.0.1 {secret}
radius_das_time_window=300
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
"""
