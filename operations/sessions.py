"""Sessions: the live ones, the closed ones, and asking for one to be disconnected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.enforcement import disconnect_request, session_enforcement
from database.tables.network import nas
from database.tables.sessions import session, session_live
from database.tables.subscribers import plan, plan_version, service, subscriber
from isp.errors import ExitCode, Refused
from isp.identifiers import normalise_login
from operations import audit, tenants

__all__ = ["FILTERS", "ClosedSession", "LiveSession", "closed", "disconnect", "live"]

SESSIONS_MAX: Final = 1000
"""What one call lists at most; the views `report.sessions_live` and `report.sessions` have all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSession:
    """A session that has not ended. Octets are the subscriber's; `enforcement` is coa's state."""

    login: str
    subscriber: str | None
    nas: str
    acct_session_id: str
    framed_ip: str | None
    framed_ipv6_prefix: str | None
    delegated_ipv6_prefix: str | None
    calling_station_id: str | None
    started_at: datetime
    last_seen_at: datetime
    octets_down: int
    octets_up: int
    granted_access: str | None
    granted_down_kbps: int | None
    granted_up_kbps: int | None
    enforcement: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedSession:
    """A session that has ended. `terminate_cause` is RADIUS's number (RFC 2866 §5.10)."""

    login: str
    subscriber: str | None
    nas: str
    acct_session_id: str
    framed_ip: str | None
    calling_station_id: str | None
    started_at: datetime
    ended_at: datetime
    octets_down: int
    octets_up: int
    terminate_cause: int | None
    closed_by: str


FILTERS: Final[Mapping[str, ColumnElement[Any]]] = {
    "login": session_live.c.login,
    "nas": nas.c.name,
    "plan": plan.c.name,
    "area": subscriber.c.area,
    "subscriber": subscriber.c.reference,
    "acct_session_id": session_live.c.acct_session_id,
    "calling_station_id": session_live.c.calling_station_id,
}
"""What sessions can be chosen by."""


async def live(
    transaction: AsyncConnection, wanted: Mapping[str, str], limit: int = SESSIONS_MAX
) -> tuple[LiveSession, ...]:
    """The live sessions that every one of `wanted` (keys of FILTERS) selects, the oldest first.

    Raises Refused where there is no such NAS: none of its sessions would look like none at all.
    """
    await _known_nas(transaction, wanted.get("nas"))
    rows = await transaction.execute(_live(wanted).order_by(session_live.c.started_at).limit(limit))
    return tuple(
        LiveSession(
            login=row.login,
            subscriber=row.reference,
            nas=row.nas_name or str(row.nas_id),
            acct_session_id=row.acct_session_id,
            framed_ip=_text(row.framed_ip),
            framed_ipv6_prefix=_text(row.framed_ipv6_prefix),
            delegated_ipv6_prefix=_text(row.delegated_ipv6_prefix),
            calling_station_id=row.calling_station_id,
            started_at=row.started_at,
            last_seen_at=row.last_seen_at,
            octets_down=row.octets_down,
            octets_up=row.octets_up,
            granted_access=row.granted_access,
            granted_down_kbps=row.granted_down_kbps,
            granted_up_kbps=row.granted_up_kbps,
            enforcement=row.enforcement,
        )
        for row in rows
    )


