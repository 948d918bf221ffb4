"""`turnpike why`, `find`, `whohad` and `usage`: questions about one subscriber."""

from dataclasses import fields
from typing import Annotated, Any

import typer

from operations import address_history, service_record
from operations import find as finding
from operations import usage as using
from operations import why as explaining
from operations.address_history import AddressHolder
from operations.find import Found
from operations.quantities import octets_text, parse_date, parse_instant
from operations.usage import DayOfUsage
from operations.why import Why
from operations.why_text import why_lines
from turnpike.context import Desk, options, work
from turnpike.output import json_value, note, print_json, show_table

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the single commands of this file into the application."""
    for command, example in (
        (why, "why ann@example.net"),
        (find, "find 00:11:22:33:44:55"),
        (whohad, "whohad 192.0.2.7 --at 2026-03-10T14:05:00+02:00"),
        (usage, "usage ann@example.net --from 2026-03-01 --to 2026-04-01"),
    ):
        application.command(epilog=f"Example: turnpike {example}")(command)


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
