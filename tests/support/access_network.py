"""An OLT with ONUs as collectors write them down, for tests of who reads it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device, device_status, onu, pon_port
from database.tables.outages import alarm, notice, outage, outage_subscriber

__all__ = ["see_alarm", "see_device", "see_onus", "see_outage"]


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


async def see_outage(
    collectors: AsyncConnection,
    name: str,
    onus: Sequence[int],
    now: datetime,
    **columns: Any,
) -> int:
    """An outage of the device's ports with those ONUs down in it, and its message; its number."""
    there = await _device(collectors, name)
    usual = {"scope": "pon", "state": "open", "cause": "fibre_cut", "ports": ["0/1/3"]}
    own = {"tenant_id": there.tenant_id, "device_id": there.device_id}
    when = {"started_at": now, "detected_at": now, "confirmed_at": now}
    down = (await collectors.execute(select(onu).where(onu.c.onu_id.in_(onus)))).all()
    met = {each.subscriber_id for each in down} - {0}
    number = await collectors.scalar(
        insert(outage)
        .values(usual | own | when | {"lines": len(down), "subscribers": len(met)} | columns)
        .returning(outage.c.outage_id)
    )
    assert number is not None
    for each in down:
        await collectors.execute(
            insert(outage_subscriber).values(
                outage_id=number,
                tenant_id=there.tenant_id,
                subscriber_id=each.subscriber_id,
                service_id=each.service_id or 0,
                onu_id=each.onu_id,
                down_at=now,
            )
        )
    await collectors.execute(
        insert(notice).values(
            tenant_id=there.tenant_id, outage_id=number, kind="outage", made_at=now
        )
    )
    return number


async def see_alarm(
    collectors: AsyncConnection, name: str, subject: str, now: datetime, **columns: Any
) -> int:
    """An alarm of the device that stands; its number."""
    there = await _device(collectors, name)
    usual = {"kind": "onu_rx_low", "severity": "minor", "raised_at": now, "place": subject}
    number = await collectors.scalar(
        insert(alarm)
        .values(
            {"tenant_id": there.tenant_id, "device_id": there.device_id, "subject": subject}
            | usual
            | columns
        )
        .returning(alarm.c.alarm_id)
    )
    assert number is not None
    return number
