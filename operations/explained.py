"""What the database says when it refuses or is away, as people read it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from isp.errors import ExitCode, Refused

__all__ = ["explained"]

LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELLED = "57014"


@contextmanager
def explained() -> Iterator[None]:
    """Turn a lost database, a lock not had in time and a broken rule into Refused."""
    try:
        yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        problem = f"it contradicts what is there already ({constraint or 'a constraint'})"
        remedy = "look at what exists, and try again"
        raise Refused(problem, remedy=remedy) from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in (LOCK_NOT_AVAILABLE, QUERY_CANCELLED):
            problem = "the database was too busy to answer in time"
            raise Refused(problem, remedy="try again", exit_code=ExitCode.TRY_AGAIN) from error
        if isinstance(error, OperationalError | InterfaceError):
            problem = f"the database is away: {str(error.orig).strip().splitlines()[0]}"
            remedy = "see that it runs: `turnpike up`, or the server of database.url"
            raise Refused(problem, remedy=remedy, exit_code=ExitCode.UNAVAILABLE) from error
        raise
