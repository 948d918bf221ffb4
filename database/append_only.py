"""What may never be rewritten: where money moved, documents once final, and who did what.

Roles have no UPDATE or DELETE on most of these tables; the triggers hold for everybody else too.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import MetaData

__all__ = ["CHANGEABLE", "FINAL_STATES", "statements"]

CHANGEABLE: Final[dict[str, frozenset[str]]] = {
    "audit": frozenset(),
    "invoice": frozenset({"state"}),
    "invoice_line": frozenset(),
    "ledger_entry": frozenset(),
    "ledger_transaction": frozenset(),
    "payment": frozenset({"state"}),
    "service_event": frozenset(),
}
"""The append-only tables, and the columns of each that may still change."""

FINAL_STATES: Final = {"invoice": "void", "payment": "reversed"}
"""The state that a row of the table never leaves."""

REFUSE_FUNCTION: Final = """\
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are kept as they were written',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$"""


def statements(metadata: MetaData) -> Iterator[str]:
    """The function and the triggers that call it."""
    yield REFUSE_FUNCTION
    for name, changeable in CHANGEABLE.items():
        kept = [column.name for column in metadata.tables[name].columns]
        kept = [column for column in kept if column not in changeable]
        before = ", ".join(f"OLD.{column}" for column in kept)
        after = ", ".join(f"NEW.{column}" for column in kept)
        conditions = [f"({before}) IS DISTINCT FROM ({after})"]
        if name in FINAL_STATES:
            conditions.append(f"OLD.state = '{FINAL_STATES[name]}' AND NEW.state <> OLD.state")
        yield (
            f"CREATE TRIGGER refuse_update BEFORE UPDATE ON {name} FOR EACH ROW "
            f"WHEN ({' OR '.join(f'({condition})' for condition in conditions)}) "
            "EXECUTE FUNCTION refuse_rewriting()"
        )
        for event in ("DELETE", "TRUNCATE"):
            yield (
                f"CREATE TRIGGER refuse_{event.lower()} BEFORE {event} ON {name} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
            )
