"""Leases: a device is polled by the one process whose name its row bears, until it is over.

Times are the database's own, so that machines need not agree on one.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["LEASE_SECONDS", "give_up", "held", "hold", "leave", "living"]

LEASE_SECONDS: Final = 30
"""How long the devices of a process that was killed are left unpolled at most."""

LIVE = text("""\
INSERT INTO collector (name, until) VALUES (:me, now() + make_interval(secs => :seconds))
ON CONFLICT (name) DO UPDATE SET until = excluded.until""")

FORGET = text("DELETE FROM collector WHERE until < now()")

LIVING = text("SELECT name FROM collector WHERE until >= now()")

HOLD = text("""\
INSERT INTO device_lease (device_id, tenant_id, collector, until)
SELECT device_id, tenant_id, :me, now() + make_interval(secs => :seconds)
FROM device WHERE device_id = ANY(:device_ids) AND removed_at IS NULL ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE SET collector = excluded.collector, until = excluded.until
WHERE device_lease.collector = excluded.collector OR device_lease.until < now()
RETURNING device_id""").bindparams(bindparam("device_ids", type_=ARRAY(BIGINT)))

GIVE_UP = text(
    "DELETE FROM device_lease WHERE collector = :me AND device_id = ANY(:device_ids)"
).bindparams(bindparam("device_ids", type_=ARRAY(BIGINT)))

LEAVE = text("""\
WITH gone AS (DELETE FROM device_lease WHERE collector = :me)
DELETE FROM collector WHERE name = :me""")

HELD = text("""\
SELECT FROM device_lease
WHERE device_id = :device_id AND collector = :me AND until >= now() FOR SHARE""")


async def living(transaction: AsyncConnection, me: str) -> frozenset[str]:
    """The processes that share the devices, after saying that this one does."""
    await transaction.execute(LIVE, {"me": me, "seconds": LEASE_SECONDS})
    await transaction.execute(FORGET)
    return frozenset((await transaction.scalars(LIVING)).all())


async def hold(
    transaction: AsyncConnection, me: str, device_ids: Collection[int]
) -> frozenset[int]:
    """Take or renew these leases; those that this process holds now."""
    values = {"me": me, "seconds": LEASE_SECONDS, "device_ids": list(device_ids)}
    return frozenset((await transaction.scalars(HOLD, values)).all())


async def give_up(transaction: AsyncConnection, me: str, device_ids: Collection[int]) -> None:
    """Let others have these devices."""
    await transaction.execute(GIVE_UP, {"me": me, "device_ids": list(device_ids)})


async def leave(transaction: AsyncConnection, me: str) -> None:
    """Let others have everything."""
    await transaction.execute(LEAVE, {"me": me})


async def held(transaction: AsyncConnection, me: str, device_id: int) -> bool:
    """Whether this process may write about the device; nobody else may before this commits."""
    values = {"me": me, "device_id": device_id}
    return (await transaction.execute(HELD, values)).first() is not None
