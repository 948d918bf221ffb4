"""`turnpike alarm`: what is wrong with devices, ports, ONUs and promises."""

from dataclasses import fields
from typing import Annotated

import typer

from operations import alarms, devices
from operations.alarms import Alarm
from turnpike.context import Desk, work
from turnpike.output import done, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What is wrong with devices, ports and ONUs.")


@app.command("list", epilog="Example: turnpike alarm list --device olt1")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    device: Annotated[str | None, typer.Option(help="Of one device.")] = None,
) -> None:
    """The alarms that stand, the worst first."""

    async def task(desk: Desk) -> tuple[Alarm, ...]:
        async with desk.transaction() as transaction:
            found = await alarms.listed(transaction, standing=not every, device=device)
            if device is not None and not found:
                await devices.named(transaction, device)
            return found

    columns = [field.name for field in fields(Alarm)]
    rows = [[getattr(one, column) for column in columns] for one in work(task)]
    show_table("Alarms", columns, rows)


@app.command(epilog="Example: turnpike alarm acknowledge 17 18")
def acknowledge(
    alarm: Annotated[list[int], typer.Argument(help="Numbers of `turnpike alarm list`.")],
) -> None:
    """Say that somebody knows; an alarm clears by itself when the reading is good again."""

    async def task(desk: Desk) -> int:
        async with desk.transaction() as transaction:
            return await alarms.acknowledge(
                transaction, alarms=alarm, actor=desk.actor, now=desk.now()
            )

    count = work(task)
    done(f"{count} acknowledged", acknowledged=count, alarms=alarm)
