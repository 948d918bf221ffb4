"""Who answered an echo request, and where devices are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_history import device_ping
from database.tables.access_network import device

__all__ = ["Pinged", "hosts", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinged:
    """The last requests to a device; `answered`: one of the very last ones was."""

    device_id: int
    sent: int
    lost: int
    round_trip_milliseconds: float | None
    answered: bool


async def hosts(
    transaction: AsyncConnection, device_ids: Collection[int]
) -> dict[int, tuple[str, str]]:
    """Name and host of each device."""
    rows = await transaction.execute(
        select(device.c.device_id, device.c.name, device.c.host).where(
            device.c.device_id.in_(device_ids), device.c.removed_at.is_(None)
        )
    )
    return {row.device_id: (row.name, row.host) for row in rows}


async def write(transaction: AsyncConnection, found: Sequence[Pinged], now: datetime) -> None:
    """Replace what was known of these devices."""
    for each in found:
        values = {
            "sent": each.sent,
            "lost": each.lost,
            "round_trip_milliseconds": each.round_trip_milliseconds,
            "checked_at": now,
        } | ({"last_answer_at": now} if each.answered else {})
        tenant = select(device.c.tenant_id).where(device.c.device_id == each.device_id)
        await transaction.execute(
            insert(device_ping)
            .values(device_id=each.device_id, tenant_id=tenant.scalar_subquery(), **values)
            .on_conflict_do_update(index_elements=["device_id"], set_=values)
        )
