"""`turnpike invoice …`: documents listed, shown, made void."""

from dataclasses import asdict
from typing import Annotated

import typer

from operations.money import invoices
from operations.money.invoices import Invoice
from turnpike import context
from turnpike.context import Desk
from turnpike.global_options import options
from turnpike.output import done, print_json, show_one, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Invoices, credit notes, opening balances.")

COLUMNS = (
    "subscriber",
    "number",
    "kind",
    "state",
    "issued_on",
    "due_on",
    "period_from",
    "period_to",
    "net",
    "tax",
    "total",
    "open",
    "currency",
)
LINE_COLUMNS = (
    "position",
    "kind",
    "description",
    "period_from",
    "period_to",
    "quantity",
    "unit_price",
    "net",
    "tax_percent",
    "tax",
    "total",
)


@app.command("list", epilog="Example: turnpike invoice list --login ann@example.net")
def list_invoices(
    login: Annotated[str | None, typer.Option(help="Of one subscriber.")] = None,
) -> None:
    """Documents, the newest first."""

    async def read(desk: Desk) -> list[Invoice]:
        async with desk.transaction() as transaction:
            return await invoices.invoices(transaction, login=login)

    rows = [tuple(getattr(each, name) for name in COLUMNS) for each in context.work(read)]
    show_table("Invoices", [name.replace("_", " ") for name in COLUMNS], rows)


@app.command("show", epilog="Example: turnpike invoice show INV-000001")
def show(number: str) -> None:
    """One document with its lines."""

    async def read(desk: Desk) -> Invoice:
        async with desk.transaction() as transaction:
            return await invoices.invoice_with_lines(transaction, number)

    found = context.work(read)
    if options().json:
        print_json(asdict(found))
        return
    show_one({name.replace("_", " "): getattr(found, name) for name in COLUMNS})
    lines = [tuple(getattr(line, name) for name in LINE_COLUMNS) for line in found.lines]
    show_table("Lines", [name.replace("_", " ") for name in LINE_COLUMNS], lines)


@app.command("void", epilog='Example: turnpike invoice void INV-000001 --reason "wrong plan"')
def void(number: str, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Make a document void: its number stays, its money is reversed, its days are free again."""

    async def write(desk: Desk) -> Invoice:
        async with desk.transaction() as transaction:
            return await invoices.void(
                transaction,
                desk.tenant,
                number=number,
                reason=reason,
                actor=desk.actor,
                now=desk.now(),
            )

    made = context.work(write)
    done(f"{made.number} of {made.total} {made.currency} is void", number=made.number)
