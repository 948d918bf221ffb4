"""`turnpike maintenance`: planned work, during which nothing is an alarm or an outage."""

from dataclasses import fields
from typing import Annotated

import typer

from operations import maintenance
from operations.maintenance import Maintenance
from operations.places import Place
from operations.quantities import parse_instant, parse_until
from turnpike.context import Desk, work
from turnpike.output import done, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Planned work: no alarms, messages or lost uptime.")


@app.command(
    epilog="Example: turnpike maintenance add --device olt1 --port 0/1/3 "
    "--from 2026-03-10T02:00:00+01:00 --until 2h --reason splicing"
)
def add(
    reason: Annotated[str, typer.Option(help="What is done.")],
    until: Annotated[str, typer.Option(metavar="TIME", help="With offset, or how long: 2h.")],
    area: Annotated[str | None, typer.Option(help="In an area.")] = None,
    device: Annotated[str | None, typer.Option(help="At a device.")] = None,
    port: Annotated[str | None, typer.Option(help="At one PON port of it.")] = None,
    nas: Annotated[str | None, typer.Option(help="At a NAS. None of these: everywhere.")] = None,
    starts: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="With offset. Absent: now.")
    ] = None,
) -> None:
    """Plan work."""
    place = Place(area=area, device=device, port=port, nas=nas)

    async def task(desk: Desk) -> Maintenance:
        now = desk.now()
        starts_at = parse_instant(starts) if starts else now
        async with desk.transaction() as transaction:
            return await maintenance.add(
                transaction,
                place,
                starts_at=starts_at,
                ends_at=parse_until(until, starts_at),
                reason=reason,
                actor=desk.actor,
                now=now,
            )

    made = work(task)
    done(
        f"maintenance {made.maintenance} at {made.where} "
        f"until {made.ends_at:%Y-%m-%d %H:%M}Z is planned",
        maintenance=made.maintenance,
        where=made.where,
        starts_at=made.starts_at,
        ends_at=made.ends_at,
    )


@app.command("list", epilog="Example: turnpike maintenance list --all")
def list_(
    every: Annotated[bool, typer.Option("--all", help="What is over or called off, too.")] = False,
) -> None:
    """What is planned and under way."""

    async def task(desk: Desk) -> tuple[Maintenance, ...]:
        async with desk.transaction() as transaction:
            return await maintenance.listed(transaction, desk.now(), past=every)

    columns = [field.name for field in fields(Maintenance)]
    rows = [[getattr(one, column) for column in columns] for one in work(task)]
    show_table("Maintenance", columns, rows)


@app.command(epilog="Example: turnpike maintenance remove 3")
def remove(
    number: Annotated[int, typer.Argument(help="Its number in `turnpike maintenance list`.")],
) -> None:
    """Call planned work off, or end it now."""

    async def task(desk: Desk) -> Maintenance:
        async with desk.transaction() as transaction:
            return await maintenance.remove(
                transaction, number=number, actor=desk.actor, now=desk.now()
            )

    over = work(task)
    done(f"maintenance {number} at {over.where} is over", maintenance=number, where=over.where)
