"""The lines that went down in outages, and the ONUs at their ends."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, distinct, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.outages import DOWN, Lines
from collectors.store.outages import STANDING
from database.tables.access_network import onu, pon_port
from database.tables.outages import outage, outage_subscriber
from isp.access_network import DownCause, OnuState

__all__ = [
    "add",
    "causes",
    "down",
    "down_of",
    "follow",
    "now",
    "online",
    "online_onus",
]

IS_ONLINE = and_(
    onu.c.state == OnuState.ONLINE, onu.c.missing_since.is_(None), onu.c.removed_at.is_(None)
)
IS_DOWN = or_(onu.c.state.in_(sorted(DOWN)), onu.c.missing_since.is_not(None))
HAS_LEFT = or_(onu.c.removed_at.is_not(None), onu.c.state == OnuState.DISABLED)
"""An ONU that was taken out, or switched off by an operator, is nobody's outage any more."""


async def add(transaction: AsyncConnection, outage_id: int, down: Mapping[int, datetime]) -> None:
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


async def follow(
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


async def now(
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


async def down(transaction: AsyncConnection, outage_ids: Iterable[int]) -> frozenset[int]:
    """The ONUs that are down in any of these outages."""
    rows = await transaction.scalars(
        select(outage_subscriber.c.onu_id).where(
            outage_subscriber.c.outage_id.in_(list(outage_ids)),
            outage_subscriber.c.restored_at.is_(None),
        )
    )
    return frozenset(rows.all())


async def down_of(transaction: AsyncConnection, device_id: int) -> frozenset[int]:
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
