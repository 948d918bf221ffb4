"""Work that several collectors could do and one should."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["only_here"]

LOCK = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('turnpike collectors ' || :work, 0))"
)


async def only_here(transaction: AsyncConnection, work: str) -> bool:
    """Whether no other process does this work now; held until the transaction ends."""
    return bool(await transaction.scalar(LOCK, {"work": work}))
