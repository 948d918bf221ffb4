"""Changes on an OLT: a job that calls the operator's own script, never a write of ours."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.running import job
from operations import service_record, tenants
from operations.onu_linking import Linked

__all__ = ["PROVISION_JOB", "Change", "ask"]

PROVISION_JOB: Final = "onu.provision"

PLACES: Final = text("""
    SELECT serial, device, port, onu_id FROM report.onus WHERE serial = ANY(:serials)
    UNION ALL
    SELECT seen.serial, device.name, seen.port, NULL
      FROM onu_unprovisioned AS seen JOIN device USING (device_id)
     WHERE seen.serial = ANY(:serials) AND device.removed_at IS NULL
""")
ENTITLED: Final = text("SELECT down_kbps, up_kbps FROM entitlement WHERE service_id = :service_id")


class Change(StrEnum):
    """What the script is asked for: the word that it is given."""

    LINK = "link"
    UNLINK = "unlink"
    SWAP = "swap"


async def ask(
    transaction: AsyncConnection,
    change: Change,
    linked: Linked,
    *,
    now: datetime,
) -> None:
    """Have the script configure the OLT for what was just decided, in the same transaction.

    It is given a JSON object: `change, login, subscriber, plan, down_kbps, up_kbps, serial,
    old_serial` and `places`, by serial, of those that an OLT sees: `device, port, onu_id`.
    """
    owner = await tenants.current(transaction)
    found = await service_record.by_login(transaction, linked.login)
    rates = (await transaction.execute(ENTITLED, {"service_id": found.service_id})).one_or_none()
    document: dict[str, Any] = {
        "change": change,
        "login": found.login,
        "subscriber": found.subscriber,
        "plan": found.plan,
        "down_kbps": rates and rates.down_kbps,
        "up_kbps": rates and rates.up_kbps,
        "serial": linked.serial,
        "old_serial": linked.old_serial,
    }
    serials = [each for each in (linked.serial, linked.old_serial) if each]
    places = await transaction.execute(PLACES, {"serials": serials})
    document["places"] = {
        row.serial: {"device": row.device, "port": row.port, "onu_id": row.onu_id} for row in places
    }
    await transaction.execute(
        insert(job).values(
            tenant_id=owner.tenant_id,
            kind=PROVISION_JOB,
            idempotency_key=f"{PROVISION_JOB}:{change}:{linked.serial}:{now.isoformat()}",
            payload=document,
            created_at=now,
            next_try_at=now,
        )
    )
