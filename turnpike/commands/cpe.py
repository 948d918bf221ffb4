"""`turnpike cpe`: subscribers' own devices."""

from typing import Annotated, Any

import typer

from operations import cpe
from turnpike.context import Desk, work
from turnpike.device_access import LoginOptions, usage
from turnpike.option_groups import with_option_groups
from turnpike.output import done, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Subscribers' own devices.")

Title = Annotated[str, typer.Argument(help="What the device is called.")]
Type = Annotated[str, typer.Option("--type", help=f"One of {', '.join(cpe.TYPES)}.")]
NOTHING = "-"


@app.command(
    epilog="Example: turnpike cpe add ann-home ann --host 10.0.0.7 --user admin --password - "
    "--target 192.168.88.0/24"
)
@with_option_groups
def add(
    title: Title,
    login: Annotated[str, typer.Argument(help="The service that it belongs to.")],
    host: Annotated[str, typer.Option(help="Where it is.")],
    access: LoginOptions,
    port: Annotated[int, typer.Option(help="Its API's port.")] = cpe.API_PORT,
    type_: Type = "mikrotik",
    target: Annotated[
        str | None, typer.Option(metavar="CIDR", help="The subnet that gets the plan's rates.")
    ] = None,
) -> None:
    """Enter a subscriber's device; its password is sealed."""
    way_in = access.access()
    if target is not None and way_in is None:
        raise usage("nothing can be shaped without a login", "give --user and --password -")

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await cpe.add(
                transaction,
                title=title,
                login=login,
                type=type_,
                host=host,
                port=port,
                access=way_in,
                target=target,
                keys=desk.keys,
                actor=desk.actor,
                now=desk.now(),
            )

    work(task)
    done(f"{title} belongs to {login}", title=title, login=login, target=target)


@app.command("set", epilog="Example: turnpike cpe set ann-home --target 192.168.88.0/24")
@with_option_groups
def set_(
    title: Title,
    access: LoginOptions,
    rename: Annotated[str | None, typer.Option(help="Its new title.")] = None,
    host: Annotated[str | None, typer.Option(help="Where it is.")] = None,
    port: Annotated[int | None, typer.Option(help="Its API's port.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Its make.")] = None,
    target: Annotated[
        str | None, typer.Option(metavar="CIDR", help="The subnet shaped there; - for none.")
    ] = None,
) -> None:
    """Change what is known of a device."""
    given = {"title": rename, "host": host, "port": port, "type": type_, "target": target}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if target == NOTHING:
        changes["target"] = None
    way_in = access.access()
    if not changes and way_in is None:
        raise usage("nothing to change is named", "see `turnpike cpe set --help`")

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await cpe.change(
                transaction,
                title=title,
                changes=changes,
                access=way_in,
                keys=desk.keys,
                actor=desk.actor,
                now=desk.now(),
            )

    work(task)
    done(f"{title} is changed", title=title, changed=[*changes])


@app.command("list", epilog="Example: turnpike cpe list --login ann")
def list_(
    login: Annotated[str | None, typer.Option(help="Those of one service.")] = None,
) -> None:
    """The devices, and how the shaper finds them."""

    async def task(desk: Desk) -> tuple[cpe.Cpe, ...]:
        async with desk.transaction() as transaction:
            return await cpe.listed(transaction, login)

    columns = "title type login host port target state problem checked_at"
    rows = [[getattr(one, name) for name in columns.split()] for one in work(task)]
    show_table("CPE", columns.split(), rows)


@app.command(epilog="Example: turnpike cpe remove ann-home")
def remove(title: Title) -> None:
    """Forget a device and its password; what was set on it stays there."""

    async def task(desk: Desk) -> None:
        async with desk.transaction() as transaction:
            await cpe.remove(transaction, title=title, actor=desk.actor, now=desk.now())

    work(task)
    done(f"{title} is forgotten", title=title)
