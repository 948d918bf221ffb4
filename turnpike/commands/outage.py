"""`turnpike outage`: what went down together, whom it met, and what they are told."""

from dataclasses import asdict, fields
from datetime import timedelta
from typing import Annotated

import typer

from isp.outage import NoticeKind, NoticeState, OutageCause
from operations import declared_outages, notices, outages
from operations.notices import Notice
from operations.outages import Met, Outage
from operations.places import Place
from operations.quantities import parse_instant, parse_until
from turnpike.context import Desk, work
from turnpike.global_options import options
from turnpike.output import done, json_value, print_json, show_one, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What went down together, and whom it met.")

Number = Annotated[int, typer.Argument(help="The number of `turnpike outage list`.")]
Kind = Annotated[NoticeKind, typer.Option(help="Which message: that it is down, or back.")]
LISTED = (
    "outage where title cause state started_at estimate restored_at duration subscribers lines "
    "notice"
)


@app.command("list", epilog="Example: turnpike outage list --all")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
) -> None:
    """The outages that stand, the newest first."""

    async def task(desk: Desk) -> tuple[Outage, ...]:
        async with desk.transaction() as transaction:
            return await outages.listed(transaction, standing=not every)

    found = work(task)
    if options().json:
        print_json(found)
        return
    rows = [
        [_duration(one) if name == "duration" else getattr(one, name) for name in LISTED.split()]
        for one in found
    ]
    show_table("Outages", LISTED.split(), rows)


@app.command(epilog="Example: turnpike outage show 7")
def show(outage: Number) -> None:
    """One outage: whom it met, and what they are told."""

    async def task(desk: Desk) -> tuple[Outage, tuple[Notice, ...], tuple[Met, ...]]:
        async with desk.transaction() as transaction:
            return (
                await outages.numbered(transaction, outage),
                await notices.of_outage(transaction, outage),
                await outages.met(transaction, outage),
            )

    found, messages, met = work(task)
    if options().json:
        print_json(json_value(found) | {"notices": messages, "met": met})
        return
    show_one(asdict(found) | {"duration_seconds": _duration(found)})
    for each in messages:
        sent = f", sent to {each.recipients}" if each.sent_at else ""
        print(f"message ({each.kind}): {each.state}{sent}")
    columns = [field.name for field in fields(Met)]
    rows = [[getattr(each, column) for column in columns] for each in met]
    show_table("Met", columns, rows)


@app.command(
    epilog="Example: turnpike outage declare 'digger in Main Street' --area North --estimate 2h"
)
def declare(
    title: Annotated[str, typer.Argument(help="What it is, for people.")],
    area: Annotated[str | None, typer.Option(help="Everybody in an area.")] = None,
    device: Annotated[str | None, typer.Option(help="Every ONU of a device.")] = None,
    port: Annotated[str | None, typer.Option(help="Only those of one PON port of it.")] = None,
    nas: Annotated[str | None, typer.Option(help="Every session of a NAS.")] = None,
    cause: Annotated[OutageCause, typer.Option(help="Why.")] = OutageCause.UNKNOWN,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="With offset. Absent: now.")
    ] = None,
    estimate: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it should be over: 2h, or a time.")
    ] = None,
) -> None:
    """Declare an outage that no device can tell; declare it over with `restore`."""
    place = Place(area=area, device=device, port=port, nas=nas)

    async def task(desk: Desk) -> Outage:
        now = desk.now()
        async with desk.transaction() as transaction:
            return await declared_outages.declare(
                transaction,
                place,
                title=title,
                cause=cause,
                started_at=parse_instant(since) if since else now,
                estimate=parse_until(estimate, now) if estimate else None,
                actor=desk.actor,
                now=now,
            )

    made = work(task)
    done(
        f"outage {made.outage} meets {made.subscribers} subscribers; their message waits for "
        f"`turnpike outage approve {made.outage}`",
        outage=made.outage,
        subscribers=made.subscribers,
        lines=made.lines,
    )


@app.command(epilog="Example: turnpike outage restore 7")
def restore(outage: Number) -> None:
    """Declare a declared outage over."""

    async def task(desk: Desk) -> Outage:
        async with desk.transaction() as transaction:
            return await declared_outages.restore(
                transaction, number=outage, actor=desk.actor, now=desk.now()
            )

    found = work(task)
    done(f"outage {outage} is over", outage=outage, restored_at=found.restored_at)


@app.command(epilog="Example: turnpike outage estimate 7 2h")
def estimate(
    outage: Number,
    until: Annotated[
        str, typer.Argument(metavar="TIME", help="2h from now, a time with offset, or unknown.")
    ],
) -> None:
    """Say when an outage should be over."""

    async def task(desk: Desk) -> Outage:
        now = desk.now()
        async with desk.transaction() as transaction:
            return await outages.set_estimate(
                transaction,
                number=outage,
                estimate=None if until == "unknown" else parse_until(until, now),
                actor=desk.actor,
                now=now,
            )

    found = work(task)
    when = f"{found.estimate:%Y-%m-%d %H:%M}Z" if found.estimate else "unknown"
    done(f"outage {outage} should be over: {when}", outage=outage, estimate=found.estimate)


@app.command(epilog="Example: turnpike outage note 7 'digger in Main Street'")
def note(
    outage: Number, text: Annotated[str, typer.Argument(help="What it is, for people.")]
) -> None:
    """Say what an outage is, in words that subscribers may read."""

    async def task(desk: Desk) -> Outage:
        async with desk.transaction() as transaction:
            return await outages.set_title(
                transaction, number=outage, title=text, actor=desk.actor, now=desk.now()
            )

    work(task)
    done(f"outage {outage} is called: {text}", outage=outage, title=text)


@app.command(epilog="Example: turnpike outage approve 7 --text 'We are on it.'")
def approve(
    outage: Number,
    kind: Kind = NoticeKind.OUTAGE,
    text: Annotated[str | None, typer.Option(help="Instead of the usual words.")] = None,
) -> None:
    """Let the message to the subscribers go out, after quiet hours."""
    _decide(outage, kind, NoticeState.APPROVED, text)


@app.command(epilog="Example: turnpike outage hold 7")
def hold(outage: Number, kind: Kind = NoticeKind.OUTAGE) -> None:
    """Keep the message to the subscribers back."""
    _decide(outage, kind, NoticeState.DECLINED, None)


def _decide(outage: int, kind: NoticeKind, decision: NoticeState, words: str | None) -> None:
    async def task(desk: Desk) -> Notice:
        async with desk.transaction() as transaction:
            return await notices.decide(
                transaction,
                number=outage,
                kind=kind,
                decision=decision,
                words=words,
                actor=desk.actor,
                now=desk.now(),
            )

    decided = work(task)
    done(
        f"the message about outage {outage} is {decided.state}",
        outage=outage,
        kind=kind,
        state=decided.state,
    )


def _duration(found: Outage) -> str:
    return str(timedelta(seconds=found.duration_seconds))
