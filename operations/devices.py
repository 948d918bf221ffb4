"""Devices of the access network as operators enter them, with their sealed credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing
from database.tables.access_network import device, device_status, onu, pon_port
from devices.credentials import Credentials, open_credentials, seal_credentials
from isp.access_network import DeviceKind, OnuState
from isp.errors import Refused
from operations import audit, tenants

__all__ = [
    "DeviceRecord",
    "DeviceUse",
    "add",
    "change",
    "credentials_of",
    "listed",
    "named",
    "remove",
    "set_port_area",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceRecord:
    """A device as it was entered; `driver` is `auto` where it is recognised by what it says."""

    device_id: int
    tenant_id: int
    name: str
    kind: DeviceKind
    host: str
    port: int
    driver: str
    area: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceUse:
    """A device with what is seen of it; `driver` is the one that reads it. None: not seen yet.

    Nobody knows how many ONUs are online while it does not answer.
    """

    device: DeviceRecord
    state: str
    problem: str | None
    driver: str | None
    model: str | None
    firmware: str | None
    last_poll_at: datetime | None
    partial: tuple[str, ...]
    onus: int
    onus_online: int | None


async def add(
    transaction: AsyncConnection,
    *,
    name: str,
    kind: DeviceKind,
    host: str,
    port: int,
    driver: str,
    credentials: Credentials,
    keys: KeyRing,
    area: str | None = None,
    actor: str,
    now: datetime,
) -> DeviceRecord:
    """A new device, read from now on."""
    owner = await tenants.current(transaction)
    await _refuse_taken(transaction, name, host, port)
    columns = {
        "name": name,
        "kind": kind.value,
        "host": host,
        "port": port,
        "driver": driver,
        "area": area,
    }
    sealed = seal_credentials(credentials, keys)
    await transaction.execute(
        insert(device).values(
            tenant_id=owner.tenant_id, credentials_sealed=sealed, created_at=now, **columns
        )
    )
    await audit.note(transaction, owner.tenant_id, "device.add", name, actor, now, after=columns)
    return await named(transaction, name)


async def change(
    transaction: AsyncConnection,
    *,
    name: str,
    changes: Mapping[str, Any],
    credentials: Credentials | None = None,
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> DeviceRecord:
    """Change columns of a device: name, host, port, driver, area; and its credentials."""
    found = await named(transaction, name)
    values = dict(changes)
    new_name = values.get("name", name)
    await _refuse_taken(
        transaction,
        new_name,
        values.get("host", found.host),
        values.get("port", found.port),
        but=found.device_id,
    )
    before = {key: getattr(found, key) for key in values}
    after = dict(values)
    if credentials is not None:
        values["credentials_sealed"] = seal_credentials(credentials, keys)
        after["credentials"] = "changed"
    await transaction.execute(
        update(device).where(device.c.device_id == found.device_id).values(**values)
    )
    await audit.note(
        transaction, found.tenant_id, "device.set", name, actor, now, before=before, after=after
    )
    return await named(transaction, new_name)


async def set_port_area(
    transaction: AsyncConnection, *, name: str, port: str, area: str, actor: str, now: datetime
) -> None:
    """Say which area one PON port serves; empty: the device's. Raises Refused."""
    found = await named(transaction, name)
    changed = await transaction.execute(
        update(pon_port)
        .where(
            pon_port.c.device_id == found.device_id,
            pon_port.c.name == port,
            pon_port.c.removed_at.is_(None),
        )
        .values(area=area or None)
    )
    if changed.rowcount == 0:
        remedy = f"see `turnpike onu list --device {name}` for its ports"
        raise Refused(f"{name} has no port {port}", remedy=remedy)
    after = {"port": port, "area": area or None}
    await audit.note(transaction, found.tenant_id, "device.set", name, actor, now, after=after)


async def remove(transaction: AsyncConnection, *, name: str, actor: str, now: datetime) -> None:
    """Read the device no more. Its history stays, and its ONUs until another OLT has them."""
    found = await named(transaction, name)
    await transaction.execute(
        update(device).where(device.c.device_id == found.device_id).values(removed_at=now)
    )
    await audit.note(transaction, found.tenant_id, "device.remove", name, actor, now)


async def named(transaction: AsyncConnection, name: str) -> DeviceRecord:
    """The device of that name. Raises Refused."""
    query = select(device).where(device.c.name == name, device.c.removed_at.is_(None))
    row = (await transaction.execute(query)).one_or_none()
    if row is None:
        raise Refused(f"there is no device {name}", remedy="see `turnpike device list`")
    return _record(row)


async def credentials_of(
    transaction: AsyncConnection, found: DeviceRecord, keys: KeyRing
) -> Credentials:
    """What the device asks for, opened, to read it or to test it."""
    query = select(device.c.credentials_sealed).where(device.c.device_id == found.device_id)
    return open_credentials(bytes((await transaction.execute(query)).scalar_one()), keys)


async def listed(transaction: AsyncConnection) -> tuple[DeviceUse, ...]:
    """Every device with what is seen of it, by name."""
    counted = (
        select(
            onu.c.device_id,
            func.count().label("onus"),
            func.count().filter(onu.c.state == OnuState.ONLINE).label("onus_online"),
        )
        .where(onu.c.removed_at.is_(None))
        .group_by(onu.c.device_id)
        .subquery()
    )
    seen = (
        "state", "problem", "model", "firmware", "last_poll_at", "partial",
    )  # fmt: skip
    rows = await transaction.execute(
        select(
            device,
            *(device_status.c[column] for column in seen),
            device_status.c.driver.label("recognised_driver"),
            counted.c.onus,
            counted.c.onus_online,
        )
        .outerjoin(device_status, device_status.c.device_id == device.c.device_id)
        .outerjoin(counted, counted.c.device_id == device.c.device_id)
        .where(device.c.removed_at.is_(None))
        .order_by(device.c.name)
    )
    return tuple(
        DeviceUse(
            device=_record(row),
            state=row.state or "new",
            problem=row.problem,
            driver=row.recognised_driver,
            model=row.model,
            firmware=row.firmware,
            last_poll_at=row.last_poll_at,
            partial=tuple(row.partial or ()),
            onus=row.onus or 0,
            onus_online=(row.onus_online or 0) if row.state == "reachable" else None,
        )
        for row in rows
    )


async def _refuse_taken(
    transaction: AsyncConnection, name: str, host: str, port: int, *, but: int = 0
) -> None:
    """Two devices of one name, or one device entered twice: it would be polled twice."""
    same = (device.c.name == name) | ((device.c.host == host) & (device.c.port == port))
    taken = await transaction.execute(
        select(device.c.name, device.c.host, device.c.port).where(
            device.c.removed_at.is_(None), device.c.device_id != but, same
        )
    )
    if row := taken.first():
        problem = f"the device {row.name} is at {row.host}:{row.port} already"
        remedy = f"change it with `turnpike device set {row.name}`, or remove it first"
        raise Refused(problem, remedy=remedy)


def _record(row: Row[Any]) -> DeviceRecord:
    return DeviceRecord(
        device_id=row.device_id,
        tenant_id=row.tenant_id,
        name=row.name,
        kind=DeviceKind(row.kind),
        host=row.host,
        port=row.port,
        driver=row.driver,
        area=row.area,
    )
