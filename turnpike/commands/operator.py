"""`turnpike operator`: who may sign in to the web pages."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from operations import operators
from turnpike.context import Desk, work
from turnpike.output import done, show_table
from turnpike.secret_input import generated_secret, read_secret

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the web pages.")

Name = Annotated[str, typer.Argument(help="The operator's name.")]
Password = Annotated[str | None, typer.Option(help="- asks for it. Absent: generated.")]
SecretFile = Annotated[Path | None, typer.Option(help="A file that holds the password.")]


@app.command(epilog="Example: turnpike operator add ann")
def add(
    name: Name,
    password: Password = None,
    secret_file: SecretFile = None,
    role: Annotated[str, typer.Option()] = "admin",
) -> None:
    """Let somebody in."""
    given = read_secret("password", password, secret_file)
    chosen = given or generated_secret()
    _work(
        lambda transaction, desk: operators.add(
            transaction, name=name, password=chosen, role=role, actor=desk.actor, now=desk.now()
        )
    )
    shown = {} if given else {"password": chosen.reveal()}
    told = f" with the password {chosen.reveal()}" if shown else ""
    done(f"{name} may sign in{told}", name=name, **shown)


@app.command("list", epilog="Example: turnpike operator list")
def list_() -> None:
    """Who may sign in, and who may no more."""
    rows = _work(lambda transaction, _desk: operators.listed(transaction))
    show_table("Operators", ["name", "role", "disabled_at"], rows)


@app.command("set-password", epilog="Example: turnpike operator set-password ann --password -")
def set_password(name: Name, password: Password = None, secret_file: SecretFile = None) -> None:
    """Give somebody a new password."""
    given = read_secret("password", password, secret_file)
    chosen = given or generated_secret()
    _work(
        lambda transaction, desk: operators.set_password(
            transaction, name=name, password=chosen, actor=desk.actor, now=desk.now()
        )
    )
    shown = {} if given else {"password": chosen.reveal()}
    told = f": {chosen.reveal()}" if shown else ""
    done(f"{name} has a new password{told}", name=name, **shown)


@app.command(epilog="Example: turnpike operator disable ann")
def disable(name: Name) -> None:
    """Let somebody in no more; his sessions end."""
    _work(
        lambda transaction, desk: operators.disable(
            transaction, name=name, actor=desk.actor, now=desk.now()
        )
    )
    done(f"{name} may not sign in any more", name=name)


def _work(task: Callable[[Any, Desk], Awaitable[Any]]) -> Any:
    async def at_desk(desk: Desk) -> Any:
        async with desk.transaction() as transaction:
            return await task(transaction, desk)

    return work(at_desk)
