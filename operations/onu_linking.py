"""Which service an ONU's line belongs to: by hand, by what was sold, and by a swap.

`service.onu_serial` is what a service should have, whether an OLT has seen it or not; an ONU that
is seen carries the service in `onu.service_id`. Here both change together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import onu
from database.tables.subscribers import service
from isp.errors import Refused
from isp.onu_serial import spelled_serial
from isp.service import ServiceState
from operations import audit, service_record
from operations.service_record import ServiceRecord

__all__ = [
    "Linked",
    "link",
    "link_sold",
    "release",
    "sell",
    "swap",
    "unlink",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """An ONU and its service. `seen`: an OLT has it; else it is linked as soon as one does.

    `old_serial` is the ONU that the service had before a swap.
    """

    serial: str
    login: str
    seen: bool
    old_serial: str | None = None


async def link(
    transaction: AsyncConnection, *, serial: str, login: str, actor: str, now: datetime
) -> Linked:
    """Give the service that ONU. Raises Refused where either has another."""
    wanted = spelled_serial(serial)
    found = await service_record.by_login(transaction, login, lock=True)
    if found.state is ServiceState.TERMINATED:
        raise Refused(f"{found.login} is terminated", remedy="name a service that lives")
    if found.onu_serial not in (None, wanted):
        remedy = f"exchange it with `turnpike onu swap {found.onu_serial} {wanted}`"
        raise Refused(f"{found.login} has the ONU {found.onu_serial}", remedy=remedy)
    await _refuse_anothers(transaction, wanted, but=found)
    seen = await sell(transaction, found, wanted, linked_by=actor)
    await _audit(transaction, found, "onu.link", wanted, actor, now)
    return Linked(serial=wanted, login=found.login, seen=seen)


async def unlink(transaction: AsyncConnection, *, serial: str, actor: str, now: datetime) -> Linked:
    """Take the ONU from its service; what it read while it was his stays his."""
    had = spelled_serial(serial)
    found = await _owner(transaction, had)
    seen = await sell(transaction, found, None, linked_by=actor)
    await _audit(transaction, found, "onu.unlink", had, actor, now)
    return Linked(serial=had, login=found.login, seen=seen)


async def swap(
    transaction: AsyncConnection, *, old: str, new: str, actor: str, now: datetime
) -> Linked:
    """Exchange a service's ONU for another: the service stays as it is, and so does its history."""
    had, wanted = spelled_serial(old), spelled_serial(new)
    if had == wanted:
        raise Refused(f"{had} is one ONU", remedy="name the old one, then the new one")
    found = await _owner(transaction, had)
    await _refuse_anothers(transaction, wanted, but=found)
    seen = await sell(transaction, found, wanted, linked_by=actor)
    await _audit(transaction, found, "onu.swap", wanted, actor, now, before={"serial": had})
    return Linked(serial=wanted, login=found.login, seen=seen, old_serial=had)


async def sell(
    transaction: AsyncConnection, found: ServiceRecord, serial: str | None, *, linked_by: str
) -> bool:
    """Make that serial (None: none) the service's own; whether an OLT has the ONU."""
    await release(transaction, [found.service_id])
    await transaction.execute(
        update(service).where(service.c.service_id == found.service_id).values(onu_serial=serial)
    )
    given = await transaction.execute(
        update(onu)
        .where(onu.c.serial == serial, onu.c.removed_at.is_(None))
        .values(service_id=found.service_id, subscriber_id=found.subscriber_id, linked_by=linked_by)
    )
    return given.rowcount > 0


async def release(transaction: AsyncConnection, service_ids: Collection[int]) -> None:
    """Make the ONUs of those services nobody's."""
    await transaction.execute(
        update(onu)
        .where(onu.c.service_id.in_(service_ids))
        .values(service_id=None, subscriber_id=0, linked_by=None)
    )


async def link_sold(
    transaction: AsyncConnection,
    *,
    service_ids: Collection[int] = (),
    onu_ids: Collection[int] = (),
) -> int:
    """Link these services, or these ONUs, to what was sold by serial; how many were linked.

    For services that are new, and for ONUs that an OLT lists for the first time.
    """
    values = {"service_ids": list(service_ids), "onu_ids": list(onu_ids)}
    return (await transaction.execute(LINK_SOLD, values)).rowcount


LINK_SOLD: Final = text("""
    UPDATE onu SET service_id = sold.service_id, subscriber_id = sold.subscriber_id,
        linked_by = 'serial'
      FROM service AS sold
     WHERE sold.tenant_id = onu.tenant_id AND sold.onu_serial = onu.serial
       AND sold.state <> 'terminated' AND onu.service_id IS NULL AND onu.removed_at IS NULL
       AND (sold.service_id = ANY(:service_ids) OR onu.onu_id = ANY(:onu_ids))
""")


async def _owner(transaction: AsyncConnection, serial: str) -> ServiceRecord:
    """The living service that has the ONU, locked. Raises Refused."""
    holder = await _holder(transaction, serial)
    if holder is None:
        remedy = f"give it to one: `turnpike onu link {serial} LOGIN`"
        raise Refused(f"no service has the ONU {serial}", remedy=remedy)
    return await service_record.by_id(transaction, holder, lock=True)


async def _refuse_anothers(
    transaction: AsyncConnection, serial: str, *, but: ServiceRecord
) -> None:
    holder = await _holder(transaction, serial)
    if holder not in (None, but.service_id):
        other = await service_record.by_id(transaction, holder)
        remedy = f"take it from there first: `turnpike onu unlink {serial}`"
        raise Refused(f"{serial} belongs to {other.login}", remedy=remedy)


async def _holder(transaction: AsyncConnection, serial: str) -> int | None:
    query = select(service.c.service_id).where(
        service.c.onu_serial == serial, service.c.state != ServiceState.TERMINATED
    )
    return await transaction.scalar(query.limit(1))


async def _audit(
    transaction: AsyncConnection,
    found: ServiceRecord,
    action: str,
    serial: str,
    actor: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
) -> None:
    await audit.record(
        transaction,
        tenant_id=found.tenant_id,
        actor=actor,
        action=action,
        object_kind="onu",
        object_name=serial,
        before=before,
        after={"login": found.login},
        now=now,
    )
