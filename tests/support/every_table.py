"""A row in every table for a tenant, made from the tables' own definitions."""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Table, insert, types
from sqlalchemy.dialects.postgresql import CIDR, INET, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables import metadata
from database.tables.columns import Xid8
from database.tenancy import references

__all__ = ["fill_every_table", "row"]

TELLING = {"outage.state": "open"}
"""Nobody is told of what is only suspected."""


async def fill_every_table(
    owner: AsyncConnection, tenant_id: int, now: datetime
) -> dict[str, dict[str, Any]]:
    """One row per table that has a tenant, the tenant's own excepted; the rows by table."""
    made: dict[str, dict[str, Any]] = {"tenant": {"tenant_id": tenant_id}}
    for table in _parents_first():
        values = row(table, made, now)
        returned = await owner.execute(insert(table).values(values).returning(*table.c))
        made[table.name] = dict(returned.one()._mapping)
    return made


def _parents_first() -> Iterator[Table]:
    waiting = [table for table in metadata.sorted_tables if "tenant_id" in table.c]
    done = {"tenant"}
    while waiting:
        table = next(
            table
            for table in waiting
            if all(parent.name in done for _, parent in references(table, metadata))
        )
        waiting.remove(table)
        if table.name not in done:
            done.add(table.name)
            yield table


def row(table: Table, made: dict[str, dict[str, Any]], now: datetime) -> dict[str, Any]:
    """A row that satisfies the table's checks and belongs to `made`'s rows."""
    named = {column.name: parent.name for column, parent in references(table, metadata)}
    values = {}
    for column in table.columns:
        if column.name == "tenant_id":
            values[column.name] = made["tenant"]["tenant_id"]
        elif column.name in named and (column.name.startswith(named[column.name])):
            values[column.name] = made[named[column.name]][f"{named[column.name]}_id"]
        elif column.nullable and isinstance(column.type, INET):
            values[column.name] = _value(column, made, now)
        elif column.nullable or column.server_default is not None or column.identity is not None:
            continue
        else:
            values[column.name] = _allowed(table, column) or _value(column, made, now)
    return values


def _allowed(table: Table, column: Column[Any]) -> str | None:
    """The first word of a check `column IN ('word', …)`, unless another is more telling."""
    if telling := TELLING.get(str(column)):
        return telling
    for text in _checks(table):
        found = re.match(rf"{column.name} IN \('(\w+)'", text)
        if found:
            return found[1]
    return None


def _checks(table: Table) -> Iterator[str]:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            yield str(constraint.sqltext)


def _value(column: Column[Any], made: dict[str, dict[str, Any]], now: datetime) -> Any:
    tenant_id = made["tenant"]["tenant_id"]
    match column.type:
        case types.DateTime():
            return now
        case types.Date():
            return now.date()
        case types.Text():
            return f"{column.name} of {tenant_id}"
        case types.Numeric() | types.Integer():
            return 1 if column.name != "amount" or column.table.name == "payment" else 0
        case types.LargeBinary():
            return f"{column.name} of {tenant_id}".encode()
        case types.Uuid():
            return uuid.uuid4()
        case CIDR():
            return f"10.{tenant_id % 256}.0.0/16"
        case INET():
            return f"10.{tenant_id % 256}.0.1"
        case types.Boolean():
            return False
        case JSONB():
            return {}
        case types.ARRAY():
            return []
        case Xid8():
            return None
        case other:
            message = f"no value for {column} of type {other}"
            raise NotImplementedError(message)
