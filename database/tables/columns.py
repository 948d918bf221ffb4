"""What the tables share: the metadata, and the columns that repeat."""

from collections.abc import Callable, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import UserDefinedType

__all__ = ["Xid8", "changed_xid", "followed", "identity", "instant", "metadata", "tenant_id"]

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_index",
    }
)


class Xid8(UserDefinedType[int]):
    """Postgres' 64-bit transaction id; never wraps, ordered."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"

    # The arguments are SQLAlchemy's.
    def bind_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
    ) -> Callable[[int | None], str | None]:
        """As text, which Postgres reads as the type it needs."""
        return lambda value: None if value is None else str(value)

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        coltype: object,  # noqa: ARG002
    ) -> Callable[[str | None], int | None]:
        """psycopg gives a type that it does not know as text."""
        return lambda value: None if value is None else int(value)


def identity(name: str) -> Column[int]:
    """A generated bigint key."""
    return Column(name, BigInteger, Identity(always=False), primary_key=True)


def tenant_id() -> Column[int]:
    """The tenant of the row; row-level security is by this column."""
    return Column("tenant_id", BigInteger, ForeignKey("tenant.tenant_id"), nullable=False)


def instant(name: str, *, nullable: bool = True, now: bool = False) -> Column[object]:
    """A `timestamptz`; `now` defaults it to the transaction's start."""
    default = text("now()") if now else None
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


def changed_xid() -> Column[int]:
    """The transaction that wrote the row last; a trigger sets it (see `database/follow.py`)."""
    return Column("changed_xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()"))


def followed(table: Table, *, quiet: Sequence[str] = ()) -> Table:
    """Mark a table that daemons follow: rows are tombstoned by `removed_at`, never deleted.

    Followers are not told of an update that sets nothing but `quiet` columns.
    """
    table.info["followed"] = True
    table.info["quiet"] = tuple(quiet)
    Index(f"{table.name}_changed_xid_index", table.c.changed_xid)
    return table


def words(name: str, *, nullable: bool = True, default: str | None = None) -> Column[str]:
    """A text column."""
    return Column(name, Text, nullable=nullable, server_default=default)


__all__ += ["words"]
