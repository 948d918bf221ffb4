"""`turnpike status`: how the suite is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from operations import status as reporting
from operations.quantities import parse_duration
from operations.status import Run, Status
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import json_value, print_json, show_one, show_table, text_of

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(epilog="Example: turnpike status --since 1h")(status)


def status(
    since: Annotated[str, typer.Option(help="Changes of how long: 1h, 7d.")] = "1h",
) -> None:
    """Daemons, queues, what is stopped, and what was changed."""
    span = parse_duration(since)

    async def task(desk: Desk) -> tuple[Status, datetime]:
        now = desk.now()
        async with desk.transaction() as transaction:
            return await reporting.status(transaction, now - span, now), now

    found, now = work(task)
    if options().json:
        daemons = [json_value(each) | {"state": each.state_at(now)} for each in found.daemons]
        print_json(json_value(found) | {"daemons": daemons})
        return
    _print(found, now, since)


def _print(found: Status, now: datetime, since: str) -> None:
    if not found.daemons:
        print("no daemon has reported; start them with `turnpike up`")
    else:
        rows = [
            [each.daemon, each.node, each.state_at(now), each.version, _details(each.detail)]
            for each in found.daemons
        ]
        show_table("Daemons", ["daemon", "node", "state", "version", "detail"], rows)
    print()
    waiting = {name: count for name, count in found.waiting.items() if count}
    show_one(
        dict(found.counts)
        | {
            "billed through": found.billed_through,
            "last run": _run(found.last_run),
            "waiting": waiting or "nothing",
        }
    )
    for pause in found.pauses:
        until = f" until {text_of(pause.until)}" if pause.until else ""
        where = pause.nas or "every NAS"
        print(f"enforcement is stopped ({pause.kind}) on {where}{until}: {pause.reason}")
    print(f"\nchanged in the last {since}: {len(found.changes) or 'nothing'}")
    for change in found.changes:
        print(
            f"  {text_of(change.at)} {change.actor} {change.action} "
            f"{change.object_kind} {change.object_name}"
        )


def _details(detail: Mapping[str, Any]) -> str:
    """What the daemon says, and its figures where they have something to tell."""
    said = [text for text in (detail.get("status"),) if text]
    said += [
        f"{key.replace('_', ' ')} {text_of(value)}"
        for key, value in detail.items()
        if key != "status"
    ]
    return ", ".join(said)


def _run(last: Run | None) -> str | None:
    if last is None:
        return None
    counts = ", ".join(f"{what} {count}" for what, count in last.counts.items())
    return f"{text_of(last.finished_at)} by {last.author} through {last.through}: {counts}"
