"""The outages: begun, moved on, looked up; their lines are in `lines`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.outages import Standing
from database.tables.access_network import device, pon_port
from database.tables.outages import outage, outage_subscriber
from isp.outage import OutageCause, OutageScope, OutageState

__all__ = [
    "STANDING",
    "Confirmed",
    "Known",
    "NewOutage",
    "area_of",
    "begin",
    "durations",
    "move",
    "reshape",
    "standing",
    "standing_by_scope",
]

STANDING: Final = (OutageState.SUSPECTED, OutageState.OPEN, OutageState.RESTORING)
"""The states of an outage that is not over."""

DURATIONS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A standing outage with where it stands."""

    standing: Standing
    state: OutageState
    nas_id: int | None
    planned: bool
    detected_at: datetime
    recovering_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the second look knows: the cause as the OLT tells it by now, and an estimate."""

    cause: OutageCause
    estimate: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutage:
    """What an outage begins as."""

    tenant_id: int
    scope: OutageScope
    cause: OutageCause
    device_id: int | None = None
    nas_id: int | None = None
    area: str | None = None
    ports: tuple[str, ...] = ()
    started_at: datetime
    planned: bool


async def standing(transaction: AsyncConnection, tenant_id: int) -> tuple[Known, ...]:
    """The outages of a tenant that are not over, those that a person declared left out.

    They are locked, the oldest first, so that two collectors do not move one at the same time.
    """
    rows = await transaction.execute(
        select(outage)
        .where(
            outage.c.tenant_id == tenant_id,
            outage.c.state.in_(STANDING),
            outage.c.declared_by.is_(None),
        )
        .order_by(outage.c.outage_id)
        .with_for_update()
    )
    return tuple(
        Known(
            standing=Standing(
                outage_id=row.outage_id,
                scope=OutageScope(row.scope),
                cause=OutageCause(row.cause),
                device_id=row.device_id,
                area=row.area,
                ports=tuple(row.ports),
                started_at=row.started_at,
            ),
            state=OutageState(row.state),
            nas_id=row.nas_id,
            planned=row.planned,
            detected_at=row.detected_at,
            recovering_since=row.recovering_since,
        )
        for row in rows
    )


async def standing_by_scope(transaction: AsyncConnection) -> Mapping[str, int]:
    """How many outages are not over, of all tenants."""
    stands = outage.c.state.in_((OutageState.OPEN, OutageState.RESTORING))
    rows = await transaction.execute(
        select(outage.c.scope, func.count().label("outages")).where(stands).group_by(outage.c.scope)
    )
    return dict.fromkeys(OutageScope, 0) | {row.scope: row.outages for row in rows}


async def area_of(transaction: AsyncConnection, device_id: int, ports: Sequence[str]) -> str | None:
    """The one area that these ports are in, else the device's."""
    rows = await transaction.scalars(
        select(func.coalesce(pon_port.c.area, device.c.area))
        .distinct()
        .join(device, device.c.device_id == pon_port.c.device_id)
        .where(pon_port.c.device_id == device_id, pon_port.c.name.in_(ports))
    )
    match rows.all():
        case [area]:
            return area
    found: str | None = await transaction.scalar(
        select(device.c.area).where(device.c.device_id == device_id)
    )
    return found


async def begin(transaction: AsyncConnection, new: NewOutage, now: datetime) -> int:
    """A suspected outage without lines so far; its number."""
    made = await transaction.execute(
        insert(outage)
        .values(
            tenant_id=new.tenant_id,
            scope=new.scope,
            state=OutageState.SUSPECTED,
            cause=new.cause,
            device_id=new.device_id,
            nas_id=new.nas_id,
            area=new.area,
            ports=list(new.ports),
            started_at=new.started_at,
            detected_at=now,
            planned=new.planned,
        )
        .returning(outage.c.outage_id)
    )
    return int(made.scalar_one())


async def reshape(
    transaction: AsyncConnection,
    outage_id: int,
    *,
    scope: OutageScope,
    cause: OutageCause,
    device_id: int | None,
    ports: Sequence[str],
    started_at: datetime,
) -> None:
    """The outage turned out to be this."""
    await transaction.execute(
        update(outage)
        .where(outage.c.outage_id == outage_id)
        .values(
            scope=scope,
            cause=cause,
            device_id=device_id,
            ports=list(ports),
            started_at=started_at,
        )
    )


async def durations(transaction: AsyncConnection, known: Known) -> list[timedelta]:
    """How long the tenant's last outages of this cause and reach took."""
    took = outage.c.restored_at - outage.c.started_at
    same = outage.alias("same")
    rows = await transaction.scalars(
        select(took)
        .join(same, same.c.tenant_id == outage.c.tenant_id)
        .where(
            same.c.outage_id == known.standing.outage_id,
            outage.c.state == OutageState.RESTORED,
            outage.c.scope == known.standing.scope,
            outage.c.cause == known.standing.cause,
        )
        .order_by(outage.c.started_at.desc())
        .limit(DURATIONS_MAX)
    )
    return list(rows.all())


async def move(
    transaction: AsyncConnection,
    known: Known,
    after: OutageState,
    now: datetime,
    *,
    confirmed: Confirmed | None = None,
) -> None:
    """Write the outage's next state, and what follows for its lines when it is over."""
    values: dict[str, Any] = {"state": after}
    match known.state, after:
        case OutageState.SUSPECTED, OutageState.OPEN:
            values |= {"confirmed_at": now}
            if confirmed is not None:
                values |= {"cause": confirmed.cause}
            if confirmed is not None and confirmed.estimate is not None:
                values |= {"estimate": confirmed.estimate, "estimated_by": "history"}
        case OutageState.RESTORING, OutageState.OPEN:
            values |= {"recovering_since": None, "flaps": outage.c.flaps + 1}
        case OutageState.OPEN, OutageState.RESTORING:
            values |= {"recovering_since": now}
    over = known.recovering_since or now
    if after in (OutageState.RESTORED, OutageState.DISMISSED):
        values |= {"restored_at": over}
        met = outage_subscriber
        await transaction.execute(
            update(met)
            .where(met.c.outage_id == known.standing.outage_id, met.c.restored_at.is_(None))
            .values(restored_at=func.greatest(met.c.down_at, over))
        )
    await transaction.execute(
        update(outage).where(outage.c.outage_id == known.standing.outage_id).values(values)
    )
