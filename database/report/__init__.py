"""The views of schema `report`: the contract for outside readers, one `.sql` file each.

A file holds the view's query; every view runs with the reader's own rights and tenant.
"""

from collections.abc import Iterator
from importlib.resources import files

from database.roles import TENANT_ROLES, Role

__all__ = ["statements", "view_names"]


def view_names() -> list[str]:
    """The views, by name."""
    return sorted(
        entry.name.removesuffix(".sql")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".sql")
    )


def statements() -> Iterator[str]:
    """The schema, its views and who may read them."""
    readers = ", ".join(role.postgres_name for role in (Role.READER, *TENANT_ROLES))
    yield "CREATE SCHEMA report"
    for name in view_names():
        query = (files(__name__) / f"{name}.sql").read_text(encoding="utf-8").strip()
        yield f"CREATE VIEW report.{name} WITH (security_invoker = true) AS\n{query}"
    yield f"GRANT USAGE ON SCHEMA report TO {readers}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA report TO {readers}"
