"""Why a service is as it is: the decision with its reasons, and everything that led to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.enforcement import enforcement_action
from database.tables.network import lease, nas
from database.tables.sessions import auth_attempt
from database.tables.subscribers import entitlement, service_identifier
from isp.access import Entitlement
from operations import onus, outages, queues, service_record, sessions
from operations.accounts import Account, account_of
from operations.entitlement_facts import entitlement_of
from operations.onus import Onu
from operations.outages import Outage
from operations.queues import QueueSeen
from operations.service_record import ServiceRecord
from operations.sessions import LiveSession

__all__ = ["Action", "Attempt", "Why", "why"]

LAST_SHOWN: Final = 10
"""Attempts and actions: what happened before them rarely explains now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """Login attempts that were answered alike within ten minutes."""

    last_at: datetime
    count: int
    outcome: str
    reason: str
    nas: str
    calling_station_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What coa did to one of its sessions; `proven_at` is when that was seen to be so."""

    at: datetime
    kind: str
    cause: str
    outcome: str
    nas: str
    tries: int
    requested_by: str
    proven_at: datetime | None
    proof: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """The whole answer. `entitlement` None: nothing was decided yet; `onu` None: none is known.

    `outages` are those that the subscriber is in now.
    """

    service: ServiceRecord
    decided_at: datetime | None
    entitlement: Entitlement | None
    identifiers: tuple[str, ...]
    addresses: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    sessions: tuple[LiveSession, ...]
    actions: tuple[Action, ...]
    queues: tuple[QueueSeen, ...]
    account: Account
    onu: Onu | None
    outages: tuple[Outage, ...]


async def why(transaction: AsyncConnection, login: str) -> Why:
    """Everything that explains what the service of that login may do. Raises Refused."""
    found = await service_record.by_login(transaction, login)
    row = (
        await transaction.execute(
            select(entitlement).where(entitlement.c.service_id == found.service_id)
        )
    ).one_or_none()
    identifiers = await transaction.execute(
        select(service_identifier.c.kind, service_identifier.c.value)
        .where(
            service_identifier.c.service_id == found.service_id,
            service_identifier.c.removed_at.is_(None),
        )
        .order_by(service_identifier.c.service_identifier_id)
    )
    addresses = await transaction.execute(
        select(lease.c.kind, lease.c.address, lease.c.pool_id)
        .where(lease.c.service_id == found.service_id, lease.c.removed_at.is_(None))
        .order_by(lease.c.lease_id)
    )
    return Why(
        service=found,
        decided_at=None if row is None else row.decided_at,
        entitlement=None if row is None else entitlement_of(row),
        identifiers=tuple(f"{each.kind} {each.value}" for each in identifiers),
        addresses=tuple(_address(each) for each in addresses),
        attempts=await _attempts(transaction, found),
        sessions=await sessions.live(transaction, {"login": found.login}),
        actions=await _actions(transaction, found),
        queues=await queues.of_service(transaction, found.service_id),
        account=await account_of(transaction, found.subscriber),
        onu=await onus.of_service(transaction, found),
        outages=await outages.standing_of(transaction, found.subscriber),
    )


async def _attempts(transaction: AsyncConnection, found: ServiceRecord) -> tuple[Attempt, ...]:
    rows = await transaction.execute(
        select(auth_attempt, nas.c.name.label("nas_name"))
        .outerjoin(nas, nas.c.nas_id == auth_attempt.c.nas_id)
        .where(
            auth_attempt.c.tenant_id == found.tenant_id,
            or_(
                auth_attempt.c.login == found.login,
                auth_attempt.c.service_id == found.service_id,
            ),
        )
        .order_by(auth_attempt.c.last_at.desc())
        .limit(LAST_SHOWN)
    )
    return tuple(
        Attempt(
            last_at=row.last_at,
            count=row.count,
            outcome=row.outcome,
            reason=row.reason,
            nas=row.nas_name or str(row.nas_id),
            calling_station_id=row.calling_station_id,
        )
        for row in rows
    )


async def _actions(transaction: AsyncConnection, found: ServiceRecord) -> tuple[Action, ...]:
    rows = await transaction.execute(
        select(enforcement_action, nas.c.name.label("nas_name"))
        .outerjoin(nas, nas.c.nas_id == enforcement_action.c.nas_id)
        .where(enforcement_action.c.service_id == found.service_id)
        .order_by(enforcement_action.c.at.desc())
        .limit(LAST_SHOWN)
    )
    return tuple(
        Action(
            at=row.at,
            kind=row.kind,
            cause=row.cause,
            outcome=row.outcome,
            nas=row.nas_name or str(row.nas_id),
            tries=row.tries,
            requested_by=row.requested_by,
            proven_at=row.proven_at,
            proof=row.proof,
        )
        for row in rows
    )


def _address(row: Row[Any]) -> str:
    origin = "static" if row.pool_id is None else "from a pool"
    return f"{row.kind} {row.address} ({origin})"
