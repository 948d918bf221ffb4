"""How the suite is: who runs, what waits, what is stopped, what people changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device, device_status
from database.tables.billing import billing_progress, billing_run, block_batch
from database.tables.enforcement import disconnect_request
from database.tables.network import unknown_nas
from database.tables.outages import alarm, notice, outage
from database.tables.running import daemon_status, job
from database.tables.sessions import session_live
from database.tables.subscribers import entitlement_due, service
from isp.outage import NoticeState, OutageState
from operations.audit import Change, changes
from operations.enforcement import Stop, stops
from operations.unknown_nas import STILL_UNKNOWN

__all__ = ["SILENT_SECONDS", "Daemon", "Run", "Status", "status"]

SILENT_SECONDS: Final = 30
"""Daemons report every few seconds; one that has not for so long is shown as silent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Daemon:
    """A daemon of a node. `detail` is what it reports of itself: lags, spool, queues."""

    daemon: str
    node: str
    version: str
    state: str
    started_at: datetime
    seen_at: datetime
    detail: Mapping[str, Any]

    def state_at(self, now: datetime) -> str:
        """Its own word, or `silent` where it has not been heard of."""
        silent = (now - self.seen_at).total_seconds() > SILENT_SECONDS
        return "silent" if silent and self.state != "stopped" else self.state


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The billing run that ended last: through which date, by whom, what it made and did."""

    through: date
    author: str
    finished_at: datetime
    counts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """Everything at once. `counts` are the tenant's services, sessions, devices and
    what is wrong with them, `waiting` its queues."""

    daemons: tuple[Daemon, ...]
    counts: Mapping[str, int]
    waiting: Mapping[str, int]
    billed_through: str | None
    last_run: Run | None
    pauses: tuple[Stop, ...]
    changes: tuple[Change, ...]


COUNTS: Final[Mapping[str, Select[Any]]] = {
    "services": select(func.count()).where(service.c.state != "terminated"),
    "sessions": select(func.count()).where(session_live.c.ended_at.is_(None)),
    "unknown NASes": select(func.count()).select_from(unknown_nas).where(STILL_UNKNOWN),
    "devices": select(func.count()).where(device.c.removed_at.is_(None)),
    "unreachable devices": select(func.count()).where(
        device.c.device_id == device_status.c.device_id,
        device.c.removed_at.is_(None),
        device_status.c.state.in_(("unreachable", "refused")),
    ),
    "outages": select(func.count()).where(
        outage.c.state.in_((OutageState.OPEN, OutageState.RESTORING))
    ),
    "alarms": select(func.count()).where(alarm.c.cleared_at.is_(None)),
}

WAITING: Final[Mapping[str, Select[Any]]] = {
    "entitlements to decide": select(func.count()).select_from(entitlement_due),
    "disconnects asked for": select(func.count()).where(disconnect_request.c.done_at.is_(None)),
    "jobs": select(func.count()).where(job.c.state == "waiting"),
    "jobs that need a person": select(func.count()).where(job.c.state == "manual"),
    "messages about outages awaiting approval": select(func.count()).where(
        notice.c.state == NoticeState.AWAITING
    ),
    "block batches awaiting approval": select(func.count()).where(
        block_batch.c.state == "awaiting"
    ),
}


async def status(transaction: AsyncConnection, since: datetime, now: datetime) -> Status:
    """How everything is, with what was changed `since`."""
    daemons = await transaction.execute(
        select(daemon_status).order_by(daemon_status.c.daemon, daemon_status.c.node)
    )
    billed = await transaction.scalar(select(billing_progress.c.billed_through))
    return Status(
        daemons=tuple(_daemon(row) for row in daemons),
        counts={name: await transaction.scalar(query) or 0 for name, query in COUNTS.items()},
        waiting={name: await transaction.scalar(query) or 0 for name, query in WAITING.items()},
        billed_through=None if billed is None else billed.isoformat(),
        last_run=await _last_run(transaction),
        pauses=await stops(transaction, now),
        changes=await changes(transaction, since),
    )


async def _last_run(transaction: AsyncConnection) -> Run | None:
    rows = await transaction.execute(
        select(billing_run)
        .where(billing_run.c.finished_at.is_not(None))
        .order_by(billing_run.c.billing_run_id.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    return Run(
        through=row.through,
        author=row.author,
        finished_at=row.finished_at,
        counts=row.counts,
    )


def _daemon(row: Row[Any]) -> Daemon:
    return Daemon(
        daemon=row.daemon,
        node=row.node,
        version=row.version,
        state=row.state,
        started_at=row.started_at,
        seen_at=row.seen_at,
        detail=row.detail,
    )
