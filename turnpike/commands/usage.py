"""`turnpike usage LOGIN`: what a service used, day by day."""

from typing import Annotated, Any

import typer

from operations import service_record
from operations import usage as using
from operations.quantities import octets_text, parse_date
from operations.usage import DayOfUsage
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import print_json, show_table

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(
        epilog="Example: turnpike usage ann@example.net --from 2026-03-01 --to 2026-04-01"
    )(usage)


def usage(
    login: Annotated[str, typer.Argument()],
    since: Annotated[str | None, typer.Option("--from", metavar="DATE")] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="First day not shown.")
    ] = None,
) -> None:
    """What a service used, day by day; the last month unless it is said."""
    first, end = (parse_date(day) if day else None for day in (since, until))

    async def task(desk: Desk) -> tuple[DayOfUsage, ...]:
        async with desk.transaction() as transaction:
            found = await service_record.by_login(transaction, login)
            return await using.by_day(transaction, found, since=first, until=end, now=desk.now())

    days = work(task)
    if options().json:
        print_json(days)
        return
    rows = [_usage_row(one.day, one.traffic_class, one.octets_down, one.octets_up) for one in days]
    down, up = sum(one.octets_down for one in days), sum(one.octets_up for one in days)
    rows.append(_usage_row("total", "", down, up))
    show_table(f"Usage of {login}", ["day", "traffic_class", "down", "up"], rows)


def _usage_row(day: Any, traffic_class: str, down: int, up: int) -> list[Any]:
    return [day, traffic_class, octets_text(down), octets_text(up)]
