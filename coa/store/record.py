"""What coa writes about sessions: what it is about to do, what came of it, what it halted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.ext.asyncio import AsyncConnection

from coa.guard import AUTOMATIC, PauseKind
from coa.live import Live, Router
from coa.outcome import Outcome, next_try_at, state_after
from coa.proof import Kind, Proof
from coa.reconcile import Act, Mark
from coa.states import State, follows
from database.tables.enforcement import (
    disconnect_request,
    enforcement_action,
    enforcement_pause,
    session_enforcement,
)
from database.tables.sessions import session_live
from policy.session import ChangeOfAuthorization, Disconnect

__all__ = ["Intent", "Result", "forget_ended", "halt", "intents", "marks", "postpone", "results"]

FORGET_AFTER = timedelta(hours=1)
FORGET_SESSIONS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """An action that is written down and about to be sent; `tries` for this decision so far."""

    enforcement_action_id: int
    live: Live
    act: Act
    tries: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of an intent; `sendings` datagrams went out."""

    intent: Intent
    outcome: Outcome
    error_cause: int | None
    sendings: int


async def marks(
    transaction: AsyncConnection, marked: Sequence[tuple[Live, Mark]], now: datetime
) -> None:
    """Write states that nothing was sent for."""
    rows = [
        _held_row(live, mark.state, now)
        for live, mark in marked
        if follows(None if live.held is None else live.held.state, mark.state)
    ]
    if rows:
        await transaction.execute(_UPSERT_STATE, rows)


async def intents(
    transaction: AsyncConnection, acts: Sequence[tuple[Live, Act]], now: datetime
) -> list[Intent]:
    """Write down what is about to be sent, so that a crash neither forgets nor doubles it."""
    if not acts:
        return []
    held_rows, action_rows, tries = [], [], []
    for live, act in acts:
        tries.append(_tries(live, act))
        at = next_try_at(Outcome.PENDING, act.action, tries[-1], now)
        held_rows.append(
            _held_row(live, State.PENDING, now)
            | {"tries": tries[-1], "tried_version": _version(act), "next_try_at": at}
        )
        action_rows.append(_action_row(live, act, now))
    await transaction.execute(_UPSERT_TRY, held_rows)
    statement = insert(enforcement_action).returning(
        enforcement_action.c.enforcement_action_id, sort_by_parameter_order=True
    )
    numbers = (await transaction.scalars(statement, action_rows)).all()
    return [
        Intent(enforcement_action_id=number, live=live, act=act, tries=count)
        for number, (live, act), count in zip(numbers, acts, tries, strict=True)
    ]


async def results(transaction: AsyncConnection, came: Sequence[Result], now: datetime) -> None:
    """Write what came of actions: their own rows, the sessions', and the requests' if any were."""
    if not came:
        return
    await transaction.execute(_OUTCOME, [_outcome_row(each, now) for each in came])
    changed = [_result_row(each, now) | confirmed for each in came if (confirmed := _said(each))]
    others = [_result_row(each, now) for each in came if not _said(each)]
    if changed:
        await transaction.execute(_UPSERT_SAID, changed)
    if others:
        await transaction.execute(_UPSERT_STATE, others)
    answered = [
        {"key": each.intent.live.session_key, "now": now, "said": each.outcome.value}
        for each in came
        if each.intent.live.request is not None
    ]
    if answered:
        await transaction.execute(_ANSWER_REQUEST, answered)


async def postpone(
    transaction: AsyncConnection, session_keys: Collection[UUID], until: datetime | None
) -> None:
    """Look at held sessions again at `until`, None: when something new is decided."""
    if not session_keys:
        return
    await transaction.execute(_POSTPONE, {"session_keys": list(session_keys), "until": until})


async def halt(transaction: AsyncConnection, router: Router, reason: str, now: datetime) -> bool:
    """Stop automatic actions on a NAS until a person resumes them; False if it was stopped."""
    statement = (
        postgresql.insert(enforcement_pause)
        .values(
            tenant_id=router.nas.tenant_id,
            nas_id=router.nas.nas_id,
            kind=PauseKind.GUARD.value,
            author=AUTOMATIC,
            reason=reason,
            paused_at=now,
        )
        .on_conflict_do_nothing()
        .returning(enforcement_pause.c.enforcement_pause_id)
    )
    return (await transaction.scalar(statement)) is not None


