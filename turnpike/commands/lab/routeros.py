"""`turnpike lab routeros`."""

import asyncio
import contextlib
import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from chassis.secrets import Secret
from isp.errors import ExitCode, Refused
from lab.routeros import VERSION, Fate, Faults, RouterOs
from turnpike.commands.lab.foreground import until_stopped
from turnpike.secret_input import read_secret

__all__ = ["register"]

REPORT_SECONDS = 60.0
TRAFFIC_SECONDS = 1.0


def register(app: typer.Typer) -> None:
    """Put `routeros` among the devices."""
    app.command(
        epilog="Example: turnpike lab routeros --port 8728 --user admin --password lab"
        " --latency-ms 20 --version 7.18"
    )(routeros)


def routeros(
    port: Annotated[int, typer.Option(help="The API's port; 0: any free one.")] = 8728,
    tls_port: Annotated[
        int | None, typer.Option(help="The API over TLS, with a certificate of its own.")
    ] = None,
    rest_port: Annotated[int | None, typer.Option(help="REST over HTTP.")] = None,
    rest_tls_port: Annotated[int | None, typer.Option(help="REST over HTTPS.")] = None,
    user: Annotated[str, typer.Option(help="Who may do everything.")] = "admin",
    password: Annotated[str | None, typer.Option(help="His password; - reads it.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="A file with the password.")] = None,
    address: Annotated[str, typer.Option(help="The router's own address.")] = "127.0.0.1",
    version: Annotated[
        str, typer.Option(help="RouterOS's: from 7.18 it says !empty, before 6.43 it challenges.")
    ] = VERSION,
    identity: Annotated[str, typer.Option(help="The router's name.")] = "lab",
    queues: Annotated[int, typer.Option(min=0, help="So many simple queues of others.")] = 0,
    sessions: Annotated[int, typer.Option(min=0, help="So many PPPoE sessions.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed, the same ids and traffic.")] = 0,
    traffic: Annotated[
        bool, typer.Option(help="Whether anything flows through the queues.")
    ] = True,
    latency_ms: Annotated[int, typer.Option(min=0, help="A round trip.")] = 0,
    commit_ms: Annotated[int, typer.Option(min=0, help="What each write takes.")] = 0,
    trap_every: Annotated[int, typer.Option(min=0, help="Every Nth write is refused.")] = 0,
    lose_every: Annotated[
        int, typer.Option(min=0, help="Every Nth write is carried out and not answered.")
    ] = 0,
    drop_every: Annotated[
        int, typer.Option(min=0, help="At every Nth write the connection is cut.")
    ] = 0,
    reboot_every: Annotated[
        int, typer.Option(min=0, help="At every Nth write the router reboots; ids change.")
    ] = 0,
) -> None:
    """A MikroTik router that speaks the API, and REST. Prints `ready`.

    /system/reboot or SIGHUP reboots it: connections and dynamic rows go, ids are other ones.
    """
    given = read_secret("password", password, secret_file) or Secret("")
    faults = Faults(
        latency_seconds=latency_ms / 1000,
        commit_seconds=commit_ms / 1000,
        every={
            Fate.REFUSE: trap_every,
            Fate.LOSE_REPLY: lose_every,
            Fate.DROP_AFTER: drop_every,
            Fate.REBOOT: reboot_every,
        },
    )
    try:
        device = RouterOs(
            user=user,
            password=given.reveal(),
            version=version,
            identity=identity,
            address=address,
            port=port,
            tls_port=tls_port,
            rest_port=rest_port,
            rest_tls_port=rest_tls_port,
            seed=seed,
            faults=faults,
        )
    except ValueError:
        problem = f"{version} is no version"
        remedy = "write numbers, such as 7.18.2"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE) from None
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve(device, queues=queues, sessions=sessions, traffic=traffic))


async def serve(device: RouterOs, *, queues: int, sessions: int, traffic: bool) -> None:
    """Run until SIGTERM or SIGINT, telling now and then what was written."""
    async with device:
        device.populate(queues=queues, sessions=sessions)
        for what, port in device.ports().items():
            print(f"{what} on {device.address}:{port}")
        print(f"certificate SHA-256 {device.certificate.fingerprint_sha256}")
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, device.reboot)
        flowing = asyncio.ensure_future(flow(device)) if traffic else None
        async for _turn in until_stopped(REPORT_SECONDS):
            writes = {f"{path}/{verb}": count for (path, verb), count in device.writes.items()}
            print(json.dumps({"boots": device.boots, **device.commands, **writes}), flush=True)
        if flowing is not None:
            flowing.cancel()
            await asyncio.wait([flowing])


async def flow(device: RouterOs) -> None:
    """Subscribers use their queues."""
    while True:
        await asyncio.sleep(TRAFFIC_SECONDS)
        device.flow(TRAFFIC_SECONDS)
