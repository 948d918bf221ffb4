"""The whole schema as statements, in order: what a migrated database must be equal to."""

from collections.abc import Iterator

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.schema import (
    CreateIndex,
    CreateTable,
    ExecutableDDLElement,
    SetColumnComment,
    SetTableComment,
)

from database import append_only, follow_triggers, ledger_balance, partitions, report, tenancy
from database.roles import grants
from database.tables import metadata

__all__ = ["statements"]


def statements() -> Iterator[str]:
    """Every statement that makes the schema, run by the owner in a database without tables.

    The table that holds the schema's version is Alembic's, and made before.
    """
    yield from _tables()
    yield from follow_triggers.statements(metadata)
    yield from append_only.statements(metadata)
    yield from ledger_balance.statements()
    yield from partitions.statements(metadata)
    yield from tenancy.policies(metadata)
    yield from grants(metadata)
    yield from report.statements()


def _tables() -> Iterator[str]:
    """Tables, indexes and comments, always in the same order."""
    postgres: Dialect = dialect()
    for element in _elements():
        yield str(element.compile(dialect=postgres)).strip()


def _elements() -> Iterator[ExecutableDDLElement]:
    for table in metadata.sorted_tables:
        yield CreateTable(table)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield CreateIndex(index)
        if table.comment:
            yield SetTableComment(table)
        for column in table.columns:
            if column.comment:
                yield SetColumnComment(column)
