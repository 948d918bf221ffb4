"""`turnpike statement`: what a subscriber owed, what moved, what he owes."""

from typing import Annotated

import typer

from operations.money import statements
from operations.money.statements import Statement
from operations.quantities import parse_date
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import json_value, print_json, show_table

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    example = "statement ann@example.net --from 2026-03-01 --to 2026-04-01"
    application.command(epilog=f"Example: turnpike {example}")(statement)


def statement(
    login: Annotated[str, typer.Argument()],
    since: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")],
    until: Annotated[str, typer.Option("--to", metavar="DATE", help="First day left out.")],
) -> None:
    """Opening balance, every movement, closing balance, as the ledger has them."""
    first, end = parse_date(since), parse_date(until)

    async def task(desk: Desk) -> Statement:
        async with desk.transaction() as transaction:
            return await statements.statement(
                transaction, desk.tenant, login=login, since=first, until=end
            )

    found = work(task)
    if options().json:
        print_json(json_value(found) | {"closing": str(found.closing)})
        return
    rows = [[found.since, "opening balance", "", "", "", found.opening]]
    rows += [
        [one.on, one.kind, one.source, one.description, one.amount, one.balance]
        for one in found.movements
    ]
    rows.append([found.until, "closing balance", "", "", "", found.closing])
    columns = ["on", "kind", "source", "description", found.currency, "balance"]
    show_table(f"Statement of {found.subscriber}", columns, rows)
