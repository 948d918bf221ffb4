"""`turnpike why LOGIN`: what a service is entitled to, and why."""

from typing import Annotated, Any

import typer

from operations import why as explaining
from operations.why import Why
from operations.why_text import why_lines
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import json_value, print_json

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(epilog="Example: turnpike why ann@example.net")(why)


def why(login: Annotated[str, typer.Argument(help="Login, MAC or circuit-id.")]) -> None:
    """What a service is entitled to and why; last decisions, sessions, enforcement, debt."""

    async def task(desk: Desk) -> tuple[Why, Any]:
        async with desk.transaction() as transaction:
            return await explaining.why(transaction, login), desk.now()

    answer, now = work(task)
    if options().json:
        state = {"state": answer.service.state_at(now)}
        print_json(json_value(answer) | {"service": json_value(answer.service) | state})
        return
    for line in why_lines(answer, now):
        print(line)
