"""What the database knows that rows to be enrolled must agree with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Text, any_, bindparam, exists, select
from sqlalchemy.dialects.postgresql import ARRAY, CIDR
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.billing import invoice, invoice_line
from database.tables.network import lease
from database.tables.subscribers import (
    plan,
    plan_version,
    service,
    service_identifier,
    subscriber,
)
from isp.identifiers import IdentifierKind
from isp.service import ServiceState
from operations.import_rows import ImportRow

__all__ = ["Holder", "Known", "KnownSubscriber", "load_known"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """The service that has a login, an identifier or an address."""

    service_id: int
    subscriber: str
    login: str
    terminated: bool
    started_on: date
    invoiced_until: date | None
    invoiced: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSubscriber:
    """A subscriber as he is. `opening_balance` is what was carried over, None when nothing was."""

    subscriber_id: int
    columns: Mapping[str, Any]
    opening_balance: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Plans by name (newest version), holders by identifier, address and serial, subscribers."""

    currency: str
    plans: Mapping[str, int]
    identifiers: Mapping[tuple[IdentifierKind, str], Holder]
    addresses: Mapping[str, Holder]
    onu_serials: Mapping[str, Holder]
    subscribers: Mapping[str, KnownSubscriber]

    def living(self, login: str) -> Holder | None:
        """The service that has that login and is not terminated."""
        holder = self.identifiers.get((IdentifierKind.LOGIN, login))
        return None if holder is None or holder.terminated else holder


async def load_known(
    transaction: AsyncConnection, currency: str, rows: Sequence[ImportRow]
) -> Known:
    """Everything known that touches those rows, in one query a table."""
    values = [
        value for row in rows for value in (row.login, row.mac, row.circuit_id) if value is not None
    ]
    networks = [network for row in rows for _, network in row.networks()]
    serials = [row.onu_serial for row in rows if row.onu_serial]
    identifiers = await _identifiers(transaction, values)
    references = {row.subscriber for row in rows}
    references |= {holder.subscriber for holder in identifiers.values()}
    return Known(
        currency=currency,
        plans=await _plans(transaction),
        identifiers=identifiers,
        addresses=await _addresses(transaction, networks),
        onu_serials=await _onu_serials(transaction, serials),
        subscribers=await _subscribers(transaction, references),
    )


async def _plans(transaction: AsyncConnection) -> dict[str, int]:
    rows = await transaction.execute(
        select(plan.c.name, plan_version.c.plan_version_id)
        .join(plan_version, plan_version.c.plan_id == plan.c.plan_id)
        .where(plan.c.retired_at.is_(None))
        .order_by(plan.c.name, plan_version.c.version)
    )
    return dict(rows.all())


HOLDER = (
    service.c.service_id,
    subscriber.c.reference,
    service.c.name,
    service.c.state,
    service.c.started_on,
    service.c.invoiced_until,
    exists()
    .where(
        invoice_line.c.subscriber_id == service.c.subscriber_id,
        invoice_line.c.service_id == service.c.service_id,
    )
    .label("invoiced"),
)


def _holder(row: Any) -> Holder:
    return Holder(
        service_id=row.service_id,
        subscriber=row.reference,
        login=row.name,
        terminated=row.state == ServiceState.TERMINATED,
        started_on=row.started_on,
        invoiced_until=row.invoiced_until,
        invoiced=row.invoiced,
    )


async def _identifiers(
    transaction: AsyncConnection, values: Sequence[str]
) -> dict[tuple[IdentifierKind, str], Holder]:
    rows = await transaction.execute(
        select(service_identifier.c.kind, service_identifier.c.value, *HOLDER)
        .join(service, service.c.service_id == service_identifier.c.service_id)
        .join(subscriber, subscriber.c.subscriber_id == service.c.subscriber_id)
        .where(
            service_identifier.c.value == any_(bindparam("values", type_=ARRAY(Text))),
            service_identifier.c.removed_at.is_(None),
        ),
        {"values": values},
    )
    return {(IdentifierKind(row.kind), row.value): _holder(row) for row in rows}


async def _addresses(transaction: AsyncConnection, networks: Sequence[str]) -> dict[str, Holder]:
    rows = await transaction.execute(
        select(lease.c.address, *HOLDER)
        .join(service, service.c.service_id == lease.c.service_id)
        .join(subscriber, subscriber.c.subscriber_id == service.c.subscriber_id)
        .where(
            lease.c.address == any_(bindparam("networks", type_=ARRAY(CIDR))),
            lease.c.removed_at.is_(None),
        ),
        {"networks": networks},
    )
    return {str(row.address): _holder(row) for row in rows}


async def _onu_serials(transaction: AsyncConnection, serials: Sequence[str]) -> dict[str, Holder]:
    rows = await transaction.execute(
        select(service.c.onu_serial, *HOLDER)
        .join(subscriber, subscriber.c.subscriber_id == service.c.subscriber_id)
        .where(
            service.c.onu_serial == any_(bindparam("serials", type_=ARRAY(Text))),
            service.c.state != ServiceState.TERMINATED,
        ),
        {"serials": serials},
    )
    return {row.onu_serial: _holder(row) for row in rows}


async def _subscribers(
    transaction: AsyncConnection, references: Iterable[str]
) -> dict[str, KnownSubscriber]:
    opening = (
        select(invoice.c.total)
        .where(
            invoice.c.subscriber_id == subscriber.c.subscriber_id,
            invoice.c.kind == "opening_balance",
            invoice.c.state == "final",
        )
        .limit(1)
        .scalar_subquery()
    )
    rows = await transaction.execute(
        select(subscriber, opening.label("opening_balance")).where(
            subscriber.c.reference == any_(bindparam("references", type_=ARRAY(Text)))
        ),
        {"references": list(references)},
    )
    return {
        row.reference: KnownSubscriber(
            subscriber_id=row.subscriber_id,
            columns={
                "name": row.name,
                "email": row.email,
                "phone": row.phone,
                "area": row.area,
                "anchor_day": row.anchor_day,
                "billing": row.billing,
            },
            opening_balance=row.opening_balance,
        )
        for row in rows
    }
