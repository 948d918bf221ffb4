"""`turnpike enforcement`: stop and resume what the daemons do by themselves."""

from typing import Annotated

import typer

from operations import enforcement
from operations.quantities import parse_duration
from turnpike.context import Desk, work
from turnpike.output import done

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Stop and resume what is done to live sessions and queues without being asked.",
)

Nas = Annotated[
    str | None, typer.Option("--nas", metavar="NAME", help="One NAS. Absent: every NAS.")
]


@app.command(epilog="Example: turnpike enforcement pause --nas bras1 --for 4h")
def pause(
    nas: Nas = None,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="DURATION", help="How long (90s, 10m, 4h, 7d)."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for whoever wonders.")] = "",
) -> None:
    """Stop blocks, CoA and shaper writes; logins, accounting and reactivation go on."""
    duration = None if for_ is None else parse_duration(for_)

    async def task(desk: Desk) -> None:
        now = desk.now()
        until = None if duration is None else now + duration
        async with desk.transaction() as transaction:
            await enforcement.pause(
                transaction,
                nas_name=nas,
                until=until,
                reason=reason,
                actor=desk.actor,
                now=now,
            )
        where, when = nas or "every NAS", "it is resumed" if until is None else f"{until:%F %T %Z}"
        done(f"enforcement is paused on {where} until {when}", nas=nas, until=until)

    work(task)


@app.command(epilog="Example: turnpike enforcement resume --nas bras1")
def resume(nas: Nas = None) -> None:
    """Go on after a pause, or after the guard halted a NAS."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await enforcement.resume(transaction, nas_name=nas, actor=desk.actor, now=desk.now())
        done(f"enforcement goes on, on {nas or 'every NAS'}", nas=nas)

    work(task)
