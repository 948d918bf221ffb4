"""`turnpike lab nas`."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Annotated

import typer

from chassis.clock import SystemClock
from isp.errors import ExitCode, Refused
from lab.nas import GENERIC, MIKROTIK, Line, Nas, Server
from lab.nas.population import Habits, Population
from turnpike.commands.lab.foreground import until_stopped
from turnpike.secret_input import read_secret

__all__ = ["register"]

PERSONALITIES = {each.name: each for each in (GENERIC, MIKROTIK)}
REPORT_SECONDS = 60.0


def register(app: typer.Typer) -> None:
    """Put `nas` among the devices."""
    app.command(
        epilog="Example: turnpike lab nas --secret lab-secret --logins lines.csv --port 3799"
    )(nas)


def nas(
    secret: Annotated[str | None, typer.Option(help="Shared with the server; - reads it.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="A file that holds the secret.")] = None,
    logins: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Lines: login,password[,mac].")
    ] = None,
    server: Annotated[str, typer.Option(help="The RADIUS server's address.")] = "127.0.0.1",
    auth_port: int = 1812,
    acct_port: int = 1813,
    port: Annotated[int, typer.Option(help="The CoA/Disconnect port; 0: any free one.")] = 3799,
    address: Annotated[str, typer.Option(help="The NAS's own address.")] = "127.0.0.1",
    vendor: Annotated[str, typer.Option(help="generic or mikrotik.")] = "mikrotik",
    interim_seconds: Annotated[int, typer.Option(help="Where the server names none.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed, the same people.")] = 0,
) -> None:
    """A NAS whose lines dial in, use what they bought, hang up and dial again. Prints `ready`."""
    if vendor not in PERSONALITIES:
        raise Refused(
            f"there is no NAS of the make {vendor}",
            remedy=f"one of {', '.join(PERSONALITIES)}",
            exit_code=ExitCode.USAGE,
        )
    shared = read_secret("secret", secret, secret_file)
    if shared is None:
        raise Refused(
            "the NAS has no secret",
            remedy="give --secret or --secret-file, as the server knows it",
            exit_code=ExitCode.USAGE,
        )
    where = Server(
        host=server, auth_port=auth_port, acct_port=acct_port, secret=shared.reveal().encode()
    )
    device = Nas(
        server=where,
        personality=PERSONALITIES[vendor],
        clock=SystemClock(),
        address=address,
        coa_port=port,
        interim_seconds=interim_seconds,
        seed=seed,
    )
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve(device, read_lines(logins) if logins else [], seed))


async def serve(device: Nas, lines: list[Line], seed: int) -> None:
    """Run until SIGTERM or SIGINT, telling now and then how it goes."""
    async with device:
        await device.boot()
        people = asyncio.ensure_future(Population(device, lines, Habits(), seed=seed).live())
        print(f"CoA and Disconnect on {device.address}:{device.coa_port}")
        async for _ in until_stopped(REPORT_SECONDS):
            counts = {"sessions": len(device.sessions), **device.counts}
            print(json.dumps(counts), flush=True)
        people.cancel()
        await asyncio.gather(people, return_exceptions=True)


def read_lines(file: Path) -> list[Line]:
    """The lines of a CSV file without a header: login, password and perhaps a MAC."""
    lines = []
    for number, row in enumerate(file.read_text().splitlines(), start=1):
        cells = [cell.strip() for cell in row.split(",")]
        if len(cells) < 2:
            raise Refused(f"{file}:{number}: no password", remedy="write login,password[,mac]")
        mac = (
            cells[2]
            if len(cells) > 2
            else f"02:00:00:{number >> 16 & 255:02x}:"
            + (f"{number >> 8 & 255:02x}:{number & 255:02x}")
        )
        lines.append(Line(login=cells[0], password=cells[1], mac=mac, port_id=f"pppoe-{number}"))
    return lines
