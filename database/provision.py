"""Making a server ready for Turnpike: roles, database, schema, the first tenant.

`prepare` may be run again at any time; it does what is missing. What only a superuser may do is
done where we are one, and said clearly where we are not.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.config import DatabaseConfig
from chassis.log import get_logger
from database.address import admin_address, password_file
from database.connect import Database
from database.embedded import EmbeddedServer
from database.partitions import ensure_partitions
from database.roles import DAEMON_ROLES, LOGIN_ROLES, SCHEMA_VERSION_TABLE, Role
from database.version import SCHEMA_VERSION, schema_version
from isp.errors import ExitCode, Refused

__all__ = [
    "MAINTENANCE_DATABASE",
    "administrator",
    "database_grants",
    "prepare",
    "prepare_database",
    "serving",
]

SERVER_VERSION_MIN: Final = 15_00_00
MAINTENANCE_DATABASE: Final = "postgres"
"""The one that every server has."""

FIRST_TENANT: Final = text(
    "INSERT INTO tenant (name) SELECT 'default' WHERE NOT EXISTS (SELECT FROM tenant)"
)
DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")

log = get_logger("provision")

Connection = psycopg.AsyncConnection[TupleRow]


@asynccontextmanager
async def serving(config: DatabaseConfig) -> AsyncIterator[None]:
    """Where the database is the embedded one: running and supervised for the body."""
    if config.url is not None:
        yield
        return
    async with EmbeddedServer(config.data).running():
        yield


async def prepare(config: DatabaseConfig, *, today: date, durable: bool = True) -> None:
    """Make roles, database, schema, first tenant and partitions, as far as they are missing.

    Refused (78) on a server that is too old, or that may lose what it acknowledged; tests of
    throw-away servers say `durable=False`.
    """
    await prepare_database(config, admin_address(config)["dbname"], durable=durable)
    database = Database(config, Role.OWNER, "turnpike provision")
    try:
        async with database.transaction() as owner:
            await owner.execute(text("SELECT pg_advisory_xact_lock(hashtext('turnpike schema'))"))
            await _make_schema(owner)
            await owner.execute(FIRST_TENANT)
            await ensure_partitions(owner, today)
    finally:
        await database.close()


async def prepare_database(config: DatabaseConfig, name: str, *, durable: bool) -> None:
    """The roles, and the database `name`, which may stay empty, with its grants."""
    address = admin_address(config)
    reachable = await _reachable_database(address)
    async with administrator(address | {"dbname": reachable}) as connection:
        await _check_server(connection, durable=durable)
        await _make_roles(connection, config)
        await _make_database(connection, name)
    async with administrator(address | {"dbname": name}) as connection:
        for statement in database_grants(name):
            await connection.execute(statement)
        await connection.execute(
            sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(_identifiers([Role.OWNER]))
        )


def database_grants(database: str) -> Iterator[sql.Composed]:
    """Only our roles may connect; those that COPY may make temporary tables."""
    name = sql.Identifier(database)
    owner = _identifiers([Role.OWNER])
    copying = _identifiers((*DAEMON_ROLES, Role.COMMAND))
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, _identifiers(LOGIN_ROLES))
    yield sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(name, copying)
    yield sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(name, owner)


@asynccontextmanager
async def administrator(address: dict[str, Any]) -> AsyncIterator[Connection]:
    """An administrator's autocommit connection; refused (69) where the server is not reachable."""
    try:
        connection = await psycopg.AsyncConnection.connect(**address, autocommit=True)
    except psycopg.OperationalError as error:
        problem = f"the database server cannot be reached: {str(error).strip()}"
        raise Refused(
            problem,
            remedy="see that it runs and that `database.url` is right",
            exit_code=ExitCode.UNAVAILABLE,
        ) from error
    try:
        yield connection
    finally:
        await connection.close()


async def _reachable_database(address: dict[str, Any]) -> str:
    """The database itself where it exists already, else the one every server has."""
    try:
        connection = await psycopg.AsyncConnection.connect(**address)
    except psycopg.OperationalError:
        return MAINTENANCE_DATABASE
    await connection.close()
    return str(address["dbname"])


