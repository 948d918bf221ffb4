"""`turnpike db`: the database itself."""

import asyncio
import shutil
from typing import Annotated

import typer

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from chassis.secrets import Secret
from database.address import role_url
from database.provision import prepare, serving
from database.roles import Role
from isp.errors import ExitCode, Refused
from turnpike.context import run, settings
from turnpike.output import done

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The database itself.")


@app.command(epilog="Example: psql \"$(turnpike db url)\" -c 'SELECT * FROM report.services'")
def url() -> None:
    """Where the views of schema `report` are read: the report role, all tenants."""
    word = role_url(settings().database, Role.READER).reveal()
    done(word, url=word)


@app.command(epilog="Example: turnpike db migrate --config /etc/turnpike/turnpike.toml")
def migrate() -> None:
    """Make roles, database and schema, or bring them up to date."""
    config = settings().database

    async def task() -> None:
        async with serving(config):
            await prepare(config, today=SystemClock().now().date())

    run(task())
    done("the database is up to date", migrated=True)


@app.command(epilog="Example: turnpike db psql")
def psql(
    command: Annotated[
        bool, typer.Option("--command-role", help="As the command line's role, which may write.")
    ] = False,
) -> None:
    """A psql session, read-only unless it is asked otherwise."""
    program = shutil.which("psql")
    if program is None:
        remedy = "install postgresql-client, or use another client with `turnpike db url`"
        raise Refused("psql is not installed", remedy=remedy, exit_code=ExitCode.UNAVAILABLE)
    config = settings().database
    role = Role.COMMAND if command else Role.READER
    raise typer.Exit(run(_psql(program, config, role)))


async def _psql(program: str, config: DatabaseConfig, role: Role) -> int:
    async with serving(config):
        process = await asyncio.create_subprocess_exec(program, _revealed(role_url(config, role)))
        return await process.wait()


def _revealed(url: Secret[str]) -> str:
    return url.reveal()
