"""Writes the first migration anew from the tables: `make migration`, until the first release.

After it the migration is history: a change of the tables is a migration of its own.
"""

from pathlib import Path
from typing import Final

from database.schema import statements

__all__ = ["FIRST_MIGRATION", "frozen"]

FIRST_MIGRATION: Final = Path(__file__).parent / "migrations/versions/0001_initial.sql"


def frozen() -> str:
    """The schema as one script."""
    return "".join(f"{statement};\n\n" for statement in statements())


if __name__ == "__main__":
    FIRST_MIGRATION.write_text(frozen(), encoding="utf-8")
