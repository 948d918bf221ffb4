"""The whole schema as statements, in order: what a migrated database must be equal to."""

from collections.abc import Iterator

from sqlalchemy import create_mock_engine
from sqlalchemy.sql.base import Executable

from database import append_only, follow_triggers, ledger_balance, partitions, report, tenancy
from database.roles import SCHEMA_VERSION_TABLE, grants
from database.tables import metadata

__all__ = ["statements"]


def statements() -> Iterator[str]:
    """Every statement that makes the schema, run by the owner in an empty database."""
    yield (
        f"CREATE TABLE {SCHEMA_VERSION_TABLE} "
        f"(version_num varchar(32) CONSTRAINT {SCHEMA_VERSION_TABLE}_pkc PRIMARY KEY)"
    )
    yield from _tables()
    yield from follow_triggers.statements(metadata)
    yield from append_only.statements(metadata)
    yield from ledger_balance.statements()
    yield from partitions.statements(metadata)
    yield from tenancy.policies(metadata)
    yield from grants(metadata)
    yield from report.statements()


def _tables() -> list[str]:
    written: list[str] = []

    def write(statement: Executable, *_: object, **__: object) -> None:
        written.append(str(statement.compile(dialect=engine.dialect)).strip())

    engine = create_mock_engine("postgresql+psycopg://", write)
    metadata.create_all(engine, checkfirst=False)
    return written
