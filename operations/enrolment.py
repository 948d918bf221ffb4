"""New services, one or thousands, written set by set: the one way a service comes into being."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.money import rounded
from chassis.sealing import KeyRing
from database.tables.network import lease
from database.tables.subscribers import (
    hold,
    service,
    service_event,
    service_identifier,
    subscriber,
)
from database.tables.tenancy import audit as audit_table
from isp.identifiers import IdentifierKind
from isp.service import HoldKind
from operations import entitlement, onu_linking
from operations.audit import audit_row
from operations.enrolment_known import Known
from operations.import_rows import ImportRow
from operations.money.opening import post_opening_balances
from operations.passwords import password_columns
from operations.tenants import Tenant

__all__ = ["enrol"]

LEASE_KIND = {"address": "ipv4", "delegated_prefix": "delegated_prefix", "routes": "route"}

HELD_BEFORE = "held in the earlier system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolled:
    """A row with the keys it was given."""

    row: ImportRow
    subscriber_id: int
    service_id: int
    started_on: date


async def enrol(
    transaction: AsyncConnection,
    owner: Tenant,
    rows: Sequence[ImportRow],
    known: Known,
    *,
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> tuple[int, ...]:
    """Write rows that `check_rows` found nothing wrong with; returns the services' keys."""
    if not rows:
        return ()
    today = owner.today(now)
    subscriber_ids = await _subscribers(transaction, owner, rows, known, now)
    enrolled = await _services(transaction, owner, rows, known, subscriber_ids, today, now)
    await _take_over(transaction, enrolled, known, now)
    for table, rows_of in (
        (service_identifier, _identifier_rows(owner, enrolled, keys)),
        (service_event, _event_rows(owner, enrolled, known, today, actor, now)),
        (hold, _hold_rows(owner, enrolled, actor, now)),
        (lease, _lease_rows(owner, enrolled, now)),
        (audit_table, _audit_rows(owner, enrolled, actor, now)),
    ):
        await _insert(transaction, table, list(rows_of))
    opening = {
        each.subscriber_id: rounded(each.row.opening_balance, owner.currency)
        for each in enrolled
        if each.row.opening_balance and each.row.subscriber not in known.subscribers
    }
    held = {each.subscriber_id for each in enrolled if HoldKind.UNPAID in each.row.holds}
    await post_opening_balances(
        transaction, owner, opening, held=held, on=today, actor=actor, now=now
    )
    ids = tuple(each.service_id for each in enrolled)
    await onu_linking.link_sold(transaction, service_ids=ids)
    await entitlement.rewrite(transaction, ids, now)
    return ids


async def _subscribers(
    transaction: AsyncConnection,
    owner: Tenant,
    rows: Sequence[ImportRow],
    known: Known,
    now: datetime,
) -> dict[str, int]:
    """The key of every row's subscriber; those that are new are written."""
    keys = {name: each.subscriber_id for name, each in known.subscribers.items()}
    fresh: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.subscriber in keys:
            continue
        blank = {"name": None, "email": None, "phone": None, "area": None, "anchor_day": None}
        columns = fresh.setdefault(row.subscriber, blank | {"billing": True})
        columns |= {name: value for name in columns if (value := getattr(row, name)) is not None}
    if fresh:
        made = await transaction.scalars(
            insert(subscriber).returning(subscriber.c.subscriber_id, sort_by_parameter_order=True),
            [
                columns
                | {
                    "tenant_id": owner.tenant_id,
                    "reference": reference,
                    "currency": owner.currency,
                    "created_at": now,
                }
                for reference, columns in fresh.items()
            ],
        )
        keys |= dict(zip(fresh, made.all(), strict=True))
    return keys


