"""What makes a table followable: every write stamps `changed_xid` and says "look again"."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import MetaData

__all__ = ["CHANNEL", "statements"]

CHANNEL: Final = "turnpike_changed"
"""NOTIFY channel; the payload is the table's name."""

STAMP_FUNCTION: Final = """\
CREATE FUNCTION stamp_changed_xid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := pg_current_xact_id();
    RETURN NEW;
END $$"""

TELL_FUNCTION: Final = f"""\
CREATE FUNCTION tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('{CHANNEL}', TG_TABLE_NAME);
    RETURN NULL;
END $$"""


def statements(metadata: MetaData) -> Iterator[str]:
    """The trigger functions, and two triggers for each followed table.

    An update of nothing but a table's `quiet` columns neither stamps nor tells.
    """
    yield STAMP_FUNCTION
    yield TELL_FUNCTION
    for table in metadata.sorted_tables:
        if not table.info.get("followed"):
            continue
        quiet = table.info.get("quiet", ())
        columns = ", ".join(column.name for column in table.columns if column.name not in quiet)
        yield (
            f"CREATE TRIGGER stamp_changed_xid BEFORE INSERT OR UPDATE OF {columns} "
            f"ON {table.name} FOR EACH ROW EXECUTE FUNCTION stamp_changed_xid()"
        )
        yield (
            f"CREATE TRIGGER tell_changed AFTER INSERT OR DELETE OR UPDATE OF {columns} "
            f"ON {table.name} FOR EACH STATEMENT EXECUTE FUNCTION tell_changed()"
        )
