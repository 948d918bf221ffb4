"""`turnpike check`: whether the configuration is right, and with `--deep` the world it names."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from chassis.config import Settings
from chassis.config_file import BadConfiguration, load
from chassis.sealing import KeyRing
from database.connect import Database, Role
from isp.errors import ExitCode, Refused
from operations import tenants
from operations.explained import explained
from turnpike import context
from turnpike.global_options import options
from turnpike.output import done, print_json
from turnpike.rooms import suite_settings_model

__all__ = ["register"]


def register(application: typer.Typer) -> None:
    """Put the command into the application."""
    application.command(epilog="Example: turnpike check --deep /etc/turnpike/turnpike.toml")(check)


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Absent: the one in force.")
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also the database, the key ring, certificates.")
    ] = False,
) -> None:
    """Every fault of the configuration at once, with file and line."""
    faults: list[str] = []
    for file in files or [options().config]:
        try:
            settings = load(suite_settings_model(), file).settings
        except BadConfiguration as bad:
            faults += [str(fault) for fault in bad.faults]
            continue
        if deep:
            faults += _deep_faults(settings)
    if not faults:
        named = ", ".join(str(file) for file in files or ()) or "the configuration"
        done(f"{named}: ok", faults=[])
        return
    if options().json:
        print_json({"faults": faults})
    else:
        for fault in faults:
            typer.echo(fault, err=True)
    raise typer.Exit(ExitCode.CONFIGURATION)


def _deep_faults(settings: Settings) -> Iterator[str]:
    """What the configuration names and is not there."""
    try:
        context.run(_database_answers(settings))
    except Refused as refused:
        yield f"database: {refused}"
    try:
        KeyRing.load(settings.database.key_ring)
    except Refused as refused:
        yield f"key ring: {refused}"
    for room, values in settings.model_dump().items():
        for key, value in values.items():
            if key.endswith("certificate_file") and value is not None:
                yield from _certificate_faults(f"{room}.{key}", Path(value))


async def _database_answers(settings: Settings) -> None:
    from database.provision import serving

    async with serving(settings.database):
        database = Database(settings.database, Role.COMMAND, "turnpike check")
        try:
            with explained():
                async with database.transaction() as transaction:
                    await tenants.named(transaction, options().tenant)
        finally:
            await database.close()


def _certificate_faults(key: str, path: Path) -> Iterator[str]:
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        yield f"{key}: {path} is no certificate: {error}"
