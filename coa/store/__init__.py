"""Everything that coa reads from and writes to Postgres."""

from sqlalchemy.exc import SQLAlchemyError as DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection as Transaction

__all__ = ["DatabaseError", "Transaction"]
