"""Routers and CPE as the database has them, their credentials opened."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing, SealBroken
from database.tables.access_network import device
from database.tables.shaping import cpe, shaped_router
from devices.credentials import open_credentials
from devices.routeros import RouterTarget, router_target
from devices.routeros.opening import REST
from isp.shaping import Method
from shaper.target import Target

__all__ = ["targets"]

CPE_WRITES_PER_SECOND = 20
"""It has one queue, and a small processor."""


async def targets(transaction: AsyncConnection, keys: KeyRing) -> Sequence[Target]:
    """All that is shaped now."""
    routers = await transaction.execute(_ROUTERS)
    devices = await transaction.execute(_CPE)
    return [
        *(_router(row, keys) for row in routers),
        *(_cpe(row, keys) for row in devices),
    ]


def _router(row: Any, keys: KeyRing) -> Target:
    return Target(
        tenant_id=row.tenant_id,
        name=row.name,
        device_id=row.device_id,
        method=Method(row.method),
        writes=row.mode == "enabled",
        access=_access(row, keys),
        nas_id=row.nas_id,
        interface=row.interface,
        rest=row.driver == REST,
        writes_per_second=row.writes_per_second,
    )


def _cpe(row: Any, keys: KeyRing) -> Target:
    return Target(
        tenant_id=row.tenant_id,
        name=row.title,
        cpe_id=row.cpe_id,
        writes=True,
        access=_access(row, keys),
        service_id=row.service_id,
        subnet=ip_network(str(row.target)),
        writes_per_second=CPE_WRITES_PER_SECOND,
    )


def _access(row: Any, keys: KeyRing) -> RouterTarget | None:
    try:
        login = open_credentials(bytes(row.credentials_sealed), keys).login
    except SealBroken:
        return None
    if login is None:
        return None
    return router_target(host=row.host, port=row.port, login=login)


def _routers() -> Select[Any]:
    settings = [column for column in shaped_router.c if column.name != "tenant_id"]
    return (
        select(
            *settings,
            device.c.tenant_id,
            device.c.name,
            device.c.host,
            device.c.port,
            device.c.driver,
            device.c.credentials_sealed,
        )
        .join(device, device.c.device_id == shaped_router.c.device_id)
        .where(shaped_router.c.removed_at.is_(None), device.c.removed_at.is_(None))
    )


_ROUTERS = _routers()
_CPE = select(cpe).where(
    cpe.c.removed_at.is_(None),
    cpe.c.type == "mikrotik",
    cpe.c.target.is_not(None),
    cpe.c.credentials_sealed.is_not(None),
)
