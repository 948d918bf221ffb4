"""`turnpike billing …`: the policy, runs and their preview, batches that await approval."""

import sys
from calendar import day_abbr
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from billing.policy import OFFERED, Policy
from isp.errors import ExitCode, Refused
from operations.money import batches, policies
from operations.money import preview as previewing
from operations.money import run as running
from operations.money.preview import Preview
from operations.quantities import parse_date
from turnpike import context
from turnpike.commands import simulate as simulating
from turnpike.context import Desk
from turnpike.global_options import options
from turnpike.output import counted, done, note, print_json, show_one, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Runs, their preview, and the policy they follow.")
policy_app = typer.Typer(no_args_is_help=True, help="How this provider bills.")
app.add_typer(policy_app, name="policy")

OFFER = "offered"
TAKEN_BACK = "default"


@policy_app.command("show", epilog="Example: turnpike billing policy show")
def show_policy() -> None:
    """The keys that are set; every other has its neutral default."""

    async def read(desk: Desk) -> Any:
        async with desk.transaction() as transaction:
            return (
                await policies.load_settings(transaction, desk.tenant),
                await policies.load_policy(transaction, desk.tenant),
            )

    settings, policy = context.work(read)
    if options().json:
        print_json({"set": settings, "policy": policy})
        return
    show_one(
        {
            "set": ", ".join(f"{key}={value}" for key, value in settings.items()),
            "billed": f"in {policy.timing}, by {policy.alignment}, days {policy.day_count}",
            "due days": policy.due_days,
            "blocking days": policy.blocking_days,
            "deactivation days": policy.deactivation_days,
            "suspended time is charged": f"{policy.suspended_percent} %",
            "unattended blocking": _schedule(policy) if policy.unattended_blocking else "no",
        }
    )


def _schedule(policy: Policy) -> str:
    """When nobody needs to look on, in a sentence."""
    when = policy.blocking
    days = ", ".join(day_abbr[day] for day in sorted(when.weekdays))
    on_holidays = "on holidays too" if when.on_holidays else "not on holidays"
    return (
        f"{days} {when.opens:%H:%M} to {when.closes:%H:%M}, {on_holidays}, warned "
        f"{counted(when.warning_days, 'day')} before; more than max({when.batch_minimum}, "
        f"{when.batch_percent} %) or {when.batch_usual_factor} times the usual await approval"
    )


@policy_app.command(
    "set", epilog="Example: turnpike billing policy set due_days=14 blocking=offered"
)
def set_policy(
    changes: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", show_default=False)],
) -> None:
    """Set keys; `KEY=default` takes the neutral default back.

    `blocking=offered` chooses the blocking policy that Turnpike offers: 7 days after due, Monday to
    Thursday 10:00 to 15:00, not on holidays, after a warning, suspended days credited. After
    `deactivation_days` of it (60) the service ends, in the same hours.
    """
    wanted: dict[str, Any] = {}
    for change in changes:
        key, separator, value = change.partition("=")
        if not separator:
            raise Refused(
                f"{change} is not KEY=VALUE",
                remedy="see `turnpike billing policy set --help`",
                exit_code=ExitCode.USAGE,
            )
        if (key, value) == ("blocking", OFFER):
            wanted |= OFFERED
        else:
            wanted[key] = None if value == TAKEN_BACK else typed(value)

    async def write(desk: Desk) -> Any:
        async with desk.transaction() as transaction:
            return await policies.set_policy(
                transaction, desk.tenant, changes=wanted, actor=desk.actor, now=desk.now()
            )

    context.work(write)
    done(f"set {', '.join(wanted)}", set=wanted)


def typed(value: str) -> Any:
    """A value as TOML would have it: numbers and truth are not text."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value


@app.command("run", epilog="Example: turnpike billing run --through 2026-12-01 --preview")
def run_billing(
    through: Annotated[str, typer.Option(metavar="DATE", help="All that is due through it.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be made; write nothing.")
    ] = False,
) -> None:
    """Bill everything through a date, block who is past the policy, let in who has paid.

    A run by hand is its own approval: it asks for no hours and no warnings. Run again, it changes
    nothing.
    """
    day = parse_date(through)
    if preview:
        show_preview(context.work(lambda desk: look_ahead(desk, day)))
        return
    result = context.work(lambda desk: bill(desk, day))
    done(
        f"billed through {day}: {counted(result.documents, 'document')}, {result.total} in all; "
        f"{counted(result.blocked, 'service')} blocked, {result.returned} let back in, "
        f"{result.terminated} ended",
        through=day,
        documents=result.documents,
        total=result.total,
        blocked=result.blocked,
        returned=result.returned,
        terminated=result.terminated,
    )


async def look_ahead(desk: Desk, day: date) -> Preview:
    return await previewing.preview(desk.database, desk.tenant, through=day, now=desk.now())


async def bill(desk: Desk, day: date) -> running.RunResult:
    columns = (TextColumn("billing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task("billing", total=None)
        return await running.run(
            desk.database,
            desk.tenant,
            through=day,
            actor=desk.actor,
            now=desk.now(),
            by_hand=True,
            progress=lambda ready, total: bar.update(task, completed=ready, total=total),
        )


def show_preview(seen: Preview) -> None:
    documents = [
        (
            each.subscriber,
            each.document.kind.value,
            each.document.issued_on,
            each.document.due_on,
            each.document.period.start if each.document.period else None,
            each.document.period.end if each.document.period else None,
            each.document.net,
            each.document.tax,
            each.document.total,
        )
        for each in seen.documents
    ]
    columns = ("subscriber", "kind", "issued on", "due on", "from", "to", "net", "tax", "total")
    if options().json:
        names = [column.replace(" ", "_") for column in columns]
        print_json(
            {
                "through": seen.through,
                "documents": [dict(zip(names, row, strict=True)) for row in documents],
                "blocked": seen.blocked,
                "terminated": seen.terminated,
            }
        )
        return
    show_table(f"Billing through {seen.through}", columns, documents)
    total = sum((each.document.total for each in seen.documents), start=0)
    note(f"{counted(len(documents), 'document')}, {total} in all")
    note(f"would block {len(seen.blocked)}: {', '.join(seen.blocked[:20]) or 'nobody'}")
    note(f"would end {len(seen.terminated)}: {', '.join(seen.terminated[:20]) or 'nobody'}")


@app.command("batches", epilog="Example: turnpike billing batches")
def show_batches() -> None:
    """Blocks made together, and those that wait for a person to agree."""

    async def read(desk: Desk) -> list[batches.Batch]:
        async with desk.transaction() as transaction:
            return await batches.batches(transaction, desk.tenant)

    show_table(
        "Batches of blocks",
        ("batch", "made at", "state", "services", "decided by", "reason"),
        [
            (row.block_batch_id, row.made_at, row.state, row.services, row.decided_by, row.reason)
            for row in context.work(read)
        ],
    )


@app.command("approve", epilog="Example: turnpike billing approve 7")
def approve_batch(batch: int) -> None:
    """Agree to a batch; billingd blocks it at the next open hour."""

    async def write(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await batches.approve(transaction, desk.tenant, batch, actor=desk.actor, now=desk.now())

    context.work(write)
    done(f"batch {batch} is approved", batch=batch)


@app.command("simulate", epilog="Example: turnpike billing simulate story.toml --json")
def simulate(file: Annotated[Path, typer.Argument(metavar="FILE.toml")]) -> None:
    """Run the engine over a story in a file; touches no database."""
    simulating.simulate(file, options().json)
