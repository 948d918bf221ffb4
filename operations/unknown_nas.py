"""Requests from addresses that no NAS has: counted, listed once, offered to be added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.network import nas, unknown_nas

__all__ = ["STILL_UNKNOWN", "UnknownNas", "listed"]

STILL_UNKNOWN: Final = ~exists().where(
    nas.c.removed_at.is_(None),
    nas.c.address.op(">>=", is_comparison=True)(unknown_nas.c.address),
    or_(
        nas.c.nas_identifier.is_(None),
        nas.c.nas_identifier == unknown_nas.c.nas_identifier,
    ),
)
"""That no NAS of the provider is meant. radiusd's rows stay: it goes on counting in them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownNas:
    """An address that sent RADIUS packets and is no NAS of ours."""

    address: str
    nas_identifier: str | None
    packets: int
    first_at: datetime
    last_at: datetime


async def listed(transaction: AsyncConnection) -> tuple[UnknownNas, ...]:
    """Every one, the last heard first; without those that were added as a NAS since."""
    rows = await transaction.execute(
        select(unknown_nas).where(STILL_UNKNOWN).order_by(unknown_nas.c.last_at.desc())
    )
    return tuple(
        UnknownNas(
            address=str(row.address),
            nas_identifier=row.nas_identifier,
            packets=row.packets,
            first_at=row.first_at,
            last_at=row.last_at,
        )
        for row in rows
    )
