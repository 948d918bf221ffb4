"""FreeRADIUS's radclient as a NAS: foreign packets, foreign eyes on the answers."""

import asyncio
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["RADCLIENT", "Answer", "radclient"]

RADCLIENT = shutil.which("radclient")
RECEIVED = re.compile(r"^Received (\S+) Id", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: the code's name and the attributes as radclient prints them."""

    code: str | None
    attributes: Mapping[str, str]
    output: str


async def radclient(
    server: str,
    kind: str,
    secret: str,
    attributes: Mapping[str, str | int],
    *,
    bare: Mapping[str, str] | None = None,
    tries: int = 3,
) -> Answer:
    """Send one request (`auth`, `acct`, `coa`, `disconnect`); `code` None: nobody answered.

    `bare` values (octets as `0x…`) are not quoted.
    """
    assert RADCLIENT
    lines = ",".join(
        [
            *(f'{name}="{value}"' for name, value in attributes.items()),
            *(f"{name}={value}" for name, value in (bare or {}).items()),
        ]
    )
    process = await asyncio.create_subprocess_exec(
        RADCLIENT,
        "-x",
        "-r",
        str(tries),
        "-t",
        "3",
        server,
        kind,
        secret,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    raw, _ = await process.communicate((lines + "\n").encode())
    output = raw.decode()
    received = RECEIVED.search(output)
    found: dict[str, str] = {}
    if received:
        for line in output[received.end() :].splitlines():
            name, separator, value = line.strip().partition(" = ")
            if separator:
                found.setdefault(name, value.strip('"'))
    return Answer(code=received[1] if received else None, attributes=found, output=output)
