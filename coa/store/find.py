"""Which live sessions may need something done: names only, whoever acts loads them afresh."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, any_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from coa.guard import PauseKind
from coa.states import State
from database.tables.enforcement import (
    disconnect_request,
    enforcement_pause,
    session_enforcement,
)
from database.tables.network import nas
from database.tables.sessions import session_live
from database.tables.subscribers import entitlement
from isp.access import Access

__all__ = ["Candidate", "asked_for", "due", "halted", "of_services", "page"]

PAGE_SESSIONS = 1000
"""What one look takes at most; the rest comes with the next."""

UNKNOWN_SERVICE = 0
NOT_LIVE = "not live"


class Candidate(NamedTuple):
    """A session that is worth a look, and the NAS that carries it."""

    nas_id: int
    session_key: UUID


async def of_services(
    transaction: AsyncConnection, service_ids: Collection[int]
) -> Sequence[Candidate]:
    """The live sessions of services whose entitlement changed."""
    rows = await transaction.execute(_OF_SERVICES, {"service_ids": list(service_ids)})
    return [Candidate(row.nas_id, row.session_key) for row in rows]


async def due(transaction: AsyncConnection, now: datetime) -> Sequence[Candidate]:
    """The live sessions whose next try has come."""
    rows = await transaction.execute(_DUE, {"now": now})
    return [Candidate(row.nas_id, row.session_key) for row in rows]


async def page(transaction: AsyncConnection, after: UUID | None) -> Sequence[Candidate]:
    """The next sessions, in the order of their keys, that may not be as wanted; empty at the end.

    The net under everything else: what is as it was decided last is left out, what only looks
    different is found again each time and decided not to be.
    """
    query = _PAGE if after is None else _PAGE.where(session_live.c.session_key > after)
    rows = await transaction.execute(query)
    return [Candidate(row.nas_id, row.session_key) for row in rows]


async def asked_for(transaction: AsyncConnection, now: datetime) -> Sequence[Candidate]:
    """The sessions that a person wants disconnected.

    Requests for sessions that have ended, or whose NAS was removed, are closed.
    """
    rows = await transaction.execute(_ASKED_FOR)
    found, ended = [], []
    for row in rows:
        if row.nas_id is None:
            ended.append(row.disconnect_request_id)
        else:
            found.append(Candidate(row.nas_id, row.session_key))
    if ended:
        await transaction.execute(
            update(disconnect_request)
            .where(disconnect_request.c.disconnect_request_id.in_(ended))
            .values(done_at=now, outcome=NOT_LIVE)
        )
    return found


async def halted(transaction: AsyncConnection) -> set[int]:
    """The NASes that the guard halted and nobody has resumed."""
    open_halts = select(enforcement_pause.c.nas_id).where(
        enforcement_pause.c.kind == PauseKind.GUARD.value,
        enforcement_pause.c.resumed_at.is_(None),
    )
    return set((await transaction.scalars(open_halts)).all())


def _live() -> Select[tuple[int, UUID]]:
    return select(session_live.c.nas_id, session_live.c.session_key).where(
        session_live.c.ended_at.is_(None)
    )


def _page() -> Select[tuple[int, UUID]]:
    held = session_enforcement
    said_version = func.greatest(session_live.c.granted_version, held.c.confirmed_version)
    same_session = (held.c.session_key == session_live.c.session_key) & (
        held.c.subscriber_id == session_live.c.subscriber_id
    )
    resting = [State.ADOPTED.value, State.CONFIRMED.value, State.ACKNOWLEDGED.value]
    return (
        _live()
        .join_from(session_live, entitlement, entitlement.c.service_id == session_live.c.service_id)
        .outerjoin(held, same_session)
        .where(
            session_live.c.service_id != UNKNOWN_SERVICE,
            or_(
                entitlement.c.access != Access.FULL.value,
                said_version != entitlement.c.version,
                session_live.c.granted_version.is_(None) & held.c.session_key.is_(None),
                held.c.state.not_in(resting),
            ),
        )
        .order_by(session_live.c.session_key)
        .limit(PAGE_SESSIONS)
    )


_OF_SERVICES = _live().where(
    session_live.c.service_id == any_(bindparam("service_ids", type_=ARRAY(BIGINT)))
)
_DUE = (
    _live()
    .join_from(
        session_enforcement,
        session_live,
        (session_live.c.session_key == session_enforcement.c.session_key)
        & (session_live.c.subscriber_id == session_enforcement.c.subscriber_id),
    )
    .where(session_enforcement.c.next_try_at <= bindparam("now"))
    .order_by(session_enforcement.c.next_try_at)
    .limit(PAGE_SESSIONS)
)
_PAGE = _page()
_ASKED_FOR = (
    select(
        disconnect_request.c.disconnect_request_id,
        disconnect_request.c.session_key,
        nas.c.nas_id,
    )
    .select_from(
        disconnect_request.outerjoin(
            session_live,
            and_(
                session_live.c.session_key == disconnect_request.c.session_key,
                session_live.c.ended_at.is_(None),
            ),
        ).outerjoin(nas, and_(nas.c.nas_id == session_live.c.nas_id, nas.c.removed_at.is_(None)))
    )
    .where(disconnect_request.c.done_at.is_(None))
    .order_by(disconnect_request.c.requested_at)
    .limit(PAGE_SESSIONS)
)
