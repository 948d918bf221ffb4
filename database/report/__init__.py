"""The views of schema `report`: the contract for outside readers, one `.sql` file each.

A file is the view's query, below a comment that says what it shows and becomes the view's own.
Every view runs with the rights and the tenant of who reads it.
"""

from collections.abc import Iterator
from importlib.resources import files

from database.roles import TENANT_ROLES, Role

__all__ = ["statements", "view_names"]

SCHEMA = "report"


def view_names() -> list[str]:
    """The views, those that read other views after them."""
    queries = {
        entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".sql")
    }
    return sorted(queries, key=lambda name: (f"{SCHEMA}." in queries[name], name))


def statements() -> Iterator[str]:
    """The schema, its views and who may read them."""
    readers = ", ".join(role.postgres_name for role in (Role.READER, *TENANT_ROLES))
    yield f"CREATE SCHEMA {SCHEMA}"
    for name in view_names():
        lines = (files(__name__) / f"{name}.sql").read_text(encoding="utf-8").splitlines()
        comment = " ".join(line[3:] for line in lines if line.startswith("-- "))
        query = "\n".join(line for line in lines if not line.startswith("-- "))
        yield f"CREATE VIEW {SCHEMA}.{name} WITH (security_invoker = true) AS\n{query}"
        yield f"COMMENT ON VIEW {SCHEMA}.{name} IS '{_quoted(comment)}'"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {readers}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {readers}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
