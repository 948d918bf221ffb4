"""Outages as the view `report.outages` tells them, and what a person says about one."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.outages import outage as outage_table
from isp.errors import Refused
from isp.outage import OutageCause, OutageScope, OutageState
from operations import audit, tenants

__all__ = [
    "OUTAGES_LISTED_MAX",
    "Met",
    "Outage",
    "listed",
    "met",
    "numbered",
    "set_estimate",
    "set_title",
    "standing_of",
]

OUTAGES_LISTED_MAX: Final = 1000
"""A year of a middling network; who wants more reads the view."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """One outage. It stands while `restored_at` is None; `estimate` is when it should be over.

    `subscribers` and `lines` count whom it met, `notice` is where the message to them stands.
    """

    outage: int
    scope: OutageScope
    state: OutageState
    cause: OutageCause
    where: str | None
    device: str | None
    nas: str | None
    area: str | None
    ports: tuple[str, ...]
    title: str | None
    started_at: datetime
    estimate: datetime | None
    estimated_by: str | None
    restored_at: datetime | None
    duration_seconds: int
    subscribers: int
    lines: int
    planned: bool
    declared_by: str | None
    notice: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Met:
    """A line that went down in an outage; `subscriber` None: nobody's ONU."""

    subscriber: str | None
    login: str | None
    onu_serial: str | None
    down_at: datetime
    restored_at: datetime | None


COLUMNS: Final = ", ".join(f'"{field.name}"' for field in fields(Outage))
LISTED: Final = text(f"""
    SELECT {COLUMNS} FROM report.outages WHERE NOT :standing OR restored_at IS NULL
     ORDER BY started_at DESC LIMIT :rows
""")
NUMBERED: Final = text(f"SELECT {COLUMNS} FROM report.outages WHERE outage = :outage")
STANDING_OF: Final = text(f"""
    SELECT {COLUMNS} FROM report.outages
     WHERE restored_at IS NULL AND outage IN (
        SELECT outage FROM report.outage_subscribers
         WHERE subscriber = :subscriber AND restored_at IS NULL)
     ORDER BY started_at
""")
MET: Final = text("""
    SELECT subscriber, login, onu_serial, down_at, restored_at FROM report.outage_subscribers
     WHERE outage = :outage ORDER BY subscriber, login, onu_serial
""")


async def listed(transaction: AsyncConnection, *, standing: bool) -> tuple[Outage, ...]:
    """The newest first; `standing`: only those that are not over."""
    values = {"standing": standing, "rows": OUTAGES_LISTED_MAX}
    return tuple(_outage(row._mapping) for row in await transaction.execute(LISTED, values))


async def numbered(transaction: AsyncConnection, number: int) -> Outage:
    """The outage of that number. Raises Refused."""
    row = (await transaction.execute(NUMBERED, {"outage": number})).one_or_none()
    if row is None:
        remedy = "see `turnpike outage list --all`"
        raise Refused(f"there is no outage {number}", remedy=remedy)
    return _outage(row._mapping)


async def standing_of(transaction: AsyncConnection, subscriber: str) -> tuple[Outage, ...]:
    """The outages that a subscriber is in now, by his reference."""
    rows = await transaction.execute(STANDING_OF, {"subscriber": subscriber})
    return tuple(_outage(row._mapping) for row in rows)


async def met(transaction: AsyncConnection, number: int) -> tuple[Met, ...]:
    """Whom the outage of that number met, by subscriber."""
    rows = await transaction.execute(MET, {"outage": number})
    return tuple(Met(**row._mapping) for row in rows)


async def set_estimate(
    transaction: AsyncConnection,
    *,
    number: int,
    estimate: datetime | None,
    actor: str,
    now: datetime,
) -> Outage:
    """Say when it should be over; None: nobody knows."""
    said_by = None if estimate is None else actor
    values = {"estimate": estimate, "estimated_by": said_by}
    return await _change(transaction, "outage.estimate", number, values, actor, now)


async def set_title(
    transaction: AsyncConnection, *, number: int, title: str, actor: str, now: datetime
) -> Outage:
    """Say in a person's words what it is."""
    return await _change(transaction, "outage.note", number, {"title": title}, actor, now)


async def _change(
    transaction: AsyncConnection,
    action: str,
    number: int,
    values: dict[str, Any],
    actor: str,
    now: datetime,
) -> Outage:
    before = await numbered(transaction, number)
    if before.restored_at is not None and "estimate" in values:
        remedy = f"see `turnpike outage show {number}`"
        raise Refused(f"outage {number} is over", remedy=remedy)
    await transaction.execute(
        update(outage_table).where(outage_table.c.outage_id == number).values(**values)
    )
    owner = await tenants.current(transaction)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action=action,
        object_kind="outage",
        object_name=str(number),
        before={name: getattr(before, name) for name in values},
        after=values,
        now=now,
    )
    return await numbered(transaction, number)


def _outage(row: RowMapping) -> Outage:
    return Outage(
        **{
            **row,
            "scope": OutageScope(row["scope"]),
            "state": OutageState(row["state"]),
            "cause": OutageCause(row["cause"]),
            "ports": tuple(row["ports"]),
        }
    )
