"""`turnpike db`: the database itself."""

import asyncio
import getpass
import shutil
from pathlib import Path
from typing import Annotated

import typer

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from chassis.secrets import Secret
from database.address import role_url
from database.backup import Restored, backup, restore
from database.provision import prepare, serving
from database.roles import Role
from isp.errors import ExitCode, Refused
from operations import restored
from turnpike.context import run, settings
from turnpike.output import done, note

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


@app.command("backup", epilog="Example: turnpike db backup /srv/backup/turnpike.dump")
def backup_command(
    file: Annotated[Path, typer.Argument(help="Written whole, mode 0600, in pg_dump's format.")],
) -> None:
    """Write the whole database into a file, as of one moment, while everything goes on."""
    config = settings().database

    async def task() -> int:
        async with serving(config):
            return await backup(config, file)

    octets = run(task())
    done(f"{file} holds the database ({octets:,} octets)", file=file, octets=octets)
    note(
        f"keep the key ring {config.key_ring} beside it, elsewhere than in it: "
        "passwords and secrets are sealed, and nothing else opens them"
    )


@app.command("restore", epilog="Example: turnpike db restore /srv/backup/turnpike.dump")
def restore_command(
    file: Annotated[Path, typer.Argument(help="What `turnpike db backup` wrote.")],
) -> None:
    """Put a backup in the database's place; what was there is kept under another name.

    Turnpike is stopped meanwhile. Its daemons read everything anew when they start.
    """
    config = settings().database
    clock = SystemClock()

    async def task() -> Restored:
        async with serving(config):
            made = await restore(config, file, now=clock.now())
            await restored.record(config, file=file.name, actor=getpass.getuser(), now=clock.now())
            return made

    made = run(task())
    done(f"the database is what {file} holds", database=made.database, before=made.before)
    if made.before:
        note(f"what was there is the database {made.before}; drop it when it is not missed")
    if not config.key_ring.exists():
        note(f"put its key ring back, {config.key_ring}, before you start Turnpike")


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
