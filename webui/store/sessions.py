"""Live sessions: a page of them, and how many are how."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["PAGE_ROWS", "Key", "by_enforcement", "by_nas", "page"]

PAGE_ROWS: Final = 50
"""What is read at a glance, and on a slow line at once."""

BY_ENFORCEMENT: Final = text(
    "SELECT enforcement, count(*) AS sessions FROM report.sessions_live GROUP BY enforcement"
)
BY_NAS: Final = text("SELECT name, sessions FROM report.nas ORDER BY name")
PAGE: Final = text("""
    SELECT * FROM report.sessions_live
     WHERE (:nas = '' OR nas = :nas)
       AND (login, coalesce(nas, ''), acct_session_id) > (:login, :of_nas, :acct_session_id)
     ORDER BY login, coalesce(nas, ''), acct_session_id LIMIT :rows
""")


class Key(NamedTuple):
    """Where a page of live sessions goes on: after that session."""

    login: str = ""
    nas: str = ""
    acct_session_id: str = ""


async def by_enforcement(transaction: AsyncConnection) -> Mapping[str, int]:
    """How many live sessions are confirmed, pending, and so on; a state without any is absent."""
    rows = await transaction.execute(BY_ENFORCEMENT)
    return {row.enforcement: row.sessions for row in rows}


async def by_nas(transaction: AsyncConnection) -> Sequence[RowMapping]:
    """The NASes, with how many live sessions each has."""
    return (await transaction.execute(BY_NAS)).mappings().all()


async def page(
    transaction: AsyncConnection, *, nas: str, after: Key, rows: int = PAGE_ROWS
) -> Sequence[RowMapping]:
    """The next live sessions by login, of one NAS or (empty) of all."""
    values = {
        "nas": nas,
        "login": after.login,
        "of_nas": after.nas,
        "acct_session_id": after.acct_session_id,
        "rows": rows,
    }
    return (await transaction.execute(PAGE, values)).mappings().all()
