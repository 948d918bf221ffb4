"""`turnpike pool`: addresses and prefixes that are given out."""

from typing import Annotated

import typer

from operations import pools
from operations.pools import Pool
from turnpike.context import Desk, work
from turnpike.output import done, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Addresses and prefixes that are given out.")


@app.command(epilog="Example: turnpike pool add homes 2001:db8::/40 --prefix-length 56")
def add(
    name: Annotated[str, typer.Argument(help="The pool's name; several networks may share it.")],
    network: Annotated[str, typer.Argument(metavar="CIDR")],
    prefix_length: Annotated[
        int | None,
        typer.Option(help="IPv6: what each service gets; 64 is its link's, others are delegated."),
    ] = None,
) -> None:
    """Give out the addresses of a network."""

    async def task(desk: Desk) -> Pool:
        async with desk.transaction() as transaction:
            return await pools.add(
                transaction,
                name=name,
                network=network,
                prefix_length=prefix_length,
                actor=desk.actor,
                now=desk.now(),
            )

    made = work(task)
    size = f"{made.size} × /{made.prefix_length}"
    done(f"pool {name} has {made.network}: {size}", name=name, network=made.network, size=made.size)


@app.command("list", epilog="Example: turnpike pool list --json")
def list_() -> None:
    """The pools, their use, and when they run out if it goes on as in the last month."""

    async def task(desk: Desk) -> tuple[Pool, ...]:
        async with desk.transaction() as transaction:
            return await pools.listed(transaction, desk.now())

    rows = [
        [
            one.name,
            one.kind.value,
            one.network,
            one.prefix_length,
            one.used,
            one.free,
            f"{100 * one.used / one.size:.1f} %",
            one.exhausted_on,
        ]
        for one in work(task)
    ]
    columns = "pool kind network prefix_length used free use exhausted_on"
    show_table("Pools", columns.split(), rows)
