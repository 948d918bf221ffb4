"""Requests from addresses that no NAS has: counted, listed once, offered to be added."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.network import unknown_nas

__all__ = ["UnknownNas", "listed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownNas:
    """An address that sent RADIUS packets and is no NAS of ours."""

    address: str
    nas_identifier: str | None
    packets: int
    first_at: datetime
    last_at: datetime


async def listed(transaction: AsyncConnection) -> tuple[UnknownNas, ...]:
    """Every one, the last heard first."""
    rows = await transaction.execute(select(unknown_nas).order_by(unknown_nas.c.last_at.desc()))
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
