"""Linking ONUs and services in bulk: what `operations.onu_matching` proposes, read and written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device, device_status, onu, pon_port
from database.tables.subscribers import service
from database.tables.tenancy import audit as audit_table
from operations import tenants
from operations.audit import audit_row
from operations.onu_matching import (
    LinkableOnu,
    LinkableService,
    Match,
    MatchBy,
    Matching,
    match,
)

__all__ = ["link_matches", "matching"]


async def matching(transaction: AsyncConnection, by: MatchBy) -> Matching:
    """What would be linked, of the ONUs and services that have no other."""
    return match(await _linkable_onus(transaction), await _linkable_services(transaction), by)


async def link_matches(
    transaction: AsyncConnection,
    matches: Sequence[Match],
    by: MatchBy,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Link what `matching` proposed in the same transaction."""
    if not matches:
        return
    owner = await tenants.current(transaction)
    await transaction.execute(
        LINK_ONU,
        [
            {
                "of_onu": each.onu.onu_id,
                "of_service": each.service.service_id,
                "of_subscriber": each.service.subscriber_id,
                "by": by.value,
            }
            for each in matches
        ],
    )
    await transaction.execute(
        SELL_SERVICE,
        [{"of_service": each.service.service_id, "of_serial": each.onu.serial} for each in matches],
    )
    await transaction.execute(
        insert(audit_table),
        [
            audit_row(
                tenant_id=owner.tenant_id,
                actor=actor,
                action="onu.link",
                object_kind="onu",
                object_name=each.onu.serial,
                after={"login": each.service.login, "by": by, "evidence": each.evidence},
                now=now,
            )
            for each in matches
        ],
    )


LINK_ONU: Final = (
    update(onu)
    .where(onu.c.onu_id == bindparam("of_onu"))
    .values(
        service_id=bindparam("of_service"),
        subscriber_id=bindparam("of_subscriber"),
        linked_by=bindparam("by"),
    )
)
SELL_SERVICE: Final = (
    update(service)
    .where(service.c.service_id == bindparam("of_service"))
    .values(onu_serial=bindparam("of_serial"))
)
SERVICES: Final = text("""
    SELECT service.service_id, service.subscriber_id, service.name AS login,
        subscriber.reference AS subscriber, service.onu_serial, onu.serial AS linked_serial,
        coalesce(lines.circuit_ids, '{}') AS circuit_ids
      FROM service
      JOIN subscriber USING (subscriber_id)
      LEFT JOIN onu ON onu.service_id = service.service_id AND onu.removed_at IS NULL
      LEFT JOIN (
        SELECT service_id, array_agg(DISTINCT circuit_id) AS circuit_ids
          FROM (
            SELECT service_id, value AS circuit_id FROM service_identifier
             WHERE kind = 'circuit_id' AND removed_at IS NULL
            UNION ALL
            SELECT service_id, circuit_id FROM session_live
             WHERE circuit_id IS NOT NULL AND service_id <> 0
          ) AS line GROUP BY service_id
      ) AS lines ON lines.service_id = service.service_id
     WHERE service.state <> 'terminated'
     ORDER BY service.service_id
""")


async def _linkable_services(transaction: AsyncConnection) -> list[LinkableService]:
    rows = await transaction.execute(SERVICES)
    return [
        LinkableService(**{**row._mapping, "circuit_ids": tuple(row.circuit_ids)}) for row in rows
    ]


async def _linkable_onus(transaction: AsyncConnection) -> list[LinkableOnu]:
    rows = await transaction.execute(
        select(
            onu.c.onu_id,
            onu.c.serial,
            onu.c.onu_index,
            onu.c.description,
            pon_port.c.name.label("port"),
            device.c.name.label("device"),
            device_status.c.sys_name,
        )
        .join(device, device.c.device_id == onu.c.device_id)
        .join(pon_port, pon_port.c.pon_port_id == onu.c.pon_port_id)
        .outerjoin(device_status, device_status.c.device_id == onu.c.device_id)
        .where(onu.c.service_id.is_(None), onu.c.removed_at.is_(None))
        .order_by(onu.c.onu_id)
    )
    return [
        LinkableOnu(
            onu_id=row.onu_id,
            serial=row.serial,
            device_names=tuple(name for name in (row.device, row.sys_name) if name),
            port=row.port,
            onu_index=row.onu_index,
            description=row.description,
        )
        for row in rows
    ]
