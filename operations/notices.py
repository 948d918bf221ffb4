"""What subscribers are told of an outage: it waits until a person lets it go out, or holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.outages import notice
from isp.errors import Refused
from isp.outage import NoticeKind, NoticeState
from operations import audit, outages

__all__ = ["DECISIONS", "OUTAGE_JOB", "Notice", "announce", "decide", "of_outage"]

OUTAGE_JOB: Final = "outage.notice"
"""The job that tells one subscriber."""

DECISIONS: Final[Mapping[NoticeState, frozenset[NoticeState]]] = {
    NoticeState.AWAITING: frozenset({NoticeState.APPROVED, NoticeState.DECLINED}),
    NoticeState.APPROVED: frozenset({NoticeState.DECLINED}),
    NoticeState.DECLINED: frozenset({NoticeState.APPROVED}),
}
"""What a person may still make of a message; one that is sent or moot is past deciding."""

TOLD: Final = frozenset({NoticeState.APPROVED, NoticeState.SENT})
"""The first message went out, or goes out unless its outage ends before that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A message about an outage; `text` None: the usual words."""

    outage: int
    kind: NoticeKind
    state: NoticeState
    text: str | None
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    sent_at: datetime | None
    recipients: int


async def announce(
    transaction: AsyncConnection,
    tenant_id: int,
    outage_id: int,
    kind: NoticeKind,
    *,
    approved_by: str | None = None,
    now: datetime,
) -> None:
    """Make the one message of this kind about an outage; it waits for a person unless approved.

    Nobody hears of the end who did not hear of the beginning: a first message that still waits for
    a person then is dropped.
    """
    if kind is NoticeKind.RESTORED:
        first = (notice.c.outage_id == outage_id, notice.c.kind == NoticeKind.OUTAGE)
        waits = notice.c.state == NoticeState.AWAITING
        await transaction.execute(
            update(notice).where(*first, waits).values(state=NoticeState.DROPPED)
        )
        if await transaction.scalar(select(notice.c.state).where(*first)) not in TOLD:
            return
    decided = {"decided_by": approved_by, "decided_at": now} if approved_by is not None else {}
    state = NoticeState.APPROVED if decided else NoticeState.AWAITING
    own = {"tenant_id": tenant_id, "outage_id": outage_id, "kind": kind}
    await transaction.execute(
        insert(notice)
        .values(own | decided | {"state": state, "made_at": now})
        .on_conflict_do_nothing()
    )


async def of_outage(transaction: AsyncConnection, number: int) -> tuple[Notice, ...]:
    """The messages about that outage."""
    rows = await transaction.execute(
        select(notice).where(notice.c.outage_id == number).order_by(notice.c.made_at)
    )
    return tuple(_notice(row) for row in rows)


async def decide(
    transaction: AsyncConnection,
    *,
    number: int,
    kind: NoticeKind,
    decision: NoticeState,
    words: str | None = None,
    actor: str,
    now: datetime,
) -> Notice:
    """Let the message go out (approved), in `words` where they are given, or hold it (declined)."""
    await outages.numbered(transaction, number)
    own = (notice.c.outage_id == number, notice.c.kind == kind)
    row = (await transaction.execute(select(notice).where(*own).with_for_update())).one_or_none()
    if row is None:
        remedy = "it is made as soon as the outage, or the end of one that was told, is certain"
        raise Refused(f"outage {number} has no message of that kind ({kind})", remedy=remedy)
    state = NoticeState(row.state)
    if decision not in DECISIONS.get(state, ()):
        remedy = f"see `turnpike outage show {number}`"
        raise Refused(f"the message about outage {number} is {state} already", remedy=remedy)
    values: dict[str, Any] = {"state": decision, "decided_by": actor, "decided_at": now}
    if words is not None:
        values["text"] = words
    await transaction.execute(update(notice).where(*own).values(**values))
    await audit.record(
        transaction,
        tenant_id=row.tenant_id,
        actor=actor,
        action="outage.notice",
        object_kind="outage",
        object_name=str(number),
        before={"kind": kind, "state": state},
        after={"kind": kind, "state": decision, "text": words},
        now=now,
    )
    return next(each for each in await of_outage(transaction, number) if each.kind is kind)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        outage=row.outage_id,
        kind=NoticeKind(row.kind),
        state=NoticeState(row.state),
        text=row.text,
        made_at=row.made_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        sent_at=row.sent_at,
        recipients=row.recipients,
    )
