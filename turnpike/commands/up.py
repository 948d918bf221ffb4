"""`turnpike up`: everything on one machine, in the foreground."""

import asyncio
from typing import Annotated

import typer

from chassis.log import configure_logging
from operations.explained import explained
from turnpike.context import settings
from turnpike.demo import open_demo
from turnpike.global_options import options
from turnpike.supervisor import supervise

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(epilog="Example: turnpike up --data /var/lib/turnpike")(up)


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="A demo provider with simulated traffic.")
    ] = False,
) -> None:
    """Run everything until Ctrl-C; prints where each thing listens, then one line `ready`."""
    loaded = settings()
    configure_logging(level=loaded.chassis.log_level, style=loaded.chassis.log_format)
    with explained():
        exit_code = asyncio.run(
            supervise(
                loaded,
                config_file=options().config,
                say=_say,
                companions=open_demo if demo else None,
            )
        )
    raise typer.Exit(exit_code)


def _say(line: str) -> None:
    print(line, flush=True)
