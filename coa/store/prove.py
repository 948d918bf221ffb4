"""Acknowledged actions, and what accounting says of their sessions by now."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from coa.outcome import Outcome
from coa.proof import PROVABLE_FOR, Kind, Proof, Unproven
from coa.states import State
from database.tables.enforcement import enforcement_action, session_enforcement
from database.tables.sessions import session_live
from database.tables.shaping import queue_state, shaped_router, shaper_status
from isp.shaping import Method
from policy.session import Cause

__all__ = ["Place", "proven", "unproven"]

ACTIONS_AT_ONCE = 1000
"""One page. What nothing will ever prove stands in no other's way: the next page follows."""

Place = tuple[datetime, int]
"""Of an action in the order of `unproven`."""


async def unproven(
    transaction: AsyncConnection, now: datetime, after: Place | None
) -> tuple[list[Unproven], Place | None]:
    """A page of what was acknowledged lately and has no second witness yet, the oldest first; and
    after which place the next page is, None: it begins anew.
    """
    oldest = (now - PROVABLE_FOR, 0)
    at, action_id = max(after or oldest, oldest)
    page = {"at": at, "action_id": action_id, "limit": ACTIONS_AT_ONCE}
    rows = (await transaction.execute(_UNPROVEN, page)).all()
    found = [
        Unproven(
            enforcement_action_id=row.enforcement_action_id,
            session_key=row.session_key,
            kind=Kind(row.kind),
            cause=Cause(row.cause),
            version=row.version,
            at=row.at,
            ended=row.live_key is None or row.ended_at is not None,
            granted_version=row.granted_version,
            logged_in_at=row.logged_in_at,
            read_as_wanted_at=row.read_as_wanted_at,
        )
        for row in rows
    ]
    is_last = len(rows) < ACTIONS_AT_ONCE
    return found, None if is_last else (rows[-1].at, rows[-1].enforcement_action_id)


async def proven(
    transaction: AsyncConnection, proofs: Sequence[tuple[Unproven, Proof]], now: datetime
) -> None:
    """Write down what proved each action; a changed session that shows it is confirmed."""
    for action, witness in proofs:
        await transaction.execute(
            update(enforcement_action)
            .where(enforcement_action.c.enforcement_action_id == action.enforcement_action_id)
            .values(proven_at=now, proof=witness.value)
        )
        if witness in (Proof.CLASS, Proof.READING):
            await transaction.execute(
                update(session_enforcement)
                .where(
                    session_enforcement.c.session_key == action.session_key,
                    session_enforcement.c.state == State.ACKNOWLEDGED.value,
                )
                .values(state=State.CONFIRMED.value, changed_at=now)
            )


# Where RADIUS shapes a router, the shaper compares each login's queue with its entitlement. It has
# one queue for a login: of several sessions there it does not say whose it read.
_beside = session_live.alias("beside")
_READ_AS_WANTED_AT = (
    select(func.max(shaper_status.c.checked_at))
    .select_from(shaped_router)
    .join(queue_state, queue_state.c.device_id == shaped_router.c.device_id)
    .join(shaper_status, shaper_status.c.device_id == shaped_router.c.device_id)
    .where(
        shaped_router.c.nas_id == enforcement_action.c.nas_id,
        shaped_router.c.method == Method.RADIUS.value,
        shaped_router.c.removed_at.is_(None),
        queue_state.c.service_id == enforcement_action.c.service_id,
        queue_state.c.service_id != 0,
        queue_state.c.drift.is_(None),
        queue_state.c.actual.is_not(None),
        ~exists().where(
            _beside.c.service_id == enforcement_action.c.service_id,
            _beside.c.nas_id == enforcement_action.c.nas_id,
            _beside.c.session_key != enforcement_action.c.session_key,
            _beside.c.ended_at.is_(None),
        ),
    )
    .scalar_subquery()
)
_newer = session_live.alias("newer")
_UNPROVEN = (
    select(
        enforcement_action,
        session_live.c.session_key.label("live_key"),
        session_live.c.ended_at,
        session_live.c.granted_version,
        select(func.max(_newer.c.started_at))
        .where(
            _newer.c.service_id == enforcement_action.c.service_id,
            _newer.c.service_id != 0,
            _newer.c.session_key != enforcement_action.c.session_key,
            _newer.c.calling_station_id == session_live.c.calling_station_id,
        )
        .scalar_subquery()
        .label("logged_in_at"),
        _READ_AS_WANTED_AT.label("read_as_wanted_at"),
    )
    .join_from(
        enforcement_action,
        session_live,
        and_(
            session_live.c.session_key == enforcement_action.c.session_key,
            session_live.c.subscriber_id == enforcement_action.c.subscriber_id,
        ),
        isouter=True,
    )
    .where(
        # Spelled out in the statement, as the partial index has it.
        enforcement_action.c.outcome == literal(Outcome.ACKNOWLEDGED.value, literal_execute=True),
        enforcement_action.c.proven_at.is_(None),
        enforcement_action.c.proof.is_(None),
        tuple_(enforcement_action.c.at, enforcement_action.c.enforcement_action_id)
        > tuple_(bindparam("at"), bindparam("action_id")),
    )
    .order_by(enforcement_action.c.at, enforcement_action.c.enforcement_action_id)
    .limit(bindparam("limit"))
)
