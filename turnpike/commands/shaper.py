"""`turnpike shaper`: router queues that follow what was bought."""

from typing import Annotated, Any

import typer

from operations import shaping, shaping_sites
from operations.quantities import parse_rate_kbps, rate_text
from turnpike.context import Desk, settings, work
from turnpike.global_options import options
from turnpike.output import done, note, print_json, show_one, show_table
from turnpike.shaper_questions import Outcome, ask

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Router queues that follow what was bought.")
site = typer.Typer(no_args_is_help=True, help="Where a router's capacity is shared.")
app.add_typer(site, name="site")

Router = Annotated[str, typer.Argument(help="The router's name, as `device add router` has it.")]
Name = Annotated[str, typer.Argument(help="The site's name.")]

COUNTS = ("add", "set", "remove", "held", "foreign")
LINES_SHOWN = 40


@app.command(epilog="Example: turnpike shaper diff r1")
def diff(router: Router) -> None:
    """What a router has against what it should have; nothing is written."""

    async def task(desk: Desk) -> Outcome:
        async with desk.transaction() as transaction:
            if await shaping.router(transaction, router) is None:
                # A router is added in observe.
                await shaping.observe(transaction, name=router, actor=desk.actor, now=desk.now())
        return await ask(desk, router, "diff", settings().shaper)

    _show(work(task))


@app.command(epilog="Example: turnpike shaper apply r1")
def apply(
    router: Router,
    confirm_removals: Annotated[
        int | None,
        typer.Option(min=0, help="Let the guard pass so many removals, as `diff` counts held."),
    ] = None,
) -> None:
    """Write a router's difference now, though enforcement be paused."""
    _show(work(lambda desk: ask(desk, router, "apply", settings().shaper, confirm_removals)))


@app.command(epilog="Example: turnpike shaper enable r1")
def enable(router: Router) -> None:
    """Write to a router from now on; its difference must have been shown within the hour."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await shaping.enable(transaction, name=router, actor=desk.actor, now=desk.now())

    work(task)
    done(f"{router} is shaped from now on", router=router, mode="enabled")


@app.command(epilog="Example: turnpike shaper observe r1 --method tree --nas bras1")
def observe(
    router: Router,
    method: Annotated[
        str | None,
        typer.Option(
            help="simple (a queue each), tree (PCQ, address lists), radius (only compared), linux."
        ),
    ] = None,
    nas: Annotated[
        str | None,
        typer.Option(help="Whose sessions it shapes; - for none: its sites' networks."),
    ] = None,
    interface: Annotated[
        str | None, typer.Option(help="Of linux: eth1, or eth1/eth0 (inside and outside).")
    ] = None,
    writes_per_second: Annotated[
        int | None, typer.Option(min=1, help="How many rows are written to it in a second.")
    ] = None,
) -> None:
    """Compare a router and write nothing; also how it is shaped once it is enabled."""
    given = {
        "method": method,
        "interface": interface,
        "writes_per_second": writes_per_second,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if nas is not None:
        changes["nas"] = None if nas == "-" else nas

    async def task(desk: Desk) -> shaping.RouterSettings:
        async with desk.transaction() as transaction:
            return await shaping.observe(
                transaction, name=router, changes=changes, actor=desk.actor, now=desk.now()
            )

    found = work(task)
    show_one(
        {
            "router": router,
            "mode": found.mode,
            "method": found.method,
            "nas": found.nas,
            "interface": found.interface,
            "writes per second": found.writes_per_second,
        }
    )
    if found.nas is None:
        note(
            "no NAS is linked: it shapes the networks of its sites, or all addresses where it has "
            f"none; see `turnpike shaper site add {router} --help`"
        )


@site.command("add", epilog="Example: turnpike shaper site add r1 North --network 10.1.0.0/16")
def site_add(
    router: Router,
    name: Name,
    network: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="What is there; absent: everything.")
    ] = None,
    down: Annotated[str, typer.Option(help="Its capacity towards subscribers.")] = "unlimited",
    up: Annotated[str, typer.Option(help="Its capacity from subscribers.")] = "unlimited",
    parent: Annotated[str | None, typer.Option(help="The site that it hangs under.")] = None,
) -> None:
    """A site or link whose capacity is shared by all that is in its networks."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await shaping_sites.add(
                transaction,
                router_name=router,
                name=name,
                networks=network or (),
                down_kbps=parse_rate_kbps(down),
                up_kbps=parse_rate_kbps(up),
                parent=parent,
                actor=desk.actor,
                now=desk.now(),
            )

    work(task)
    done(f"{router} has the site {name}", router=router, site=name)


@site.command("list", epilog="Example: turnpike shaper site list r1")
def site_list(router: Router) -> None:
    """The sites of a router."""

    async def task(desk: Desk) -> tuple[shaping_sites.Site, ...]:
        async with desk.transaction() as transaction:
            return await shaping_sites.listed(transaction, router)

    rows = [
        [each.name, each.parent, each.networks, rate_text(each.down_kbps), rate_text(each.up_kbps)]
        for each in work(task)
    ]
    show_table("Sites", ["site", "parent", "networks", "down", "up"], rows)


@site.command("remove", epilog="Example: turnpike shaper site remove r1 North")
def site_remove(router: Router, name: Name) -> None:
    """Take a site away; what hung under it hangs under its parent."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await shaping_sites.remove(
                transaction, router_name=router, name=name, actor=desk.actor, now=desk.now()
            )

    work(task)
    done(f"{router} has no site {name} any more", router=router, site=name)


def _show(outcome: Outcome) -> None:
    if options().json:
        print_json(outcome)
        return
    applied = outcome["applied"]
    if applied is not None:
        print(f"{applied['done']} rows written, {applied['failed']} not")
        for problem in applied["problems"]:
            print(f"  {problem}")
    rows = [
        [each["kind"], each["login"] or each["subject"], each["before"], each["after"]]
        for each in outcome["changes"][:LINES_SHOWN]
    ]
    rows += [
        [each["drift"], each["login"] or each["subject"], each["actual"], each["wanted"]]
        for each in outcome["drift"][:LINES_SHOWN]
    ]
    if rows:
        show_table("Difference", ["what", "whose", "is", "should be"], rows)
    counts = ", ".join(f"{outcome[name]} {name}" for name in COUNTS)
    print(f"{outcome['router']} ({outcome['method']}, {outcome['mode']}): {counts}")
    for warning in outcome["warnings"]:
        note(f"warning: {warning}")
    if outcome["held"]:
        note(
            f"the guard holds {outcome['held']} removals that no Stop explains; if they are right: "
            f"turnpike shaper apply {outcome['router']} --confirm-removals {outcome['held']}"
        )
    if outcome["paused"]:
        note("enforcement is paused")
