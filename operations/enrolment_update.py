"""Rows for services that exist: what the file says otherwise is changed, the rest is left alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing
from database.tables.subscribers import service, service_event, service_identifier, subscriber
from isp.identifiers import IdentifierKind
from isp.service import ServiceState
from operations import audit, onu_linking, service_record, services
from operations.addresses import StaticAddresses, set_addresses
from operations.enrolment import HELD_BEFORE
from operations.import_rows import ImportRow
from operations.passwords import is_password
from operations.service_record import ServiceRecord
from operations.tenants import Tenant

__all__ = ["update_service"]

SUBSCRIBER_COLUMNS = ("name", "email", "phone", "area", "anchor_day", "billing")


async def update_service(
    transaction: AsyncConnection,
    owner: Tenant,
    row: ImportRow,
    service_id: int,
    *,
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> bool:
    """Make the service what the row says, where the row says something; whether it changed.

    Holds are added and never released. The row is one that `check_rows` found nothing wrong with.
    """
    found = await service_record.by_id(transaction, service_id, lock=True)
    changed = await _update_subscriber(transaction, owner, row, found, actor, now)
    changed |= await _update_columns(transaction, row, found, actor, now)
    changed |= await _update_plan(transaction, row, found, actor, now)
    changed |= await _update_password(transaction, row, found, keys, actor, now)
    changed |= await _update_identifiers(transaction, row, found, now)
    routes = row.routes or None
    addresses = StaticAddresses(
        ipv4=row.address, routes=routes, delegated_prefix=row.delegated_prefix
    )
    changed |= await set_addresses(transaction, found, addresses, actor=actor, now=now)
    for kind in set(row.holds) - found.open_holds.keys():
        await services.place_hold(
            transaction, found, kind=kind, reason=HELD_BEFORE, actor=actor, now=now
        )
        changed = True
    return changed


async def _update_subscriber(
    transaction: AsyncConnection,
    owner: Tenant,
    row: ImportRow,
    found: ServiceRecord,
    actor: str,
    now: datetime,
) -> bool:
    query = select(subscriber).where(subscriber.c.subscriber_id == found.subscriber_id)
    there = (await transaction.execute(query)).one()._mapping
    values = _differing(row, there, SUBSCRIBER_COLUMNS)
    if not values:
        return False
    await transaction.execute(
        update(subscriber).where(subscriber.c.subscriber_id == found.subscriber_id).values(**values)
    )
    if "anchor_day" in values:
        await _set_anchor(transaction, owner, found, values["anchor_day"], actor, now)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="subscriber.set",
        object_kind="subscriber",
        object_name=found.subscriber,
        before={name: there[name] for name in values},
        after=values,
        now=now,
    )
    return True


async def _set_anchor(
    transaction: AsyncConnection,
    owner: Tenant,
    found: ServiceRecord,
    anchor_day: int,
    actor: str,
    now: datetime,
) -> None:
    """Every living service of the subscriber begins its cycles on that day from now on."""
    living = await transaction.scalars(
        select(service.c.service_id).where(
            service.c.subscriber_id == found.subscriber_id,
            service.c.state != ServiceState.TERMINATED,
        )
    )
    event = services.event_row(found, "set_anchor", owner.today(now), actor, now)
    event["anchor_day"] = anchor_day
    await transaction.execute(
        insert(service_event), [event | {"service_id": each} for each in living]
    )


async def _update_columns(
    transaction: AsyncConnection, row: ImportRow, found: ServiceRecord, actor: str, now: datetime
) -> bool:
    there = {"invoiced_until": found.invoiced_until, "onu_serial": found.onu_serial}
    values = _differing(row, there, tuple(there))
    if not values:
        return False
    await transaction.execute(
        update(service).where(service.c.service_id == found.service_id).values(**values)
    )
    if serial := values.get("onu_serial"):
        await onu_linking.sell(transaction, found, serial, linked_by="serial")
    await audit.record(
        transaction,
        tenant_id=found.tenant_id,
        actor=actor,
        action="service.set",
        object_kind="service",
        object_name=found.login,
        before=there,
        after=values,
        now=now,
    )
    return True


async def _update_plan(
    transaction: AsyncConnection, row: ImportRow, found: ServiceRecord, actor: str, now: datetime
) -> bool:
    price = found.custom_price if row.custom_price is None else row.custom_price
    if row.plan == found.plan and price == found.custom_price:
        return False
    await services.change_plan(
        transaction, found, plan=row.plan, custom_price=price, actor=actor, now=now
    )
    return True


async def _update_password(
    transaction: AsyncConnection,
    row: ImportRow,
    found: ServiceRecord,
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> bool:
    if row.password is None:
        return False
    there = await transaction.execute(
        select(service_identifier.c.password_form, service_identifier.c.password_sealed).where(
            service_identifier.c.service_id == found.service_id,
            service_identifier.c.kind == IdentifierKind.LOGIN,
            service_identifier.c.removed_at.is_(None),
        )
    )
    stored = there.one_or_none()
    if stored is not None and is_password(row.password, stored, keys):
        return False
    await services.set_password(
        transaction, found, password=row.password, keys=keys, actor=actor, now=now
    )
    return True


async def _update_identifiers(
    transaction: AsyncConnection, row: ImportRow, found: ServiceRecord, now: datetime
) -> bool:
    changed = False
    for kind, value in (
        (IdentifierKind.MAC, row.mac),
        (IdentifierKind.CIRCUIT_ID, row.circuit_id),
    ):
        if value is None:
            continue
        own = (
            service_identifier.c.service_id == found.service_id,
            service_identifier.c.kind == kind,
            service_identifier.c.removed_at.is_(None),
        )
        query = select(service_identifier.c.value).where(*own)
        if value in (await transaction.scalars(query)).all():
            continue
        await transaction.execute(update(service_identifier).where(*own).values(removed_at=now))
        await transaction.execute(
            insert(service_identifier).values(
                tenant_id=found.tenant_id,
                subscriber_id=found.subscriber_id,
                service_id=found.service_id,
                kind=kind,
                value=value,
            )
        )
        changed = True
    return changed


def _differing(row: ImportRow, there: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: given
        for name in columns
        if (given := getattr(row, name)) is not None and given != there[name]
    }
