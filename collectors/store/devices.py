"""The devices that operators entered, and what was learned of them before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.consequences import PolledDevice
from database.tables.access_network import device_status
from isp.access_network import DeviceKind

__all__ = ["Device", "Learned", "device_of", "learned"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A device as it is wanted; its credentials are still sealed."""

    device_id: int
    tenant_id: int
    name: str
    kind: DeviceKind
    host: str
    port: int
    driver: str
    area: str | None
    credentials_sealed: bytes = field(repr=False)

    def polled(self, driver: str) -> PolledDevice:
        """The device as those who judge its readings know it."""
        return PolledDevice(
            device_id=self.device_id,
            tenant_id=self.tenant_id,
            name=self.name,
            kind=self.kind.value,
            driver=driver,
            area=self.area,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What `device_status` has of a device; nothing of one that was never read."""

    driver: str | None = None
    varbinds: int | None = None
    last_poll_at: datetime | None = None


def device_of(row: Row[Any]) -> Device:
    """The device of a row of table `device`."""
    return Device(
        device_id=row.device_id,
        tenant_id=row.tenant_id,
        name=row.name,
        kind=DeviceKind(row.kind),
        host=row.host,
        port=row.port,
        driver=row.driver,
        area=row.area,
        credentials_sealed=bytes(row.credentials_sealed),
    )


async def learned(
    transaction: AsyncConnection, device_ids: Collection[int]
) -> Mapping[int, Learned]:
    """What is known of those devices, by device_id."""
    rows = await transaction.execute(
        select(
            device_status.c.device_id,
            device_status.c.driver,
            device_status.c.capabilities,
            device_status.c.last_poll_at,
        ).where(device_status.c.device_id.in_(device_ids))
    )
    return {
        row.device_id: Learned(
            driver=row.driver,
            varbinds=row.capabilities.get("varbinds"),
            last_poll_at=row.last_poll_at,
        )
        for row in rows
    }
