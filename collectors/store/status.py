"""How a device is: what `device_status` says."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import case, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.driver import Part
from collectors.sources import Identity
from collectors.store.devices import Device
from database.tables.access_network import device_status, onu
from isp.access_network import DeviceReading, Poll

__all__ = ["DeviceState", "answered", "failed", "identified", "still_listed"]


class DeviceState(StrEnum):
    """Whether a device can be read; where not, its ONUs are as they were seen last."""

    NEW = "new"
    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """It does not let us in."""
    UNSUPPORTED = "unsupported"


READ = ("model", "firmware", "serial", "temperature_celsius", "cpu_percent", "memory_percent")


async def identified(
    transaction: AsyncConnection, device: Device, identity: Identity, now: datetime
) -> None:
    """Write down what the device says that it is."""
    said: dict[str, Any] = {
        "driver": identity.driver,
        "sys_object_id": identity.sys_object_id,
        "sys_name": identity.sys_name,
    }
    if identity.model is not None:
        said["model"] = identity.model
    await _write(transaction, device, DeviceState.REACHABLE, now, said)


async def answered(
    transaction: AsyncConnection,
    device: Device,
    poll: Poll,
    parts: frozenset[Part],
    capabilities: Mapping[str, int],
    began_at: datetime,
    now: datetime,
) -> None:
    """Write down a reading that gave something."""
    said = _said(poll.device) | {
        "problem": None,
        "partial": list(poll.partial),
        "last_try_at": now,
        "last_poll_at": now,
    }
    if Part.STATE in parts and not poll.partial:
        said["last_state_at"] = began_at
    if Part.INVENTORY in parts:
        said["last_inventory_at"] = now
    if capabilities:
        said["capabilities"] = dict(capabilities)
    await _write(transaction, device, DeviceState.REACHABLE, now, said)


async def failed(
    transaction: AsyncConnection,
    device: Device,
    state: DeviceState | None,
    problem: str,
    now: datetime,
) -> None:
    """Write down a reading that gave nothing; `state` None: it is not given up yet."""
    await _write(transaction, device, state, now, {"problem": problem, "last_try_at": now})


async def still_listed(transaction: AsyncConnection, device: Device, now: datetime) -> None:
    """After a full inventory: all that are not missing were seen now."""
    await transaction.execute(
        update(onu)
        .where(
            onu.c.device_id == device.device_id,
            onu.c.missing_since.is_(None),
            onu.c.removed_at.is_(None),
        )
        .values(last_seen_at=now)
    )


def _said(reading: DeviceReading) -> dict[str, Any]:
    """What the reading says of the device; what it does not say stays as it was."""
    names = (*READ, "uptime_seconds")
    return {name: value for name in names if (value := getattr(reading, name)) is not None}


async def _write(
    transaction: AsyncConnection,
    device: Device,
    state: DeviceState | None,
    now: datetime,
    said: dict[str, Any],
) -> None:
    first = {
        "device_id": device.device_id,
        "tenant_id": device.tenant_id,
        "state": (state or DeviceState.NEW).value,
        "state_changed_at": now,
    }
    statement = insert(device_status).values(first | said)
    later = dict(said)
    if state is not None:
        same = device_status.c.state == state.value
        later["state"] = state.value
        later["state_changed_at"] = case((same, device_status.c.state_changed_at), else_=now)
    await transaction.execute(
        statement.on_conflict_do_update(index_elements=["device_id"], set_=later)
    )
