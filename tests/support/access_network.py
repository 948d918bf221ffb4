"""An OLT with ONUs as collectors write them down, for tests of who reads it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device, device_status, onu, pon_port

__all__ = ["see_device", "see_onus"]


async def see_device(collectors: AsyncConnection, name: str, now: datetime, **columns: Any) -> None:
    """The device answers, or what `columns` of `device_status` say instead."""
    there = await _device(collectors, name)
    seen = {"state": "reachable", "driver": "huawei", "model": "MA5800-X7", "sys_name": name}
    values = {"state_changed_at": now, "last_poll_at": now} | seen | columns
    await collectors.execute(
        upsert(device_status)
        .values(device_id=there.device_id, tenant_id=there.tenant_id, **values)
        .on_conflict_do_update(index_elements=["device_id"], set_=values)
    )


async def see_onus(
    collectors: AsyncConnection,
    name: str,
    onus: Sequence[dict[str, Any]],
    now: datetime,
    *,
    port: str = "0/1/3",
) -> list[int]:
    """ONUs of one port of the device, each `serial` and what else is read of it; their keys."""
    there = await _device(collectors, name)
    own = {"tenant_id": there.tenant_id, "device_id": there.device_id}
    pon_port_id = await collectors.scalar(
        insert(pon_port)
        .values(own | {"name": port, "state": "up", "first_seen_at": now})
        .returning(pon_port.c.pon_port_id)
    )
    usual = {"state": "online", "state_changed_at": now, "first_seen_at": now, "last_seen_at": now}
    made = []
    for index, each in enumerate(onus, 1):
        row = own | usual | {"pon_port_id": pon_port_id, "onu_index": index} | each
        made.append(await collectors.scalar(insert(onu).values(row).returning(onu.c.onu_id)))
    return made


async def _device(collectors: AsyncConnection, name: str) -> Any:
    query = select(device.c.device_id, device.c.tenant_id).where(device.c.name == name)
    return (await collectors.execute(query)).one()
