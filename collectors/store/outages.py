"""The outages and the lines that went down in them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, distinct, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.outages import DOWN, Lines, Standing
from database.tables.access_network import device, onu, pon_port
from database.tables.outages import outage, outage_subscriber
from isp.access_network import DownCause, OnuState
from isp.outage import OutageCause, OutageScope, OutageState

__all__ = [
    "Confirmed",
    "Known",
    "NewOutage",
    "add_lines",
    "area_of",
    "begin",
    "causes",
    "down_onus",
    "down_onus_of",
    "durations",
    "follow_onus",
    "lines",
    "move",
    "online",
    "online_onus",
    "reshape",
    "standing",
    "standing_by_scope",
]

STANDING = (OutageState.SUSPECTED, OutageState.OPEN, OutageState.RESTORING)
DURATIONS_MAX = 50
IS_ONLINE = and_(
    onu.c.state == OnuState.ONLINE, onu.c.missing_since.is_(None), onu.c.removed_at.is_(None)
)
IS_DOWN = or_(onu.c.state.in_(sorted(DOWN)), onu.c.missing_since.is_not(None))
HAS_LEFT = or_(onu.c.removed_at.is_not(None), onu.c.state == OnuState.DISABLED)
"""An ONU that was taken out, or switched off by an operator, is nobody's outage any more."""


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


async def online(transaction: AsyncConnection, device_id: int) -> Mapping[str, int]:
    """How many ONUs of a device are online, by port."""
    rows = await transaction.execute(
        select(pon_port.c.name, func.count().label("online"))
        .join(onu, onu.c.pon_port_id == pon_port.c.pon_port_id)
        .where(onu.c.device_id == device_id, IS_ONLINE)
        .group_by(pon_port.c.name)
    )
    return {row.name: row.online for row in rows}


async def online_onus(transaction: AsyncConnection, device_id: int) -> Sequence[int]:
    """The ONUs of a device that were online when it was last read."""
    query = select(onu.c.onu_id).where(onu.c.device_id == device_id, IS_ONLINE)
    return (await transaction.scalars(query)).all()


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


async def add_lines(
    transaction: AsyncConnection, outage_id: int, down: Mapping[int, datetime]
) -> None:
    """Put ONUs that went down at these times into an outage, with whose they are."""
    rows = await transaction.execute(
        select(onu.c.onu_id, onu.c.tenant_id, onu.c.subscriber_id, onu.c.service_id)
        .where(onu.c.onu_id.in_(down))
        .order_by(onu.c.onu_id)
    )
    values: list[dict[str, Any]] = [
        {
            "outage_id": outage_id,
            "tenant_id": row.tenant_id,
            "subscriber_id": row.subscriber_id,
            "service_id": row.service_id or 0,
            "onu_id": row.onu_id,
            "down_at": down[row.onu_id],
        }
        for row in rows
    ]
    if values:
        await transaction.execute(insert(outage_subscriber).on_conflict_do_nothing(), values)
    await _count(transaction, outage_id)


async def _count(transaction: AsyncConnection, outage_id: int) -> None:
    met = outage_subscriber
    people = func.count(distinct(func.nullif(met.c.subscriber_id, 0)))
    counted = select(func.count(), people).where(met.c.outage_id == outage_id)
    lines_met, subscribers = (await transaction.execute(counted)).one()
    await transaction.execute(
        update(outage)
        .where(outage.c.outage_id == outage_id)
        .values(lines=lines_met, subscribers=subscribers)
    )


async def down_onus(transaction: AsyncConnection, outage_ids: Iterable[int]) -> frozenset[int]:
    """The ONUs that are down in any of these outages."""
    rows = await transaction.scalars(
        select(outage_subscriber.c.onu_id).where(
            outage_subscriber.c.outage_id.in_(list(outage_ids)),
            outage_subscriber.c.restored_at.is_(None),
        )
    )
    return frozenset(rows.all())


async def down_onus_of(transaction: AsyncConnection, device_id: int) -> frozenset[int]:
    """The ONUs of a device that are down in an outage that is not over."""
    met = outage_subscriber
    rows = await transaction.scalars(
        select(met.c.onu_id)
        .join(outage, outage.c.outage_id == met.c.outage_id)
        .join(onu, onu.c.onu_id == met.c.onu_id)
        .where(
            outage.c.state.in_(STANDING),
            met.c.restored_at.is_(None),
            onu.c.device_id == device_id,
        )
    )
    return frozenset(rows.all())


async def follow_onus(
    transaction: AsyncConnection, device_id: int, outage_ids: Collection[int], now: datetime
) -> None:
    """Make the lines of a device what its ONUs are: back where online, down where down again."""
    met = outage_subscriber
    await transaction.execute(
        update(met)
        .where(
            met.c.outage_id.in_(outage_ids),
            met.c.onu_id == onu.c.onu_id,
            onu.c.device_id == device_id,
            or_(
                and_(met.c.restored_at.is_(None), IS_ONLINE),
                and_(met.c.restored_at.is_not(None), IS_DOWN),
            ),
        )
        .values(restored_at=case((IS_ONLINE, now), else_=null()))
    )


async def lines(
    transaction: AsyncConnection, outage_ids: Iterable[int]
) -> Mapping[int, tuple[Lines, frozenset[int]]]:
    """The lines of outages of ONUs, and the devices they are on, by outage.

    One that the database has online but is not restored is on a device that was not read since.
    """
    met = outage_subscriber
    back = or_(met.c.restored_at.is_not(None), HAS_LEFT)
    down = and_(met.c.restored_at.is_(None), or_(IS_DOWN, IS_ONLINE), ~HAS_LEFT)
    rows = await transaction.execute(
        select(
            met.c.outage_id,
            func.count().filter(down).label("down"),
            func.count().filter(back).label("back"),
            func.count().filter(~down, ~back).label("unknown"),
            func.max(met.c.restored_at).label("last_back_at"),
            func.array_agg(distinct(onu.c.device_id)).label("devices"),
        )
        .join(onu, onu.c.onu_id == met.c.onu_id)
        .where(met.c.outage_id.in_(list(outage_ids)))
        .group_by(met.c.outage_id)
    )
    return {
        row.outage_id: (
            Lines(down=row.down, back=row.back, unknown=row.unknown, last_back_at=row.last_back_at),
            frozenset(row.devices),
        )
        for row in rows
    }


async def causes(transaction: AsyncConnection, outage_id: int) -> list[DownCause | OnuState]:
    """What the OLT says of the lines that are down in an outage."""
    rows = await transaction.execute(
        select(onu.c.state, onu.c.last_down_cause)
        .join(outage_subscriber, outage_subscriber.c.onu_id == onu.c.onu_id)
        .where(
            outage_subscriber.c.outage_id == outage_id,
            outage_subscriber.c.restored_at.is_(None),
        )
    )
    return [
        DownCause(cause) if state == OnuState.OFFLINE and cause else OnuState(state)
        for state, cause in rows
    ]


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
