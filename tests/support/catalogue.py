"""What a catalogue says of its schema, in words that two databases can be compared by."""

from typing import Any

import psycopg

__all__ = ["catalogue"]

QUERIES = {
    "column": """
        SELECT attrelid::regclass || '.' || attname, format_type(atttypid, atttypmod), attnotnull,
            attidentity::text, attgenerated::text, pg_get_expr(adbin, adrelid), attacl::text,
            col_description(attrelid, attnum)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = ANY(%(schemas)s::regnamespace[]) AND relkind IN ('r', 'p', 'v')
            AND NOT relispartition AND attnum > 0 AND NOT attisdropped""",
    "relation": """
        SELECT oid::regclass::text, relkind::text, relrowsecurity, relforcerowsecurity,
            relacl::text, reloptions::text, pg_get_userbyid(relowner), pg_get_partkeydef(oid),
            obj_description(oid, 'pg_class')
        FROM pg_class
        WHERE relnamespace = ANY(%(schemas)s::regnamespace[]) AND NOT relispartition
            AND relkind IN ('r', 'p', 'v', 'S')""",
    "index": """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace = ANY(%(schemas)s::regnamespace[]) AND NOT relispartition""",
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(pg_constraint.oid),
            condeferrable, condeferred
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE connamespace = ANY(%(schemas)s::regnamespace[]) AND NOT relispartition""",
    "policy": """
        SELECT tablename || '.' || policyname, permissive, roles::text, cmd, qual, with_check
        FROM pg_policies""",
    "function": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid), proacl::text,
            pg_get_userbyid(proowner)
        FROM pg_proc WHERE pronamespace = ANY(%(schemas)s::regnamespace[])""",
    "view": """
        SELECT oid::regclass::text, pg_get_viewdef(oid)
        FROM pg_class WHERE relnamespace = ANY(%(schemas)s::regnamespace[]) AND relkind = 'v'""",
    "trigger": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(pg_trigger.oid)
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE NOT tgisinternal AND NOT relispartition""",
    "schema": """
        SELECT nspname, nspacl::text FROM pg_namespace
        WHERE oid = ANY(%(schemas)s::regnamespace[])""",
}


def catalogue(connection: psycopg.Connection[Any]) -> dict[str, tuple[Any, ...]]:
    """Every object of schemas `public` and `report`, partitions excepted, by kind and name."""
    found = {}
    for kind, query in QUERIES.items():
        for name, *rest in connection.execute(query, {"schemas": ["public", "report"]}):
            found[f"{kind} {name}"] = tuple(rest)
    return found
