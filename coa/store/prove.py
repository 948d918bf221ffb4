"""Acknowledged actions, and what accounting says of their sessions by now."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from coa.outcome import Outcome
from coa.proof import PROVABLE_FOR, Kind, Proof, Unproven
from coa.states import State
from database.tables.enforcement import enforcement_action, session_enforcement
from database.tables.sessions import session_live
from policy.session import Cause

__all__ = ["proven", "unproven"]

ACTIONS_AT_ONCE = 1000


async def unproven(transaction: AsyncConnection, now: datetime) -> list[Unproven]:
    """What was acknowledged lately and has no second witness yet, the oldest first."""
    rows = await transaction.execute(_UNPROVEN, {"since": now - PROVABLE_FOR})
    return [
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
        )
        for row in rows
    ]


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
        if witness is Proof.CLASS:
            await transaction.execute(
                update(session_enforcement)
                .where(
                    session_enforcement.c.session_key == action.session_key,
                    session_enforcement.c.state == State.ACKNOWLEDGED.value,
                )
                .values(state=State.CONFIRMED.value, changed_at=now)
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
        enforcement_action.c.at > bindparam("since"),
    )
    .order_by(enforcement_action.c.at)
    .limit(ACTIONS_AT_ONCE)
)
