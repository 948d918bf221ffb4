"""What a broker has to keep: the states of devices, ports, ONUs and outages as they are now."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.topics import Topics, state
from database.tables.access_network import device, device_status, onu, pon_port
from database.tables.outages import outage
from database.tables.subscribers import service
from database.tables.tenancy import tenant
from isp.outage import OutageState

__all__ = ["devices", "gone", "onus", "outages"]

OUTAGES_SHOWN: Final = (OutageState.OPEN, OutageState.RESTORING)


async def devices(
    transaction: AsyncConnection, topics: Topics, device_ids: Collection[int]
) -> dict[str, bytes]:
    """The states of devices."""
    rows = await transaction.execute(
        select(device, device_status, tenant.c.name.label("tenant_name"))
        .join(tenant, tenant.c.tenant_id == device.c.tenant_id)
        .join(device_status, device_status.c.device_id == device.c.device_id)
        .where(device.c.device_id.in_(device_ids), device.c.removed_at.is_(None))
    )
    return {
        topics.device(row.tenant_name, row.device_id): state(
            row.state_changed_at,
            {
                "device": row.name,
                "kind": row.kind,
                "state": row.state,
                "problem": row.problem,
                "model": row.model,
                "area": row.area,
            },
        )
        for row in rows
    }


async def onus(transaction: AsyncConnection, topics: Topics, device_id: int) -> dict[str, bytes]:
    """The states of a device's ONUs and PON ports."""
    rows = await transaction.execute(
        select(
            onu.c.serial,
            onu.c.state,
            onu.c.state_changed_at,
            onu.c.last_down_cause,
            onu.c.missing_since,
            pon_port.c.name.label("port"),
            device.c.name.label("device_name"),
            tenant.c.name.label("tenant_name"),
            service.c.name.label("login"),
        )
        .join(pon_port, pon_port.c.pon_port_id == onu.c.pon_port_id)
        .join(device, device.c.device_id == onu.c.device_id)
        .join(tenant, tenant.c.tenant_id == onu.c.tenant_id)
        .outerjoin(service, service.c.service_id == onu.c.service_id)
        .where(onu.c.device_id == device_id, onu.c.removed_at.is_(None))
    )
    found = {
        topics.onu(row.tenant_name, row.serial): state(
            row.missing_since or row.state_changed_at,
            {
                "serial": row.serial,
                "device": row.device_name,
                "port": row.port,
                "state": "missing" if row.missing_since else row.state,
                "last_down_cause": row.last_down_cause,
                "login": row.login,
            },
        )
        for row in rows
    }
    return found | await _ports(transaction, topics, device_id)


async def _ports(transaction: AsyncConnection, topics: Topics, device_id: int) -> dict[str, bytes]:
    online = and_(onu.c.state == "online", onu.c.missing_since.is_(None))
    rows = await transaction.execute(
        select(
            pon_port.c.name,
            pon_port.c.state,
            device.c.name.label("device_name"),
            tenant.c.name.label("tenant_name"),
            func.count(onu.c.onu_id).label("onus"),
            func.count(onu.c.onu_id).filter(online).label("onus_online"),
            func.coalesce(
                func.max(onu.c.state_changed_at), func.max(pon_port.c.first_seen_at)
            ).label("changed_at"),
        )
        .join(device, device.c.device_id == pon_port.c.device_id)
        .join(tenant, tenant.c.tenant_id == pon_port.c.tenant_id)
        .outerjoin(
            onu, and_(onu.c.pon_port_id == pon_port.c.pon_port_id, onu.c.removed_at.is_(None))
        )
        .where(pon_port.c.device_id == device_id, pon_port.c.removed_at.is_(None))
        .group_by(pon_port.c.pon_port_id, device.c.name, tenant.c.name)
    )
    return {
        topics.pon(row.tenant_name, device_id, row.name): state(
            row.changed_at,
            {
                "device": row.device_name,
                "port": row.name,
                "state": row.state,
                "onus": row.onus,
                "onus_online": row.onus_online,
            },
        )
        for row in rows
    }


async def outages(transaction: AsyncConnection, topics: Topics) -> dict[str, bytes]:
    """The outages that are not over, and certain."""
    rows = await transaction.execute(
        select(outage, tenant.c.name.label("tenant_name"))
        .join(tenant, tenant.c.tenant_id == outage.c.tenant_id)
        .where(outage.c.state.in_(OUTAGES_SHOWN))
    )
    return {topics.outage(row.tenant_name, row.outage_id): _outage(row) for row in rows}


def _outage(row: Any) -> bytes:
    return state(
        row.recovering_since or row.confirmed_at or row.detected_at,
        {
            "scope": row.scope,
            "cause": row.cause,
            "area": row.area,
            "ports": row.ports,
            "state": row.state,
            "lines": row.lines,
            "subscribers": row.subscribers,
            "started_at": row.started_at.isoformat(),
            "estimate": row.estimate and row.estimate.isoformat(),
        },
    )


async def gone(transaction: AsyncConnection, topics: Topics, since: datetime) -> set[str]:
    """Topics of what was removed, or is over, since then, and not there again."""
    live, place = onu.alias("live"), device.alias("place")
    again = exists().where(
        live.c.tenant_id == onu.c.tenant_id,
        live.c.serial == onu.c.serial,
        live.c.removed_at.is_(None),
        place.c.device_id == live.c.device_id,
        place.c.removed_at.is_(None),
    )
    of_tenant = tenant.c.name.label("tenant_name")
    onus_gone = await transaction.execute(
        select(of_tenant, onu.c.serial)
        .join(tenant, tenant.c.tenant_id == onu.c.tenant_id)
        .join(device, device.c.device_id == onu.c.device_id)
        .where((onu.c.removed_at >= since) | (device.c.removed_at >= since), ~again)
    )
    ports_gone = await transaction.execute(
        select(of_tenant, pon_port.c.device_id, pon_port.c.name)
        .join(tenant, tenant.c.tenant_id == pon_port.c.tenant_id)
        .join(device, device.c.device_id == pon_port.c.device_id)
        .where((pon_port.c.removed_at >= since) | (device.c.removed_at >= since))
    )
    devices_gone = await transaction.execute(
        select(of_tenant, device.c.device_id)
        .join(tenant, tenant.c.tenant_id == device.c.tenant_id)
        .where(device.c.removed_at >= since)
    )
    over = await transaction.execute(
        select(of_tenant, outage.c.outage_id)
        .join(tenant, tenant.c.tenant_id == outage.c.tenant_id)
        .where(outage.c.restored_at >= since)
    )
    return {
        *(topics.onu(row.tenant_name, row.serial) for row in onus_gone),
        *(topics.pon(row.tenant_name, row.device_id, row.name) for row in ports_gone),
        *(topics.device(row.tenant_name, row.device_id) for row in devices_gone),
        *(topics.outage(row.tenant_name, row.outage_id) for row in over),
    }