async def _check_server(connection: Connection, *, durable: bool) -> None:
    if connection.info.server_version < SERVER_VERSION_MIN:
        problem = f"the server is PostgreSQL {connection.info.server_version // 10000}"
        raise Refused(
            problem, remedy="15 is the oldest that serves", exit_code=ExitCode.CONFIGURATION
        )
    for setting in DURABLE if durable else ():
        if await _value(connection, f"SHOW {setting}") == "off":
            problem = f"the server runs with `{setting} = off` and may lose what it acknowledged"
            raise Refused(
                problem,
                remedy=f"set `{setting} = on` in its postgresql.conf and restart it",
                exit_code=ExitCode.CONFIGURATION,
            )


async def _make_roles(connection: Connection, config: DatabaseConfig) -> None:
    rows = await connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'turnpike%'")
    existing = {name for (name,) in await rows.fetchall()}
    if Role.OWNER.postgres_name not in existing:
        await _make_owner(connection)
    passwords = password_file(config)
    names = [role.postgres_name for role in LOGIN_ROLES]
    for name in names:
        if name in existing and not passwords.has(name):
            problem = f"the role {name} exists and {passwords.path} has no password for it"
            raise Refused(
                problem,
                remedy="copy that file from the machine that made the roles, "
                "or have them dropped to be made anew",
                exit_code=ExitCode.CONFIGURATION,
            )
    passwords.add(names)
    for name in names:
        if name not in existing:
            # Hashed here: the clear word never reaches the server or its log.
            word = connection.pgconn.encrypt_password(
                passwords.password(name).reveal().encode(), name.encode(), b"scram-sha-256"
            )
            await connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}").format(
                    sql.Identifier(name), sql.Literal(word.decode())
                )
            )


async def _make_owner(connection: Connection) -> None:
    """The owner is NOLOGIN, and BYPASSRLS where we may grant that."""
    rows = await connection.execute(
        "SELECT rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    superuser, creates_roles, bypasses = await rows.fetchone() or (False, False, False)
    if not (superuser or creates_roles):
        problem = f"the user {connection.info.user} may not create roles on this server"
        raise Refused(
            problem,
            remedy=f"ALTER ROLE {connection.info.user} CREATEROLE CREATEDB, or name a user that "
            "may in `database.url`",
            exit_code=ExitCode.CONFIGURATION,
        )
    may_bypass = superuser or (bypasses and connection.info.server_version >= 16_00_00)
    owner = Role.OWNER.postgres_name
    await connection.execute(f"CREATE ROLE {owner} NOLOGIN {'BYPASSRLS' if may_bypass else ''}")
    if not may_bypass:
        log.warning(
            "owner_without_bypassrls",
            role=owner,
            consequence="the policy every_tenant stands in for it",
            remedy=f"a superuser may ALTER ROLE {owner} BYPASSRLS",
        )
    if not superuser:
        await connection.execute(f"GRANT {owner} TO CURRENT_USER")


async def _make_database(connection: Connection, name: str) -> None:
    found = await connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
    if found.rowcount == 0:
        await connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(Role.OWNER.postgres_name)
            )
        )


async def _make_schema(owner: AsyncConnection) -> None:
    """The schema of this program; refused (78) where the database is ahead of it."""
    # Alembic takes a third of a second to import, and no command but this needs it.
    from database.migrate import make_fresh, upgrade

    made = await owner.scalar(text(f"SELECT to_regclass('{SCHEMA_VERSION_TABLE}')::text"))
    version = await schema_version(owner) if made else None
    if version is None:
        await owner.run_sync(make_fresh)
    elif version < SCHEMA_VERSION:
        await owner.run_sync(upgrade)
    elif version > SCHEMA_VERSION:
        problem = f"the database has schema {version}, newer than this program's {SCHEMA_VERSION}"
        raise Refused(
            problem, remedy="install the newer Turnpike", exit_code=ExitCode.CONFIGURATION
        )


async def _value(connection: Connection, query: str) -> object:
    row = await (await connection.execute(query)).fetchone()
    return row[0] if row else None


def _identifiers(roles: Sequence[Role]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(role.postgres_name) for role in roles)
