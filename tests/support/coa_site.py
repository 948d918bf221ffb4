"""FreeRADIUS's CoA site as a NAS's dynamic authorization port: a foreign judge of our requests."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.ports import free_port

__all__ = ["FREERADIUS", "CoaSite", "coa_site"]

FREERADIUS = shutil.which("freeradius", path="/usr/sbin:/usr/bin")
DICTIONARY = "$INCLUDE /usr/share/freeradius/dictionary\n"
"""That of /etc includes it too, and is not everybody's to read."""

READY = "Ready to process requests"
START_SECONDS_MAX = 60
PACKET = re.compile(r"^PACKET (\S+) session=(\S*) user=(\S*)$", re.MULTILINE)


class CoaSite:
    """A running site; it acknowledges sessions whose name begins with `gone` with NAK 503."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def packets(self) -> list[tuple[str, str, str]]:
        """(packet type, Acct-Session-Id, User-Name) of each request that it believed."""
        return PACKET.findall(self._log.read_text())


@asynccontextmanager
async def coa_site(directory: Path, secret: str) -> AsyncIterator[CoaSite]:
    """Run FreeRADIUS with nothing but a CoA listener until the block ends."""
    assert FREERADIUS
    port = free_port()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "dictionary").write_text(DICTIONARY)
    requests = directory / "requests.log"
    requests.touch()
    (directory / "radiusd.conf").write_text(configuration(directory, requests, port, secret))
    output = (directory / "output.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        FREERADIUS,
        "-f",
        "-l",
        "stdout",
        "-d",
        str(directory),
        "-n",
        "radiusd",
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            while READY not in (directory / "output.log").read_text(errors="replace"):
                assert process.returncode is None, (directory / "output.log").read_text()
                await asyncio.sleep(0.05)
        yield CoaSite(port, requests)
    finally:
        output.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


def configuration(directory: Path, requests: Path, port: int, secret: str) -> str:
    return f"""prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {directory}
logdir = {directory}
run_dir = {directory}
log {{
  destination = stdout
}}
security {{
  max_attributes = 200
  reject_delay = 0
  status_server = no
}}
thread pool {{
  start_servers = 1
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 2
  max_requests_per_server = 0
}}
modules {{
  linelog requests {{
    filename = {requests}
    format = "PACKET %{{Packet-Type}} session=%{{Acct-Session-Id}} user=%{{User-Name}}"
  }}
  always ok {{
    rcode = ok
  }}
  always reject {{
    rcode = reject
  }}
}}
client turnpike {{
  ipaddr = 127.0.0.0/8
  secret = {secret}
}}
server coa {{
  listen {{
    type = coa
    ipaddr = 127.0.0.1
    port = {port}
  }}
  recv-coa {{
    requests
    if (&Acct-Session-Id =~ /^gone/) {{
      update reply {{
        Error-Cause := Session-Context-Not-Found
      }}
      reject
    }}
    ok
  }}
  send-coa {{
    ok
  }}
}}
"""
