"""Everything that the collectors read from and write to Postgres."""

from sqlalchemy.exc import SQLAlchemyError as DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection as Transaction

__all__ = ["DatabaseError", "Transaction"]