async def _services(
    transaction: AsyncConnection,
    owner: Tenant,
    rows: Sequence[ImportRow],
    known: Known,
    subscriber_ids: Mapping[str, int],
    today: date,
    now: datetime,
) -> list[Enrolled]:
    made = await transaction.scalars(
        insert(service).returning(service.c.service_id, sort_by_parameter_order=True),
        [
            {
                "tenant_id": owner.tenant_id,
                "subscriber_id": subscriber_ids[row.subscriber],
                "name": row.login,
                "plan_version_id": known.plans[row.plan],
                "custom_price": row.custom_price,
                "started_on": row.start or today,
                "invoiced_until": row.invoiced_until,
                "onu_serial": row.onu_serial,
                "created_at": now,
            }
            for row in rows
        ],
    )
    return [
        Enrolled(
            row=row,
            subscriber_id=subscriber_ids[row.subscriber],
            service_id=service_id,
            started_on=row.start or today,
        )
        for row, service_id in zip(rows, made.all(), strict=True)
    ]


async def _take_over(
    transaction: AsyncConnection, enrolled: Sequence[Enrolled], known: Known, now: datetime
) -> None:
    """Take the identifiers that terminated services left behind."""
    left = [key for each in enrolled for key in _identifiers(each.row) if key in known.identifiers]
    if left:
        named = tuple_(service_identifier.c.kind, service_identifier.c.value)
        await transaction.execute(
            update(service_identifier)
            .where(named.in_(left), service_identifier.c.removed_at.is_(None))
            .values(removed_at=now)
        )


def _identifiers(row: ImportRow) -> Iterator[tuple[IdentifierKind, str]]:
    yield IdentifierKind.LOGIN, row.login
    if row.mac:
        yield IdentifierKind.MAC, row.mac
    if row.circuit_id:
        yield IdentifierKind.CIRCUIT_ID, row.circuit_id


Rows = Iterator[dict[str, Any]]


def _keys(owner: Tenant, each: Enrolled) -> dict[str, Any]:
    return {
        "tenant_id": owner.tenant_id,
        "subscriber_id": each.subscriber_id,
        "service_id": each.service_id,
    }


def _identifier_rows(owner: Tenant, enrolled: Sequence[Enrolled], keys: KeyRing) -> Rows:
    for each in enrolled:
        for kind, value in _identifiers(each.row):
            password = each.row.password if kind is IdentifierKind.LOGIN else None
            identifier = {"kind": kind, "value": value}
            yield _keys(owner, each) | identifier | password_columns(password, keys)


def _event_rows(
    owner: Tenant,
    enrolled: Sequence[Enrolled],
    known: Known,
    today: date,
    actor: str,
    now: datetime,
) -> Rows:
    for each in enrolled:
        common = _keys(owner, each) | {"recorded_at": now, "actor": actor}
        yield common | {
            "kind": "subscribe",
            "on_date": each.started_on,
            "plan_version_id": known.plans[each.row.plan],
            "custom_price": each.row.custom_price,
            "anchor_day": each.row.anchor_day,
            "detail": None,
        }
        for kind in each.row.holds:
            yield common | {
                "kind": "suspend",
                "on_date": today,
                "plan_version_id": None,
                "custom_price": None,
                "anchor_day": None,
                "detail": kind,
            }


def _hold_rows(owner: Tenant, enrolled: Sequence[Enrolled], actor: str, now: datetime) -> Rows:
    for each in enrolled:
        for kind in each.row.holds:
            yield _keys(owner, each) | {
                "kind": kind,
                "author": actor,
                "reason": HELD_BEFORE,
                "placed_at": now,
            }


def _lease_rows(owner: Tenant, enrolled: Sequence[Enrolled], now: datetime) -> Rows:
    for each in enrolled:
        for column, network in each.row.networks():
            yield _keys(owner, each) | {
                "kind": LEASE_KIND[column],
                "address": network,
                "leased_at": now,
            }


def _audit_rows(owner: Tenant, enrolled: Sequence[Enrolled], actor: str, now: datetime) -> Rows:
    for each in enrolled:
        yield audit_row(
            tenant_id=owner.tenant_id,
            actor=actor,
            action="service.add",
            object_kind="service",
            object_name=each.row.login,
            after={"subscriber": each.row.subscriber, "plan": each.row.plan},
            now=now,
        )


async def _insert(transaction: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        await transaction.execute(insert(table), rows)
