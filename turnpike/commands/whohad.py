"""`turnpike whohad ADDRESS --at TIME`: whose an address was."""

from dataclasses import fields
from typing import Annotated

import typer

from operations import address_history
from operations.address_history import AddressHolder
from operations.quantities import parse_instant
from turnpike.context import Desk, work
from turnpike.output import note, show_table

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(epilog="Example: turnpike whohad 192.0.2.7 --at 2026-03-10T14:05:00+02:00")(
        whohad
    )


def whohad(
    address: Annotated[str, typer.Argument(help="IPv4 or IPv6.")],
    at: Annotated[str, typer.Option(help="When, with its offset from UTC.", metavar="TIME")],
) -> None:
    """Who had an address at a time."""
    wanted, instant = address_history.parse_address(address), parse_instant(at)

    async def task(desk: Desk) -> tuple[AddressHolder, ...]:
        async with desk.transaction() as transaction:
            return await address_history.who_had(transaction, wanted, instant)

    found = work(task)
    columns = [field.name for field in fields(AddressHolder)]
    rows = [[getattr(one, column) for column in columns] for one in found]
    show_table("Held by", columns, rows)
    if not found:
        note(f"nobody had {wanted} at {instant.isoformat()}")
        raise typer.Exit(1)
