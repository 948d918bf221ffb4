"""What persons asked of devices: taken by one process, its outcome written into the row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device_request

__all__ = ["Asked", "answer", "take"]

AGAIN_SECONDS: Final = 600
"""A request whose process was killed is taken by another after so long."""

TAKE: Final = text("""\
UPDATE device_request SET taken_by = :me, taken_at = now()
WHERE device_request_id IN (
    SELECT device_request_id FROM device_request
    WHERE done_at IS NULL AND (device_id IS NULL OR device_id = ANY(:device_ids))
    AND (taken_at IS NULL OR taken_at < now() - make_interval(secs => :again))
    ORDER BY requested_at LIMIT 20 FOR UPDATE SKIP LOCKED)
RETURNING device_request_id, device_id, kind, target, credentials_sealed""").bindparams(
    bindparam("device_ids", type_=ARRAY(BIGINT))
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request: of a device that is entered, or of `target` with credentials of its own."""

    device_request_id: int
    device_id: int | None
    kind: str
    target: Mapping[str, Any]
    credentials_sealed: bytes | None = field(repr=False)


async def take(
    transaction: AsyncConnection, me: str, device_ids: Collection[int]
) -> tuple[Asked, ...]:
    """Requests that wait, of the devices that this process holds and of no device."""
    values = {"me": me, "device_ids": list(device_ids), "again": AGAIN_SECONDS}
    rows = await transaction.execute(TAKE, values)
    return tuple(
        Asked(
            device_request_id=row.device_request_id,
            device_id=row.device_id,
            kind=row.kind,
            target=row.target,
            credentials_sealed=row.credentials_sealed and bytes(row.credentials_sealed),
        )
        for row in rows
    )


async def answer(
    transaction: AsyncConnection, asked: Asked, outcome: Mapping[str, Any], now: datetime
) -> None:
    """Write what came of it; the credentials that came with it are forgotten."""
    await transaction.execute(
        update(device_request)
        .where(device_request.c.device_request_id == asked.device_request_id)
        .values(done_at=now, outcome=dict(outcome), credentials_sealed=None)
    )
