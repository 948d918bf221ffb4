"""One subscriber: services and why they are as they are, sessions, usage, documents, payments."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from operations import usage
from operations.why import Why, why

__all__ = ["SHOWN_MAX", "Service", "Subscriber", "Volumes", "subscriber"]

SHOWN_MAX: Final = 20
"""Of each kind; the newest. The rest is in the report views."""

ACCOUNT: Final = text("SELECT * FROM report.subscribers WHERE subscriber = :subscriber")
SERVICES: Final = text("""
    SELECT * FROM report.services WHERE subscriber = :subscriber
     ORDER BY state = 'terminated', service, started_on DESC LIMIT :rows
""")
LIVE: Final = text("""
    SELECT * FROM report.sessions_live WHERE subscriber = :subscriber
     ORDER BY started_at DESC LIMIT :rows
""")
CLOSED: Final = text("""
    SELECT * FROM report.sessions WHERE subscriber = :subscriber
     ORDER BY started_at DESC LIMIT :rows
""")
INVOICES: Final = text("""
    SELECT * FROM report.invoices WHERE subscriber = :subscriber
     ORDER BY issued_on DESC, number DESC LIMIT :rows
""")
PAYMENTS: Final = text("""
    SELECT * FROM report.payments WHERE subscriber = :subscriber
     ORDER BY paid_on DESC, recorded_at DESC LIMIT :rows
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A service as `report.services` has it, and what explains it; None: it is over."""

    row: RowMapping
    why: Why | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Volumes:
    """Octets seen from the subscriber."""

    octets_down: int
    octets_up: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """What the page shows; rows are those of the report views."""

    account: RowMapping
    services: tuple[Service, ...]
    live: Sequence[RowMapping]
    closed: Sequence[RowMapping]
    usage: Mapping[date, Volumes]
    invoices: Sequence[RowMapping]
    payments: Sequence[RowMapping]


async def subscriber(
    transaction: AsyncConnection, reference: str, now: datetime
) -> Subscriber | None:
    """Everything about the subscriber of that reference; None where there is none."""
    account = await _rows(transaction, ACCOUNT, reference)
    if not account:
        return None
    services = [
        await _service(transaction, row) for row in await _rows(transaction, SERVICES, reference)
    ]
    return Subscriber(
        account=account[0],
        services=tuple(services),
        live=await _rows(transaction, LIVE, reference),
        closed=await _rows(transaction, CLOSED, reference),
        usage=await _usage(transaction, services, now),
        invoices=await _rows(transaction, INVOICES, reference),
        payments=await _rows(transaction, PAYMENTS, reference),
    )


async def _service(transaction: AsyncConnection, row: RowMapping) -> Service:
    """A terminated one is not explained: its login may be somebody else's by now."""
    over = row["state"] == "terminated"
    return Service(row=row, why=None if over else await why(transaction, row["service"]))


async def _usage(
    transaction: AsyncConnection, services: Sequence[Service], now: datetime
) -> Mapping[date, Volumes]:
    """The last month by day, of all services and traffic classes together."""
    down: defaultdict[date, int] = defaultdict(int)
    up: defaultdict[date, int] = defaultdict(int)
    for explained in (each.why for each in services if each.why):
        for each in await usage.by_day(transaction, explained.service, now=now):
            down[each.day] += each.octets_down
            up[each.day] += each.octets_up
    return {day: Volumes(octets_down=down[day], octets_up=up[day]) for day in sorted(down)}


async def _rows(
    transaction: AsyncConnection, statement: TextClause, reference: str
) -> Sequence[RowMapping]:
    result = await transaction.execute(statement, {"subscriber": reference, "rows": SHOWN_MAX})
    return result.mappings().all()
