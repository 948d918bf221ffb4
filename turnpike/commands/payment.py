"""`turnpike payment …`: money received, and money taken back."""

from pathlib import Path
from typing import Annotated

import typer

from operations.csv_table import read_table
from operations.money import payment_import, payments
from operations.money.payment_import import ImportedPayments
from operations.money.payments import Payment
from operations.quantities import parse_date
from turnpike import context
from turnpike.context import Desk
from turnpike.importing import FaultyFile, contents, importing, tell
from turnpike.output import done, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Money received, and money taken back.")


@app.command("add", epilog="Example: turnpike payment add ann@example.net 30.00 --method bank")
def add(
    login: str,
    amount: str,
    method: Annotated[str, typer.Option(help="How it came: cash, bank, card …")] = "cash",
    reference: Annotated[
        str | None, typer.Option(help="Unique for its method; a repeat returns the first.")
    ] = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="The day it came.")] = None,
) -> None:
    """Record a payment: it pays the oldest documents, and who has paid enough is let back in."""

    async def write(desk: Desk) -> Payment:
        async with desk.transaction() as transaction:
            return await payments.record(
                transaction,
                desk.tenant,
                login=login,
                amount=amount,
                method=method,
                reference=reference,
                on=parse_date(on) if on else None,
                actor=desk.actor,
                now=desk.now(),
            )

    made = context.work(write)
    said = "was recorded before" if made.repeated else "is recorded"
    done(
        f"payment {made.payment_id} of {made.amount} {made.currency} {said}; "
        f"{made.allocated} paid documents",
        payment=made.payment_id,
        amount=made.amount,
        currency=made.currency,
        allocated=made.allocated,
        repeated=made.repeated,
    )


@app.command("list", epilog="Example: turnpike payment list --login ann@example.net")
def list_payments(
    login: Annotated[str | None, typer.Option(help="Of one subscriber.")] = None,
) -> None:
    """Payments, the newest first."""

    async def read(desk: Desk) -> list[Payment]:
        async with desk.transaction() as transaction:
            return await payments.payments(transaction, login=login)

    show_table(
        "Payments",
        (
            "payment",
            "subscriber",
            "paid on",
            "method",
            "reference",
            "amount",
            "allocated",
            "currency",
            "state",
        ),
        [
            (
                row.payment_id,
                row.subscriber,
                row.paid_on,
                row.method,
                row.reference,
                row.amount,
                row.allocated,
                row.currency,
                row.state,
            )
            for row in context.work(read)
        ],
    )


@app.command("reverse", epilog='Example: turnpike payment reverse 7 --reason "cheque bounced"')
def reverse(payment: int, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Take a payment back; the ledger keeps both."""

    async def write(desk: Desk) -> Payment:
        async with desk.transaction() as transaction:
            return await payments.reverse(
                transaction,
                desk.tenant,
                payment_id=payment,
                reason=reason,
                actor=desk.actor,
                now=desk.now(),
            )

    made = context.work(write)
    done(f"payment {payment} of {made.amount} {made.currency} is reversed", payment=payment)


@app.command(
    "move", epilog='Example: turnpike payment move 7 bob@example.net --reason "wrong login"'
)
def move(payment: int, login: str, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Give a payment to another subscriber: reversed there, recorded here; the ledger keeps all."""

    async def write(desk: Desk) -> Payment:
        async with desk.transaction() as transaction:
            return await payments.move(
                transaction,
                desk.tenant,
                payment_id=payment,
                login=login,
                reason=reason,
                actor=desk.actor,
                now=desk.now(),
            )

    made = context.work(write)
    done(
        f"payment {payment} of {made.amount} {made.currency} is {login}'s, as payment "
        f"{made.payment_id}",
        payment=made.payment_id,
        reversed=payment,
    )


@app.command("import", epilog="Example: turnpike payment import payments.csv --dry-run")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, UTF-8, a header row names the columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Record a file of payments: all rows are checked first, and none recorded if one is at fault.

    Columns: login, amount, reference (required), method (else bank), on (else today). Each row is
    then recorded by itself; one that is refused only then ends it and is told, and those before it
    stay. A payment that is there by its method and reference is not recorded again: telling the
    file again is safe and records what is missing.
    """
    table = read_table(contents(file), payment_import.FILE)

    async def write(desk: Desk) -> ImportedPayments:
        with importing(len(table.values)) as advance:
            return await payment_import.import_payments(
                desk.database,
                desk.tenant,
                table,
                dry_run=dry_run,
                actor=desk.actor,
                now=desk.now(),
                progress=lambda: advance(1),
            )

    made = context.work(write)
    tell(made.faults)
    if made.recorded and made.faults:
        recorded = f"{made.recorded} recorded before it, {made.total} in all"
        raise FaultyFile(made.faults, "correct it and tell the whole file again", recorded)
    if made.faults:
        raise FaultyFile(made.faults, "correct what is told above")
    done(
        f"{'would be ' if dry_run else ''}{made.recorded} recorded, {made.total} in all; "
        f"{made.repeated} recorded before",
        recorded=made.recorded,
        total=made.total,
        repeated=made.repeated,
    )
