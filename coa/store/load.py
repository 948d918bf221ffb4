"""Sessions as they stand now, with all that is decided from."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.ext.asyncio import AsyncConnection

from coa.guard import AUTOMATIC, WINDOW, Pause, PauseKind, Pressure
from coa.live import Held, Live, Request
from coa.proof import Kind
from coa.states import State
from database.tables.billing import block_batch, block_batch_service
from database.tables.enforcement import (
    disconnect_request,
    enforcement_action,
    enforcement_pause,
    session_enforcement,
)
from database.tables.sessions import session_live
from database.tables.subscribers import entitlement
from isp.access import Access, Entitlement, Rates
from operations.entitlement_facts import entitlement_of
from policy import class_cookie
from policy.session import Confirmed, Session

__all__ = ["Loaded", "load", "pressure"]

APPROVED_FOR = timedelta(days=2)
"""An executed block batch excuses Disconnects this long: its sessions may be slow to reach.

An approved one that waits for an open hour does so whatever its age.
"""

UNATTENDED = "billingd"
"""Who decided a block batch that no person looked at; such a one excuses nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """Sessions that have not ended, and the stops that no one has lifted."""

    lives: tuple[Live, ...]
    pauses: tuple[Pause, ...]


async def load(
    transaction: AsyncConnection, session_keys: Collection[UUID], now: datetime
) -> Loaded:
    """Those of the sessions that have not ended, as they stand now."""
    rows = (await transaction.execute(_LIVE, {"session_keys": list(session_keys)})).all()
    services = {"service_ids": [row.service_id for row in rows], "since": now - APPROVED_FOR}
    wanted = {
        row.service_id: entitlement_of(row)
        for row in await transaction.execute(_ENTITLEMENTS, services)
    }
    approved = set((await transaction.scalars(_APPROVED, services)).all())
    requests = {
        row.session_key: Request(
            disconnect_request_id=row.disconnect_request_id, requested_by=row.requested_by
        )
        for row in await transaction.execute(_REQUESTS, {"session_keys": list(session_keys)})
    }
    lives = tuple(
        _live(
            row,
            wanted.get(row.service_id),
            requests.get(row.session_key),
            approved=row.service_id in approved,
        )
        for row in rows
    )
    pauses = tuple(_pause(row) for row in await transaction.execute(_PAUSES))
    return Loaded(lives=lives, pauses=pauses)


async def pressure(transaction: AsyncConnection, nas_id: int, now: datetime) -> Pressure:
    """How many of the NAS's sessions were automatically disconnected lately.

    Counted from when the guard was last lifted there, so that lifting it means something.
    """
    row = (await transaction.execute(_PRESSURE, {"nas_id": nas_id, "since": now - WINDOW})).one()
    return Pressure(sessions=row.sessions, disconnected=row.disconnected)


def _live(row: Any, wanted: Entitlement | None, request: Request | None, *, approved: bool) -> Live:
    cookie = None if row.class_cookie is None else class_cookie.decode(bytes(row.class_cookie))
    return Live(
        session_key=row.session_key,
        tenant_id=row.tenant_id,
        subscriber_id=row.subscriber_id,
        service_id=row.service_id,
        nas_id=row.nas_id,
        session=Session(
            acct_session_id=row.acct_session_id,
            login=row.login,
            acct_multi_session_id=row.acct_multi_session_id,
            framed_ip=None if row.framed_ip is None else str(row.framed_ip),
            calling_station_id=row.calling_station_id,
            nas_port_id=row.nas_port_id,
        ),
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
        cookie=cookie,
        wanted=wanted,
        held=None if row.state is None else _held(row),
        request=request,
        approved=approved,
    )


def _held(row: Any) -> Held:
    confirmed = None
    if row.confirmed_access is not None:
        confirmed = Confirmed(
            access=Access(row.confirmed_access),
            rates=Rates(down_kbps=row.confirmed_down_kbps, up_kbps=row.confirmed_up_kbps),
        )
    return Held(
        state=State(row.state),
        tries=row.tries,
        tried_version=row.tried_version,
        next_try_at=row.next_try_at,
        changed_at=row.changed_at,
        confirmed_version=row.confirmed_version,
        confirmed=confirmed,
    )


def _pause(row: Any) -> Pause:
    return Pause(
        kind=PauseKind(row.kind), tenant_id=row.tenant_id, nas_id=row.nas_id, until=row.until
    )


_KEYS = bindparam("session_keys", type_=ARRAY(UUID_TYPE))
_SERVICES = bindparam("service_ids", type_=ARRAY(BIGINT))

_LIVE = (
    select(
        session_live.c.session_key,
        session_live.c.tenant_id,
        session_live.c.subscriber_id,
        session_live.c.service_id,
        session_live.c.nas_id,
        session_live.c.acct_session_id,
        session_live.c.acct_multi_session_id,
        session_live.c.login,
        session_live.c.framed_ip,
        session_live.c.calling_station_id,
        session_live.c.nas_port_id,
        session_live.c.started_at,
        session_live.c.last_seen_at,
        session_live.c.class_cookie,
        *(
            column
            for column in session_enforcement.c
            if column.name not in ("session_key", "tenant_id", "subscriber_id")
        ),
    )
    .join_from(
        session_live,
        session_enforcement,
        (session_enforcement.c.session_key == session_live.c.session_key)
        & (session_enforcement.c.subscriber_id == session_live.c.subscriber_id),
        isouter=True,
    )
    .where(session_live.c.session_key == any_(_KEYS), session_live.c.ended_at.is_(None))
)
_ENTITLEMENTS = select(entitlement).where(entitlement.c.service_id == any_(_SERVICES))
_REQUESTS = (
    select(disconnect_request)
    .where(disconnect_request.c.session_key == any_(_KEYS), disconnect_request.c.done_at.is_(None))
    .order_by(disconnect_request.c.disconnect_request_id.desc())
)
_APPROVED = (
    select(block_batch_service.c.service_id)
    .join(block_batch, block_batch.c.block_batch_id == block_batch_service.c.block_batch_id)
    .where(
        block_batch_service.c.service_id == any_(_SERVICES),
        block_batch.c.decided_by != UNATTENDED,
        (block_batch.c.state == "approved")
        | ((block_batch.c.state == "executed") & (block_batch.c.decided_at > bindparam("since"))),
    )
)
_PAUSES = select(enforcement_pause).where(enforcement_pause.c.resumed_at.is_(None))
_LIFTED = (
    select(func.max(enforcement_pause.c.resumed_at))
    .where(
        enforcement_pause.c.nas_id == bindparam("nas_id"),
        enforcement_pause.c.kind == PauseKind.GUARD.value,
    )
    .scalar_subquery()
)
_PRESSURE = select(
    select(func.count())
    .select_from(session_live)
    .where(session_live.c.nas_id == bindparam("nas_id"), session_live.c.ended_at.is_(None))
    .scalar_subquery()
    .label("sessions"),
    select(func.count(enforcement_action.c.session_key.distinct()))
    .where(
        enforcement_action.c.nas_id == bindparam("nas_id"),
        # Spelled out in the statement, as the partial index has them.
        enforcement_action.c.kind == literal(Kind.DISCONNECT.value, literal_execute=True),
        enforcement_action.c.requested_by == literal(AUTOMATIC, literal_execute=True),
        enforcement_action.c.at > func.greatest(bindparam("since"), _LIFTED),
    )
    .scalar_subquery()
    .label("disconnected"),
)
