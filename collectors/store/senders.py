"""Where devices are, and how they let us in: to know whose a trap is."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device

__all__ = ["devices"]


async def devices(transaction: AsyncConnection) -> Sequence[tuple[int, str, bytes]]:
    """Number, host and sealed credentials of every device."""
    rows = await transaction.execute(
        select(device.c.device_id, device.c.host, device.c.credentials_sealed).where(
            device.c.removed_at.is_(None)
        )
    )
    return [(row.device_id, row.host, row.credentials_sealed) for row in rows]
