"""Which schema this program is written for; a daemon does not run on another."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from database.connect import Database
from database.roles import SCHEMA_VERSION_TABLE
from isp.errors import ExitCode, Refused

__all__ = ["SCHEMA_VERSION", "require_schema_version", "schema_version"]

SCHEMA_VERSION: Final = "0001"
"""The last migration in `database/migrations/versions`."""

UNDEFINED_TABLE: Final = "42P01"


async def require_schema_version(database: Database) -> None:
    """Refused (78) where the database has not the schema of this program."""
    try:
        async with database.transaction() as transaction:
            version = await schema_version(transaction)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != UNDEFINED_TABLE:
            raise
        version = None
    if version != SCHEMA_VERSION:
        problem = (
            f"the database has schema {version or 'none'}, this program needs {SCHEMA_VERSION}"
        )
        raise Refused(
            problem,
            remedy="run `turnpike db migrate` of the newer program, then start this one",
            exit_code=ExitCode.CONFIGURATION,
        )


async def schema_version(connection: AsyncConnection) -> str | None:
    """The migration that the database is at; None: no schema yet."""
    query = text(f"SELECT version_num FROM {SCHEMA_VERSION_TABLE}")
    return (await connection.execute(query)).scalar_one_or_none()
