"""One name for all the ways in which Postgres is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from isp.errors import Refused
from radiusd.store.accounting import AwayError

__all__ = ["AwayError", "away_named"]


@asynccontextmanager
async def away_named() -> AsyncIterator[None]:
    """Raises `AwayError` for a server that is away, restarting or out of connections."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, psycopg.OperationalError) as error:
        raise AwayError(str(error)) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise AwayError(str(error)) from error
    except (OSError, Refused) as error:
        raise AwayError(str(error)) from error
