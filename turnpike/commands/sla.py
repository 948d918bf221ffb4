"""`turnpike sla`: what uptime is promised, and which promises were broken."""

from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from isp.errors import ExitCode, Refused
from operations import sla
from operations.sla import Breach, Promised, Target
from turnpike.context import Desk, work
from turnpike.output import done, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What uptime is promised, and what broke it.")


@app.command(epilog="Example: turnpike sla promise 99.5 --plan office-1000")
def promise(
    percent: Annotated[str, typer.Argument(help="Of each calendar month.")],
    area: Annotated[str | None, typer.Option(help="To an area.")] = None,
    plan: Annotated[str | None, typer.Option(help="To whoever has a plan.")] = None,
    subscriber: Annotated[str | None, typer.Option(help="To one subscriber.")] = None,
    device: Annotated[str | None, typer.Option(help="Of a device. None: to everybody.")] = None,
) -> None:
    """Promise uptime; of several promises to a subscriber the narrowest counts."""
    share = _share(percent)
    whom = Promised(area=area, plan=plan, subscriber=subscriber, device=device)

    async def task(desk: Desk) -> Target:
        async with desk.transaction() as transaction:
            return await sla.promise(
                transaction, whom, percent=share, actor=desk.actor, now=desk.now()
            )

    made = work(task)
    done(f"{made.percent} % is promised to {made.whom}", target=made.target, whom=made.whom)


@app.command(epilog="Example: turnpike sla withdraw 3")
def withdraw(
    number: Annotated[int, typer.Argument(help="Its number in `turnpike sla list`.")],
) -> None:
    """Promise that no more."""

    async def task(desk: Desk) -> Target:
        async with desk.transaction() as transaction:
            return await sla.withdraw(transaction, number=number, actor=desk.actor, now=desk.now())

    over = work(task)
    done(f"promise {number} to {over.whom} is withdrawn", target=number, whom=over.whom)


@app.command("list", epilog="Example: turnpike sla list")
def list_() -> None:
    """The promises that stand."""

    async def task(desk: Desk) -> tuple[Target, ...]:
        async with desk.transaction() as transaction:
            return await sla.listed(transaction)

    columns = [field.name for field in fields(Target)]
    show_table("SLA", columns, [[getattr(one, name) for name in columns] for one in work(task)])


@app.command(epilog="Example: turnpike sla breaches")
def breaches() -> None:
    """The promises that were broken, the newest month first."""

    async def task(desk: Desk) -> tuple[Breach, ...]:
        async with desk.transaction() as transaction:
            return await sla.breaches(transaction)

    columns = [field.name for field in fields(Breach)]
    rows = [[getattr(one, name) for name in columns] for one in work(task)]
    show_table("Broken promises", columns, rows)


def _share(text: str) -> Decimal:
    try:
        return Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        problem = f"{text!r} is no share of a month"
        raise Refused(problem, remedy="write it as 99.5", exit_code=ExitCode.USAGE) from None
