"""`turnpike find ANY`: a subscriber by whatever is known of him."""

from typing import Annotated

import typer

from operations import find as finding
from operations.find import Found
from turnpike.context import Desk, work
from turnpike.output import note, show_table

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(epilog="Example: turnpike find 00:11:22:33:44:55")(find)


def find(
    anything: Annotated[
        str, typer.Argument(metavar="ANY", help="Address, MAC, ONU serial, phone, name, number.")
    ],
) -> None:
    """Find a subscriber by anything that is known of him."""

    async def task(desk: Desk) -> tuple[Found, ...]:
        async with desk.transaction() as transaction:
            return await finding.find(transaction, anything)

    found = work(task)
    rows = [[one.subscriber, one.name, one.login, one.matched, one.value] for one in found]
    show_table("Found", ["subscriber", "name", "login", "matched", "value"], rows)
    if not found:
        note(f"nothing is known of {anything}")
        raise typer.Exit(1)
