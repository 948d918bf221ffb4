"""`turnpike lab olt`."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from chassis.clock import SystemClock
from isp.errors import ExitCode, Refused
from lab.olt import Agent, Faults, Olt, Plant, personalities, play, read_recording
from lab.olt.console import counts, obey
from turnpike.commands.lab.foreground import until_stopped

__all__ = ["register"]

REPORT_SECONDS: Final = 60.0


def register(app: typer.Typer) -> None:
    """Put `olt` among the devices."""
    app.command(
        epilog="Example: turnpike lab olt --port 1161 --vendor huawei --ports 16 --onus 512"
    )(olt)


def olt(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="UDP; 0: any free one. Of several, the first.")
    ] = 161,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    vendor: Annotated[str, typer.Option(help="The family whose tables it has.")] = "huawei",
    ports: Annotated[int, typer.Option(help="PON ports.")] = 8,
    onus: Annotated[int, typer.Option(help="ONUs altogether.")] = 64,
    recording: Annotated[
        Path | None, typer.Option(metavar="FILE.snmprec", help="Play this back instead.")
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, max=256, help="So many OLTs, on ports that follow.")
    ] = 1,
    community: Annotated[str, typer.Option(help="Of SNMPv2c.")] = "public",
    latency_ms: Annotated[float, typer.Option(min=0.0, help="Before every answer.")] = 0.0,
    trap_to: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Traps go there.")
    ] = None,
    console: Annotated[
        bool, typer.Option("--console", help="Read from standard input what happens to it.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed, the same ONUs.")] = 0,
) -> None:
    """OLTs that answer SNMPv2c, from a recording or with ONUs made up. Prints `ready`."""
    faults = Faults(latency_seconds=latency_ms / 1000)
    options = {"host": host, "community": community, "faults": faults}
    if recording is not None:
        if not recording.is_file():
            raise Refused(
                f"there is no recording {recording}",
                remedy="name a file in snmpsim's .snmprec format",
                exit_code=ExitCode.BAD_DATA,
            )
        cells = read_recording(recording)
        agents = [play(cells, port=number, seed=seed, **options) for number in numbers(port, count)]
        devices: list[Olt] = []
    else:
        devices = [
            Olt(
                plant(vendor, ports=ports, onus=onus, seed=seed + each),
                personalities()[vendor],
                port=number,
                seed=seed + each,
                trap_to=address(trap_to),
                **options,
            )
            for each, number in enumerate(numbers(port, count))
        ]
        agents = [device.agent for device in devices]
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve(devices or agents, agents, devices if console else ()))


def numbers(port: int, count: int) -> Sequence[int]:
    """The ports to listen on."""
    return [port + each if port else 0 for each in range(count)]


def plant(vendor: str, *, ports: int, onus: int, seed: int) -> Plant:
    """What stands behind an OLT of a family."""
    known = personalities()
    if vendor not in known:
        raise Refused(
            f"there is no OLT of the family {vendor}",
            remedy=f"one of {', '.join(sorted(known))}",
            exit_code=ExitCode.USAGE,
        )
    if not 0 < ports <= 256 or not 0 <= onus <= ports * 128:
        raise Refused(
            f"no OLT has {onus} ONUs on {ports} ports",
            remedy="at most 256 ports, and 128 ONUs on each",
            exit_code=ExitCode.USAGE,
        )
    return Plant.build(
        SystemClock(), ports=ports, onus=onus, vendor_id=known[vendor].vendor_id, seed=seed
    )


def address(text: str | None) -> tuple[str, int] | None:
    """`HOST:PORT`."""
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise Refused(
            f"{text!r} is no host and port", remedy="write HOST:PORT", exit_code=ExitCode.USAGE
        )
    return host, int(port)


async def serve(
    running: Sequence[Olt | Agent], agents: Sequence[Agent], obeying: Sequence[Olt]
) -> None:
    """Run until SIGTERM or SIGINT, telling now and then who asked how much."""
    async with AsyncExitStack() as stack:
        for each in running:
            await stack.enter_async_context(each)
        print("SNMP on", ", ".join(f"{agent.host}:{agent.port}" for agent in agents))
        if obeying:
            await stack.enter_async_context(listening(obeying))
        async for _ in until_stopped(REPORT_SECONDS):
            print(json.dumps([counts(agent) for agent in agents]), flush=True)


@asynccontextmanager
async def listening(devices: Sequence[Olt]) -> AsyncIterator[None]:
    """Lines of standard input are obeyed by every device, `counts` prints what it was asked."""

    async def listen() -> None:
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while raw := await lines.readline():
            line = raw.decode("utf-8", "replace").strip()
            if line == "counts":
                print(json.dumps([counts(device.agent) for device in devices]), flush=True)
                continue
            try:
                for device in devices:
                    obey(device, line)
            except Refused as refusal:
                print(refusal, flush=True)
            else:
                print("done", flush=True)

    task = asyncio.ensure_future(listen())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
