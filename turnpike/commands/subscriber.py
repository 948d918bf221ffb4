"""`turnpike subscriber`: who pays, and bringing them in from elsewhere."""

import os
from pathlib import Path
from typing import Annotated

import typer

from isp.errors import ExitCode, Refused
from isp.service import ServiceState
from operations import subscribers
from operations.import_rejects import rejects_csv
from operations.import_rows import ImportFile, read_rows
from operations.importing import Imported, import_file
from operations.subscribers import Duplicate, Listed, Subscriber
from turnpike.commands.service import described, register_changes
from turnpike.context import Desk, work
from turnpike.enrolling import add_subscriber
from turnpike.global_options import options
from turnpike.importing import FaultyFile, contents, importing, tell
from turnpike.output import done, json_value, print_json, show_one, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Who pays, and bringing them in from elsewhere.")
app.command(
    "add",
    epilog="Example: turnpike subscriber add ann@example.net --plan gold --name 'Ann Example'",
)(add_subscriber)
register_changes(app)


@app.command("list", epilog="Example: turnpike subscriber list --state suspended")
def list_(
    state: Annotated[ServiceState | None, typer.Option(help="Absent: not terminated.")] = None,
    plan: Annotated[str | None, typer.Option()] = None,
    area: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Services with their subscribers."""

    async def task(desk: Desk) -> tuple[Listed, ...]:
        async with desk.transaction() as transaction:
            return await subscribers.listed(
                transaction, state=state, plan_name=plan, area=area, now=desk.now()
            )

    rows = [
        [one.login, one.subscriber, one.name, one.plan, one.state, one.area, one.phone]
        for one in work(task)
    ]
    show_table("Services", ["login", "subscriber", "name", "plan", "state", "area", "phone"], rows)


@app.command(epilog="Example: turnpike subscriber show S-1042")
def show(
    subscriber: Annotated[str, typer.Argument(help="His reference, or a login of his.")],
) -> None:
    """A subscriber and his services."""

    async def task(desk: Desk) -> Subscriber:
        async with desk.transaction() as transaction:
            return await subscribers.named(transaction, subscriber)

    found = work(task)
    if options().json:
        services = [described(each) for each in found.services]
        print_json(json_value(found) | {"services": services})
        return
    show_one(
        {
            "subscriber": found.reference,
            "name": found.name,
            "email": found.email,
            "phone": found.phone,
            "area": found.area,
            "billing": found.billing,
            "anchor day": "last" if found.anchor_day == 0 else found.anchor_day,
            "since": found.created_at,
        }
    )
    for each in found.services:
        print()
        show_one(described(each))


@app.command("find-duplicates", epilog="Example: turnpike subscriber find-duplicates")
def find_duplicates() -> None:
    """Subscribers with the same name, phone or e-mail address."""

    async def task(desk: Desk) -> tuple[Duplicate, ...]:
        async with desk.transaction() as transaction:
            return await subscribers.duplicates(transaction)

    rows = [[one.column, one.value, list(one.subscribers)] for one in work(task)]
    show_table("Duplicates", ["column", "value", "subscribers"], rows)


CORRECT_OR_REJECT = "correct what is told above, or set those rows apart with --rejects FILE"


class DryRun(Exception):  # noqa: N818 - it carries a result out of a transaction to be rolled back
    """Undo what was imported, and tell what it came to."""

    def __init__(self, imported: Imported) -> None:
        super().__init__("dry run")
        self.imported = imported


@app.command("import", epilog="Example: turnpike subscriber import subscribers.csv --dry-run")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, UTF-8, a header row names the columns.")],
    update: Annotated[bool, typer.Option("--update", help="Change those that exist.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Import the good rows, write the bad ones here.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Bring in subscribers: all rows, or none unless the bad ones may be set apart.

    Columns: login, plan (required), password, subscriber, name, email, phone, area, start,
    anchor_day, invoiced_until, opening_balance (what he owes; below zero his credit), custom_price,
    holds, address, routes, delegated_prefix, mac, circuit_id, onu_serial, billing (off: access
    only).
    """
    if rejects is not None and rejects.resolve() == file.resolve():
        problem = f"{rejects} is the file that is imported"
        remedy = "name another one for the rejects"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)
    read = read_rows(contents(file))

    async def task(desk: Desk) -> Imported:
        with importing(len(read.rows)) as advance:
            try:
                async with desk.transaction() as transaction:
                    imported = await import_file(
                        transaction,
                        read,
                        source=file.name,
                        update=update,
                        set_apart=rejects is not None,
                        keys=desk.keys,
                        actor=desk.actor,
                        now=desk.now(),
                        progress=advance,
                    )
                    if dry_run:
                        raise DryRun(imported)
                    if rejects is not None and imported.faults:
                        _write_rejects(rejects, read, imported)
            except DryRun as rolled_back:
                return rolled_back.imported
            return imported

    imported = work(task)
    tell(imported.faults)
    if imported.faults and (rejects is None or not read.rows):
        raise FaultyFile(imported.faults, CORRECT_OR_REJECT)
    would = "would be " if dry_run else ""
    counts = {
        "added": imported.added,
        "updated": imported.updated,
        "unchanged": imported.unchanged,
        "rejected": len(imported.rejected_lines),
    }
    done(f"{would}{', '.join(f'{count} {what}' for what, count in counts.items())}", **counts)


def _write_rejects(rejects: Path, read: ImportFile, imported: Imported) -> None:
    """Readable by its owner only: it may hold passwords. Written before the good rows commit."""
    try:
        descriptor = os.open(rejects, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        problem = f"{rejects} cannot be written: {error.strerror}; nothing is imported"
        remedy = "name a file in a directory of yours"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(rejects_csv(read, imported.faults))
