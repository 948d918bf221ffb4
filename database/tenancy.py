"""Whose rows a role sees: row-level security, forced, on every table that has a tenant.

Daemon roles serve all tenants. Web and command act for the tenant of `turnpike.tenant`, set for one
transaction, and see nothing without it. The report role sees all, or the one that is set.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, MetaData, Table

from database.roles import DAEMON_ROLES, TENANT_ROLES, Role

__all__ = ["TENANT_NAMES_SEEN_BY_ALL", "WITHOUT_TENANT", "policies", "references"]

WITHOUT_TENANT: Final = frozenset({"collector", "daemon_status", "rolling_due", "unknown_nas"})
"""The tables without `tenant_id`.

A daemon and its processes serve all tenants; a batch of accounting is of many, and only radiusd
reads what is due of it; nobody knows whose an unknown NAS is.
"""

TENANT_NAMES_SEEN_BY_ALL: Final = "tenant"
"""Its rows are readable by every role: a name must be looked up before a tenant can be set."""

# A scalar subquery is evaluated once per statement, not per row; a setting that was local to an
# earlier transaction of the connection reads as the empty string.
CURRENT_TENANT: Final = "(SELECT nullif(current_setting('turnpike.tenant', true), '')::bigint)"


def policies(metadata: MetaData) -> Iterator[str]:
    """The statements that enable, force and grant by policy, table by table."""
    everywhere = _names(Role.OWNER, *DAEMON_ROLES)
    tenants = _names(*TENANT_ROLES)
    for table in metadata.sorted_tables:
        if table.name in WITHOUT_TENANT:
            continue
        own = f"tenant_id = {CURRENT_TENANT}"
        written = " AND ".join([own, *_own_references(table, metadata)])
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
        # The owner is BYPASSRLS; the policy stands in where the server's admin could not grant it.
        yield f"CREATE POLICY every_tenant ON {table.name} TO {everywhere} USING (true)"
        yield (
            f"CREATE POLICY own_tenant ON {table.name} TO {tenants} "
            f"USING ({own}) WITH CHECK ({written})"
        )
        yield (
            f"CREATE POLICY reported ON {table.name} FOR SELECT TO {_names(Role.READER)} "
            f"USING (coalesce({own}, true))"
        )
    yield (
        f"CREATE POLICY named ON {TENANT_NAMES_SEEN_BY_ALL} FOR SELECT TO {tenants} USING (true)"
    )


def _own_references(table: Table, metadata: MetaData) -> Iterator[str]:
    """A row may name only rows of its own tenant: foreign keys are checked without policies.

    The subqueries run under the policies of their tables, so they find nothing of another tenant.
    """
    for column, parent in references(table, metadata):
        key = f"{parent.name}.{parent.name}_id"
        found = f"EXISTS (SELECT FROM {parent.name} WHERE {key} = {table.name}.{column.name})"
        unknown = f"{table.name}.{column.name} = 0 OR " if not column.foreign_keys else ""
        missing = f"{table.name}.{column.name} IS NULL OR " if column.nullable else ""
        yield f"({missing}{unknown}{found})"


def references(table: Table, metadata: MetaData) -> Iterator[tuple[Column[Any], Table]]:
    """The columns of `table` that name a row of a tenant's table: by foreign key, or by name."""
    for column in table.columns:
        parents = [key.column.table for key in column.foreign_keys]
        named = metadata.tables.get(column.name.removesuffix("_id"))
        if not parents and named is not None and f"{named.name}_id" == column.name:
            parents = [named]
        for parent in parents:
            if parent is not table and parent.name != "tenant":
                yield column, parent


def _names(*roles: Role) -> str:
    return ", ".join(role.postgres_name for role in roles)
