"""What the shaper writes: states, what it is about to do, what came of it, answers to people."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, any_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.shaping import (
    queue_state,
    shaper_request,
    shaper_run,
    shaper_status,
    throughput_sample,
)
from shaper.backend import Applied, Kind, Throughput
from shaper.state import Drift, State
from shaper.status import Status
from shaper.store.load import Owned
from shaper.target import Target

__all__ = [
    "answer",
    "begin_run",
    "end_run",
    "forget_runs",
    "forget_target",
    "known_states",
    "sample",
    "write_states",
    "write_status",
]


RUNS_KEPT = timedelta(days=90)


async def known_states(transaction: AsyncConnection, target: Target) -> dict[str, State]:
    """What stands recorded of a target."""
    rows = await transaction.execute(select(queue_state).where(*_its(queue_state, target)))
    return {
        row.subject: State(
            wanted=row.wanted,
            actual=row.actual,
            drift=None if row.drift is None else Drift(row.drift),
        )
        for row in rows
    }


async def write_states(
    transaction: AsyncConnection,
    target: Target,
    before: Mapping[str, State],
    now_known: Mapping[str, State],
    owners: Mapping[str, Owned],
    now: datetime,
) -> None:
    """Write the states that have changed, forget those that are no more."""
    changed = [
        _state_row(target, subject, state, owners.get(subject), now)
        for subject, state in sorted(now_known.items())
        if before.get(subject) != state
    ]
    if changed:
        subjects = [row["subject"] for row in changed]
        await _forget(transaction, target, subjects)
        await transaction.execute(insert(queue_state), changed)
    gone = sorted(before.keys() - now_known.keys())
    if gone:
        await _forget(transaction, target, gone)


async def write_status(
    transaction: AsyncConnection, target: Target, status: Status, now: datetime
) -> None:
    """Write how a target stands."""
    values: dict[str, Any] = {
        "state": status.state.value,
        "problem": status.problem,
        "warnings": list(status.warnings),
        "wanted": status.wanted,
        "actual": status.actual,
        "drifted": status.drifted,
        "foreign_rows": status.foreign_rows,
        "held": status.held,
        "changed_at": now,
    }
    if status.checked_at is not None:
        values |= {
            "version": status.version,
            "cpu_percent": status.cpu_percent,
            "checked_at": status.checked_at,
        }
    statement = postgresql.insert(shaper_status).values(**_identity(target), **values)
    await transaction.execute(
        statement.on_conflict_do_update(index_elements=["device_id", "cpe_id"], set_=values)
    )


async def begin_run(
    transaction: AsyncConnection,
    target: Target,
    counts: Mapping[Kind, int],
    requested_by: str,
    cpu_percent: float | None,
    now: datetime,
) -> int:
    """Write down what is about to be written to a target; returns the run's number."""
    statement = insert(shaper_run).values(
        **_identity(target),
        requested_by=requested_by,
        started_at=now,
        wanted_adds=counts.get(Kind.ADD, 0),
        wanted_sets=counts.get(Kind.SET, 0) + counts.get(Kind.MOVE, 0),
        wanted_removes=counts.get(Kind.REMOVE, 0),
        cpu_percent_before=cpu_percent,
    )
    return int(await transaction.scalar(statement.returning(shaper_run.c.shaper_run_id)))


async def end_run(
    transaction: AsyncConnection,
    run_id: int,
    applied: Applied,
    seconds: float,
    cpu_percent: float | None,
    now: datetime,
) -> None:
    """Write what came of it."""
    await transaction.execute(
        update(shaper_run)
        .where(shaper_run.c.shaper_run_id == run_id)
        .values(
            finished_at=now,
            done=applied.done,
            failed=applied.failed,
            seconds=seconds,
            cpu_percent_after=cpu_percent,
            problem="; ".join(applied.problems) or None,
        )
    )


async def answer(
    transaction: AsyncConnection, request_ids: Sequence[int], outcome: Any, now: datetime
) -> None:
    """Tell people what came of what they asked for."""
    await transaction.execute(
        update(shaper_request)
        .where(shaper_request.c.shaper_request_id.in_(request_ids))
        .values(done_at=now, outcome=outcome)
    )


async def sample(
    transaction: AsyncConnection, target: Target, flows: Sequence[Throughput], now: datetime
) -> None:
    """Add what flows through a router's parent queues."""
    rows = [
        {
            "sampled_on": now.date(),
            "tenant_id": target.tenant_id,
            "device_id": target.device_id,
            "queue": flow.queue,
            "sampled_at": now,
            "down_bps": flow.down_bps,
            "up_bps": flow.up_bps,
        }
        for flow in flows
    ]
    if rows:
        await transaction.execute(insert(throughput_sample), rows)


async def forget_runs(transaction: AsyncConnection, now: datetime) -> None:
    """Drop what was written long ago."""
    await transaction.execute(delete(shaper_run).where(shaper_run.c.started_at < now - RUNS_KEPT))


async def forget_target(transaction: AsyncConnection, target: Target) -> None:
    """Drop what is known of a target that is shaped no more."""
    for table in (queue_state, shaper_status):
        await transaction.execute(delete(table).where(*_its(table, target)))


async def _forget(transaction: AsyncConnection, target: Target, subjects: Sequence[str]) -> None:
    await transaction.execute(
        delete(queue_state).where(
            *_its(queue_state, target),
            queue_state.c.subject == any_(bindparam("subjects", type_=ARRAY(Text))),
        ),
        {"subjects": subjects},
    )


def _its(table: Any, target: Target) -> tuple[Any, ...]:
    return table.c.device_id == target.device_id, table.c.cpe_id == target.cpe_id


def _identity(target: Target) -> dict[str, int]:
    return {
        "tenant_id": target.tenant_id,
        "device_id": target.device_id,
        "cpe_id": target.cpe_id,
    }


def _state_row(
    target: Target, subject: str, state: State, owner: Owned | None, now: datetime
) -> dict[str, Any]:
    return _identity(target) | {
        "subject": subject,
        "subscriber_id": 0 if owner is None else owner.subscriber_id,
        "service_id": 0 if owner is None else owner.service_id,
        "login": None if owner is None else owner.login,
        "wanted": state.wanted,
        "actual": state.actual,
        "drift": state.drift,
        "changed_at": now,
    }
