"""A backup is one file of pg_dump's custom format; a restore is another database in the old one's
place.

The restored database is complete before it takes the name, and the one before keeps its rows under
another name. Being another database it has another history, so everybody who follows tables
(`database/follow.py`) reads them whole, whatever `changed_xid` the restored rows carry.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from chassis.config import DatabaseConfig
from database.address import admin_address
from database.embedded.binaries import installed_programs
from database.provision import MAINTENANCE_DATABASE, administrator, prepare, prepare_database
from database.roles import SCHEMA_VERSION_TABLE, Role
from database.version import SCHEMA_VERSION
from isp.errors import ExitCode, Refused

__all__ = ["Restored", "backup", "restore"]

WORDS_OCTETS_MAX: Final = 2000
"""The end of what a program said that a refusal quotes."""

NAME_TAKEN_BY: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What a restore did; `before` is the name of the database that was there, if one was."""

    database: str
    before: str | None


async def backup(config: DatabaseConfig, file: Path) -> int:
    """Write everything into `file` (mode 0600), as of one moment; returns its octets.

    The file appears whole or not at all. Raises Refused.
    """
    address = admin_address(config)
    program = await _program("pg_dump", address)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise _unwritable(file, error) from None
    try:
        # The owner sees every tenant's rows, by BYPASSRLS or by its policy.
        options = ("--format=custom", f"--role={Role.OWNER.postgres_name}", "--enable-row-security")
        await _run((program, *options, f"--file={draft}"), address)
        octets = _made_durable(draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return octets


async def restore(
    config: DatabaseConfig, file: Path, *, now: datetime, durable: bool = True
) -> Restored:
    """Put what `file` holds in the database's place. Nobody else may be connected to it.

    Raises Refused (75: somebody is; 65: `file` is no backup), and has changed nothing then.
    """
    address = admin_address(config)
    name = str(address["dbname"])
    restoring = f"{name}_restoring"
    await _require_unused(address)
    program = await _program("pg_restore", address)
    await _drop(address, restoring)
    await prepare_database(config, restoring, durable=durable)
    try:
        options = ("--no-owner", "--exit-on-error", f"--role={Role.OWNER.postgres_name}")
        await _run((program, *options, str(file)), address | {"dbname": restoring})
        await _require_our_schema(address | {"dbname": restoring}, file)
        before = await _swap(address, restoring, aside=f"{name}_before_{now:%Y%m%d_%H%M%S}")
    except BaseException:
        await _drop(address, restoring)
        raise
    await prepare(config, today=now.date(), durable=durable)
    return Restored(database=name, before=before)


async def _program(name: str, address: dict[str, Any]) -> str:
    """`name` in the server's own version, else in a newer one."""
    async with administrator(address | {"dbname": MAINTENANCE_DATABASE}) as connection:
        server = connection.info.server_version // 10000
    found = {path: await _major_version(path) for path in _installed(name)}
    newer = [path for path, version in found.items() if version > server]
    for path in (*(path for path, version in found.items() if version == server), *newer):
        return path
    problem = f"there is no {name} for PostgreSQL {server}"
    raise Refused(
        problem, remedy=f"install postgresql-client-{server}", exit_code=ExitCode.UNAVAILABLE
    )


def _installed(name: str) -> Iterator[str]:
    """The wheel's, and the one that a shell would find."""
    yield from (str(path) for path in installed_programs(name))
    if found := shutil.which(name):
        yield found


async def _major_version(program: str) -> int:
    answer = re.search(rb"\) (\d+)", await _output((program, "--version"), {}))
    return int(answer[1]) if answer else 0


async def _run(command: Sequence[str], address: dict[str, Any]) -> None:
    """Run a program on the database; the password goes where no list of processes shows it."""
    words = {key: value for key, value in address.items() if key != "password"}
    environment = {"PGPASSWORD": address["password"]} if "password" in address else {}
    await _output((*command, f"--dbname={make_conninfo(**words)}"), environment)


async def _output(command: Sequence[str], environment: dict[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C", **environment},
    )
    try:
        output, errors = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode != 0:
        words = errors[-WORDS_OCTETS_MAX:].decode(errors="replace").strip()
        problem = f"{Path(command[0]).name} failed: {' '.join(words.split())}"
        raise Refused(
            problem,
            remedy="nothing was changed; the words above say what it lacks",
            exit_code=ExitCode.BAD_DATA,
        )
    return output


async def _require_unused(address: dict[str, Any]) -> None:
    async with administrator(address | {"dbname": MAINTENANCE_DATABASE}) as connection:
        row = await (await connection.execute(NAME_TAKEN_BY, [address["dbname"]])).fetchone()
    if row and row[0]:
        raise _in_use(str(address["dbname"]))


async def _require_our_schema(address: dict[str, Any], file: Path) -> None:
    """Refused where the file holds something else, or what only a newer program knows."""
    async with administrator(address) as connection:
        try:
            rows = await connection.execute(f"SELECT version_num FROM {SCHEMA_VERSION_TABLE}")
            [version] = await rows.fetchone() or (None,)
        except psycopg.errors.UndefinedTable:
            version = None
    if version is None:
        raise Refused(f"{file} is no backup of Turnpike", remedy="name one of `turnpike db backup`")
    if version > SCHEMA_VERSION:
        problem = f"{file} has schema {version}, newer than this program's {SCHEMA_VERSION}"
        raise Refused(problem, remedy="install the Turnpike that wrote it")


async def _swap(address: dict[str, Any], restoring: str, aside: str) -> str | None:
    """Let the restored database have the name; returns where the one before went."""
    name = str(address["dbname"])
    exists = "SELECT FROM pg_database WHERE datname = %s"
    async with administrator(address | {"dbname": MAINTENANCE_DATABASE}) as connection:
        there = (await connection.execute(exists, [name])).rowcount == 1
        moves = [(name, aside)] * there + [(restoring, name)]
        try:
            async with connection.transaction():
                for old, new in moves:
                    await connection.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                            sql.Identifier(old), sql.Identifier(new)
                        )
                    )
        except psycopg.errors.ObjectInUse:
            raise _in_use(name) from None
    return aside if there else None


async def _drop(address: dict[str, Any], name: str) -> None:
    async with administrator(address | {"dbname": MAINTENANCE_DATABASE}) as connection:
        await connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _in_use(name: str) -> Refused:
    return Refused(
        f"the database {name} is in use",
        remedy="stop Turnpike and whoever else is connected to it",
        exit_code=ExitCode.TRY_AGAIN,
    )


def _unwritable(file: Path, error: OSError) -> Refused:
    return Refused(f"{file} cannot be written: {error.strerror}", remedy="name another file")


def _made_durable(file: Path) -> int:
    """Flush it to the disk; returns its octets."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
