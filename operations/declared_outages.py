"""Outages that a person declares, and declares over; the collectors leave these alone."""

from datetime import datetime
from typing import Final

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.outages import outage, outage_subscriber
from isp.errors import Refused
from isp.outage import (
    MaintenanceScope,
    NoticeKind,
    OutageCause,
    OutageScope,
    OutageState,
)
from operations import audit, notices, outages, tenants
from operations.outages import Outage
from operations.places import Place, find_place

__all__ = ["declare", "restore"]

SCOPES: Final = {
    MaintenanceScope.AREA: OutageScope.AREA,
    MaintenanceScope.DEVICE: OutageScope.OLT,
    MaintenanceScope.PORT: OutageScope.PON,
    MaintenanceScope.NAS: OutageScope.NAS,
}

# Whom it meets: everybody in the area, every ONU of the device or port, every session of the NAS.
MEET: Final = text("""
    INSERT INTO outage_subscriber (outage_id, tenant_id, subscriber_id, service_id, onu_id, down_at)
    SELECT DISTINCT ON (subscriber_id, service_id, onu_id)
        :outage, :tenant_id, subscriber_id, service_id, onu_id, :started_at
      FROM (
        SELECT service.subscriber_id, service.service_id, coalesce(onu.onu_id, 0) AS onu_id
          FROM service JOIN subscriber USING (subscriber_id)
          LEFT JOIN onu ON onu.service_id = service.service_id AND onu.removed_at IS NULL
         WHERE subscriber.area = :area AND service.state <> 'terminated'
        UNION ALL
        SELECT subscriber_id, coalesce(service_id, 0), onu_id
          FROM onu
         WHERE removed_at IS NULL AND device_id = :device_id
           AND (CAST(:pon_port_id AS bigint) IS NULL OR pon_port_id = :pon_port_id)
        UNION ALL
        SELECT subscriber_id, service_id, 0
          FROM session_live WHERE nas_id = :nas_id AND ended_at IS NULL AND service_id <> 0
      ) AS line
""")
COUNT: Final = text("""
    UPDATE outage SET lines = met.lines, subscribers = met.subscribers
      FROM (SELECT count(*) AS lines,
                count(DISTINCT subscriber_id) FILTER (WHERE subscriber_id <> 0) AS subscribers
              FROM outage_subscriber WHERE outage_id = :outage) AS met
     WHERE outage.outage_id = :outage
""")


async def declare(
    transaction: AsyncConnection,
    place: Place,
    *,
    title: str,
    cause: OutageCause = OutageCause.UNKNOWN,
    started_at: datetime,
    estimate: datetime | None = None,
    actor: str,
    now: datetime,
) -> Outage:
    """Something is out, though no device says so; its message waits for approval like any other."""
    owner = await tenants.current(transaction)
    found = await find_place(transaction, place)
    if found.scope is MaintenanceScope.PROVIDER:
        remedy = "name an area, a device (and a port of it), or a NAS"
        raise Refused("it is not said where", remedy=remedy)
    number = await transaction.scalar(
        insert(outage)
        .values(
            tenant_id=owner.tenant_id,
            scope=SCOPES[found.scope],
            state=OutageState.OPEN,
            cause=cause,
            device_id=found.device_id,
            nas_id=found.nas_id,
            area=found.area,
            ports=[place.port] if place.port else [],
            title=title,
            started_at=started_at,
            detected_at=now,
            confirmed_at=now,
            estimate=estimate,
            estimated_by=actor if estimate else None,
            declared_by=actor,
        )
        .returning(outage.c.outage_id)
    )
    met = {"area": found.area, "device_id": found.device_id, "nas_id": found.nas_id}
    met |= {"pon_port_id": found.pon_port_id, "started_at": started_at}
    await transaction.execute(MEET, met | {"outage": number, "tenant_id": owner.tenant_id})
    await transaction.execute(COUNT, {"outage": number})
    await notices.announce(transaction, owner.tenant_id, number or 0, NoticeKind.OUTAGE, now=now)
    made = await outages.numbered(transaction, number or 0)
    after = {"where": made.where, "subscribers": made.subscribers, "estimate": estimate}
    await audit.note(
        transaction, owner.tenant_id, "outage.declare", str(number), actor, now, after=after
    )
    return made


async def restore(
    transaction: AsyncConnection, *, number: int, actor: str, now: datetime
) -> Outage:
    """A declared outage is over. Raises Refused for one that the collectors watch."""
    found = await outages.numbered(transaction, number)
    if found.restored_at is not None:
        raise Refused(f"outage {number} is over", remedy=f"see `turnpike outage show {number}`")
    if found.declared_by is None:
        remedy = "it ends by itself as soon as its lines are back"
        raise Refused(f"outage {number} is watched by the collectors", remedy=remedy)
    owner = await tenants.current(transaction)
    over = {"state": OutageState.RESTORED, "restored_at": now}
    await transaction.execute(update(outage).where(outage.c.outage_id == number).values(**over))
    await transaction.execute(
        update(outage_subscriber)
        .where(outage_subscriber.c.outage_id == number)
        .values(restored_at=now)
    )
    await notices.announce(transaction, owner.tenant_id, number, NoticeKind.RESTORED, now=now)
    await audit.note(
        transaction, owner.tenant_id, "outage.restore", str(number), actor, now, after=over
    )
    return await outages.numbered(transaction, number)
