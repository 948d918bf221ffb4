"""Whose rows a role sees: row-level security, forced, on every table that has a tenant.

Daemon roles serve all tenants. Web and command act for the tenant of `turnpike.tenant`, set for one
transaction, and see nothing without it. The report role sees all, or the one that is set.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import MetaData

from database.roles import DAEMON_ROLES, TENANT_ROLES, Role

__all__ = ["TENANT_NAMES_SEEN_BY_ALL", "WITHOUT_TENANT", "policies"]

WITHOUT_TENANT: Final = frozenset({"daemon_status", "rolling_due", "unknown_nas"})
"""The tables without `tenant_id`.

A daemon serves all tenants; a batch of accounting is of many, and only radiusd reads what is due of
it; nobody knows whose an unknown NAS is.
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
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
        # The owner is BYPASSRLS; the policy stands in where the server's admin could not grant it.
        yield f"CREATE POLICY every_tenant ON {table.name} TO {everywhere} USING (true)"
        yield (
            f"CREATE POLICY own_tenant ON {table.name} TO {tenants} "
            f"USING (tenant_id = {CURRENT_TENANT})"
        )
        yield (
            f"CREATE POLICY reported ON {table.name} FOR SELECT TO {_names(Role.READER)} "
            f"USING (coalesce(tenant_id = {CURRENT_TENANT}, true))"
        )
    yield (
        f"CREATE POLICY named ON {TENANT_NAMES_SEEN_BY_ALL} FOR SELECT TO {tenants} USING (true)"
    )


def _names(*roles: Role) -> str:
    return ", ".join(role.postgres_name for role in roles)
