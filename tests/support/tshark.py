"""Wireshark's tshark as a witness on loopback: it is told the secret and checks each packet."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["TSHARK", "WHY_NOT", "Seen", "Witness", "watching"]

TSHARK = shutil.which("tshark")
WHY_NOT = (
    None
    if TSHARK and os.geteuid() == 0
    else "tshark is not installed, or this user may not capture on loopback"
)
START_SECONDS_MAX = 60
STARTED = b"Capture started"
FIELDS = (
    "radius.code",
    "radius.authenticator.valid",
    "radius.authenticator.invalid",
    "_ws.malformed",
    "_ws.expert",
)
YES = ("1", "True")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One packet; `valid` says that its authenticator was computed and found right."""

    code: int
    valid: bool
    objections: tuple[str, ...]


@dataclass
class Witness:
    """What it has seen so far."""

    packets: list[Seen] = field(default_factory=list)

    def codes(self) -> set[int]:
        """The codes that occurred."""
        return {packet.code for packet in self.packets}


@asynccontextmanager
async def watching(ports: Sequence[int], secret: str, directory: Path) -> AsyncIterator[Witness]:
    """Capture RADIUS of those UDP ports until the block ends."""
    assert TSHARK
    process = await asyncio.create_subprocess_exec(
        TSHARK,
        *("-i", "lo", "-l", "-n", "-f", " or ".join(f"udp port {port}" for port in ports)),
        *("-o", f"radius.shared_secret:{secret}", "-o", "radius.validate_authenticator:TRUE"),
        *(word for port in ports for word in ("-d", f"udp.port=={port},radius")),
        *("-T", "fields", *(word for name in FIELDS for word in ("-e", name))),
        env={**os.environ, "TMPDIR": str(directory)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    witness = Witness()
    said = b""
    async with asyncio.timeout(START_SECONDS_MAX):
        while STARTED not in said:
            read = await process.stderr.read(4096)
            assert read, said.decode(errors="replace")
            said += read
    listening = asyncio.gather(listen(process.stdout, witness), process.stderr.read())
    try:
        yield witness
    finally:
        process.terminate()
        await listening
        await process.wait()


async def listen(lines: asyncio.StreamReader, witness: Witness) -> None:
    async for line in lines:
        code, valid, invalid, *rest = line.decode().rstrip("\n").split("\t")
        objections = tuple(each for each in rest if each)
        if invalid in YES:
            objections += ("invalid authenticator",)
        witness.packets.append(Seen(code=int(code), valid=valid in YES, objections=objections))