async def forget_ended(transaction: AsyncConnection, now: datetime) -> None:
    """Drop what is held about sessions that accounting closed a while ago."""
    live = exists().where(session_live.c.session_key == session_enforcement.c.session_key)
    ended = (
        select(session_enforcement.c.session_key)
        .where(session_enforcement.c.changed_at < now - FORGET_AFTER, ~live)
        .limit(FORGET_SESSIONS)
    )
    await transaction.execute(
        delete(session_enforcement).where(session_enforcement.c.session_key.in_(ended))
    )


def _outcome_row(came: Result, now: datetime) -> dict[str, Any]:
    proof = None
    if came.outcome is Outcome.GONE and isinstance(came.intent.act.action, Disconnect):
        proof = Proof.NAK_503
    return {
        "number": came.intent.enforcement_action_id,
        "outcome": came.outcome.value,
        "error_cause": came.error_cause,
        "tries": came.sendings,
        "proven_at": now if proof is Proof.NAK_503 else None,
        "proof": None if proof is None else proof.value,
    }


def _result_row(came: Result, now: datetime) -> dict[str, Any]:
    again_at = next_try_at(came.outcome, came.intent.act.action, came.intent.tries, now)
    held = _held_row(came.intent.live, state_after(came.outcome), now)
    return held | {"next_try_at": again_at}


def _said(came: Result) -> dict[str, Any]:
    """What the session is held to have since the NAS acknowledged a change; else empty."""
    act = came.intent.act
    change = isinstance(act.action, ChangeOfAuthorization)
    if not change or act.wanted is None or came.outcome is not Outcome.ACKNOWLEDGED:
        return {}
    return {
        "confirmed_version": act.wanted.version,
        "confirmed_access": act.wanted.access.value,
        "confirmed_down_kbps": act.wanted.rates.down_kbps,
        "confirmed_up_kbps": act.wanted.rates.up_kbps,
    }


def _version(act: Act) -> int | None:
    return None if act.wanted is None else act.wanted.version


def _tries(live: Live, act: Act) -> int:
    held = live.held
    same = held is not None and held.tried_version == _version(act)
    return (held.tries if same and held is not None else 0) + 1


def _held_row(live: Live, state: State, now: datetime) -> dict[str, Any]:
    return {
        "session_key": live.session_key,
        "tenant_id": live.tenant_id,
        "subscriber_id": live.subscriber_id,
        "state": state.value,
        "next_try_at": None,
        "changed_at": now,
    }


def _action_row(live: Live, act: Act, now: datetime) -> dict[str, Any]:
    kind = Kind.DISCONNECT if isinstance(act.action, Disconnect) else Kind.COA
    return {
        "tenant_id": live.tenant_id,
        "subscriber_id": live.subscriber_id,
        "service_id": live.service_id,
        "nas_id": live.nas_id,
        "session_key": live.session_key,
        "acct_session_id": live.session.acct_session_id,
        "login": live.session.login,
        "at": now,
        "kind": kind.value,
        "cause": act.action.cause.value,
        "version": _version(act),
        "outcome": Outcome.PENDING.value,
        "requested_by": act.requested_by,
    }


def _upsert(columns: Collection[str]) -> Any:
    statement = postgresql.insert(session_enforcement)
    written = {
        name: statement.excluded[name]
        for name in columns
        if name not in ("session_key", "subscriber_id")
    }
    return statement.on_conflict_do_update(
        index_elements=["session_key", "subscriber_id"], set_=written
    )


_STATE_COLUMNS = ("tenant_id", "state", "next_try_at", "changed_at")
_UPSERT_STATE = _upsert(_STATE_COLUMNS)
_UPSERT_TRY = _upsert((*_STATE_COLUMNS, "tries", "tried_version"))
_UPSERT_SAID = _upsert(
    (
        *_STATE_COLUMNS,
        "confirmed_version",
        "confirmed_access",
        "confirmed_down_kbps",
        "confirmed_up_kbps",
    )
)
_OUTCOME = (
    update(enforcement_action)
    .where(enforcement_action.c.enforcement_action_id == bindparam("number"))
    .values(
        {
            name: bindparam(name)
            for name in ("outcome", "error_cause", "tries", "proven_at", "proof")
        }
    )
)
_ANSWER_REQUEST = (
    update(disconnect_request)
    .where(
        disconnect_request.c.session_key == bindparam("key"),
        disconnect_request.c.done_at.is_(None),
    )
    .values(done_at=bindparam("now"), outcome=bindparam("said"))
)
_POSTPONE = (
    update(session_enforcement)
    .where(
        session_enforcement.c.session_key == any_(bindparam("session_keys", type_=ARRAY(UUID_TYPE)))
    )
    .values(next_try_at=bindparam("until"))
)
