"""`turnpike lab voltha`."""

import asyncio
import contextlib
import json
import signal
from typing import Annotated

import typer

from chassis.clock import SystemClock
from lab.certificate import self_signed
from lab.voltha import Core, Habits, Plant
from turnpike.commands.lab.foreground import until_stopped

__all__ = ["register"]

REPORT_SECONDS = 60.0


def register(app: typer.Typer) -> None:
    """Put `voltha` among the devices."""
    app.command(epilog="Example: turnpike lab voltha --port 55555 --onus 10000 --omci-ms 40")(
        voltha
    )


def voltha(
    port: Annotated[int, typer.Option(help="The gRPC port; 0: any free one.")] = 55555,
    address: Annotated[str, typer.Option(help="The core's own address.")] = "127.0.0.1",
    onus: Annotated[int, typer.Option(min=0, help="So many ONUs, 1,024 to an OLT.")] = 512,
    seed: Annotated[int, typer.Option(help="The same seed, the same plant.")] = 0,
    latency_ms: Annotated[int, typer.Option(min=0, help="What every call takes.")] = 0,
    omci_ms: Annotated[int, typer.Option(min=0, help="What asking an ONU takes on top.")] = 0,
    unsupported: Annotated[
        list[str] | None,
        typer.Option(metavar="REQUEST", help="Not known to the adapters: onuOpticalInfo, …"),
    ] = None,
    tls: Annotated[
        bool, typer.Option("--tls", help="Over TLS, with a certificate of its own.")
    ] = False,
    failing_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="This share of the ONUs never answers.")
    ] = 0.0,
) -> None:
    """A VOLTHA core with OLTs and ONUs behind it. Prints `ready`.

    SimulateAlarm cuts a PON (los) or takes an ONU's power (dying_gasp), DisableDevice loses an
    OLT, RebootDevice gives everything on it new ids; SIGHUP restarts the core.
    """
    core = Core(
        Plant(onus=onus, seed=seed),
        habits=Habits(
            latency_seconds=latency_ms / 1000,
            omci_seconds=omci_ms / 1000,
            unsupported=frozenset(unsupported or ()),
            failing_share=failing_share,
        ),
        address=address,
        port=port,
        certificate=self_signed("voltha") if tls else None,
        wall_seconds=lambda: SystemClock().now().timestamp(),
    )
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve(core))


async def serve(core: Core) -> None:
    """Run until SIGTERM or SIGINT, telling now and then what was asked."""
    restarts: set[asyncio.Task[None]] = set()
    async with core:
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGHUP, lambda: restarts.add(asyncio.ensure_future(core.restart()))
        )
        if core.certificate is not None:
            print(f"certificate SHA-256 {core.certificate.fingerprint_sha256}")
        print(f"VOLTHA on {core.target}")
        async for _turn in until_stopped(REPORT_SECONDS):
            print(json.dumps(core.counts), flush=True)