async def closed(
    transaction: AsyncConnection, login: str | None, nas_name: str | None
) -> tuple[ClosedSession, ...]:
    """The last closed sessions of a service (by any login it had), a NAS, or all; newest first."""
    await _known_nas(transaction, nas_name)
    query = (
        select(session, nas.c.name.label("nas_name"), subscriber.c.reference)
        .outerjoin(nas, nas.c.nas_id == session.c.nas_id)
        .outerjoin(subscriber, subscriber.c.subscriber_id == session.c.subscriber_id)
        .order_by(session.c.started_at.desc())
        .limit(SESSIONS_MAX)
    )
    if login is not None:
        named = select(service.c.service_id).where(service.c.name == normalise_login(login))
        query = query.where(session.c.service_id.in_(named))
    if nas_name is not None:
        query = query.where(nas.c.name == nas_name)
    return tuple(
        ClosedSession(
            login=row.login,
            subscriber=row.reference,
            nas=row.nas_name or str(row.nas_id),
            acct_session_id=row.acct_session_id,
            framed_ip=_text(row.framed_ip),
            calling_station_id=row.calling_station_id,
            started_at=row.started_at,
            ended_at=row.ended_at,
            octets_down=row.octets_down,
            octets_up=row.octets_up,
            terminate_cause=row.terminate_cause,
            closed_by=row.closed_by,
        )
        for row in await transaction.execute(query)
    )


async def _known_nas(transaction: AsyncConnection, name: str | None) -> None:
    """One that was removed has a history still."""
    query = select(nas.c.nas_id).where(nas.c.name == name).limit(1)
    if name is not None and await transaction.scalar(query) is None:
        raise Refused(f"there is no NAS {name}", remedy="see `turnpike nas list`")


async def disconnect(
    transaction: AsyncConnection,
    wanted: Mapping[str, str],
    *,
    reason: str | None = None,
    actor: str,
    now: datetime,
) -> int:
    """Ask `coa` to disconnect the live sessions that `wanted` selects; returns how many.

    It tries each until the NAS confirms; `turnpike why LOGIN` shows how it went.
    """
    if not wanted:
        remedy = "name a login, a NAS or a filter"
        raise Refused("every session would go", remedy=remedy, exit_code=ExitCode.USAGE)
    owner = await tenants.current(transaction)
    rows = (await transaction.execute(_live(wanted))).all()
    if not rows:
        chosen = ", ".join(f"{key} {value}" for key, value in wanted.items())
        raise Refused(f"no live session has {chosen}", remedy="see `turnpike session list`")
    await transaction.execute(
        insert(disconnect_request),
        [
            {
                "tenant_id": owner.tenant_id,
                "session_key": row.session_key,
                "subscriber_id": row.subscriber_id,
                "requested_by": actor,
                "cause": reason or "operator",
                "requested_at": now,
            }
            for row in rows
        ],
    )
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="session.disconnect",
        object_kind="session",
        object_name=", ".join(wanted.values()),
        after={"sessions": len(rows)} | dict(wanted),
        reason=reason,
        now=now,
    )
    return len(rows)


def _live(wanted: Mapping[str, str]) -> Select[Any]:
    enforced = (session_enforcement.c.session_key == session_live.c.session_key) & (
        session_enforcement.c.subscriber_id == session_live.c.subscriber_id
    )
    return (
        select(
            session_live,
            nas.c.name.label("nas_name"),
            subscriber.c.reference,
            session_enforcement.c.state.label("enforcement"),
        )
        .outerjoin(nas, nas.c.nas_id == session_live.c.nas_id)
        .outerjoin(subscriber, subscriber.c.subscriber_id == session_live.c.subscriber_id)
        .outerjoin(service, service.c.service_id == session_live.c.service_id)
        .outerjoin(plan_version, plan_version.c.plan_version_id == service.c.plan_version_id)
        .outerjoin(plan, plan.c.plan_id == plan_version.c.plan_id)
        .outerjoin(session_enforcement, enforced)
        .where(session_live.c.ended_at.is_(None), *_chosen(wanted))
    )


def _chosen(wanted: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for key, value in wanted.items():
        if key not in FILTERS:
            problem = f"sessions cannot be filtered by {key}"
            remedy = f"known are {', '.join(FILTERS)}"
            raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)
        if key == "login":
            named = select(service.c.service_id).where(service.c.name == normalise_login(value))
            conditions.append(session_live.c.service_id.in_(named))
        else:
            conditions.append(FILTERS[key] == value)
    return conditions


def _text(address: object) -> str | None:
    return None if address is None else str(address)
