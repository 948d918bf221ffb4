"""Subscribers' own devices: what they are, how we log in, and the subnet shaped there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing
from database.tables.shaping import cpe, shaper_status
from database.tables.subscribers import service
from devices.credentials import Credentials, LoginAccess, seal_credentials
from isp.errors import ExitCode, Refused
from operations import audit, service_record

__all__ = ["API_PORT", "TYPES", "Cpe", "add", "change", "listed", "named", "remove"]

API_PORT: Final = 8728
TYPES: Final = ("mikrotik", "ubiquiti", "tp-link", "huawei", "generic")
"""Only on `mikrotik` queues can be set; the others are kept in the registry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cpe:
    """One device. `target` is the subnet behind it that gets the plan's rates there; `state` is the
    shaper's word, None where it has not looked.
    """

    title: str
    type: str
    login: str
    host: str
    port: int
    has_credentials: bool
    target: str | None
    state: str | None
    problem: str | None
    checked_at: datetime | None


async def add(
    transaction: AsyncConnection,
    *,
    title: str,
    login: str,
    type: str,  # noqa: A002 - the column's name
    host: str,
    port: int = API_PORT,
    access: LoginAccess | None = None,
    target: str | None = None,
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> Cpe:
    """A subscriber's device, linked to the service with that login. Raises Refused."""
    owner = await service_record.by_login(transaction, login)
    if (await transaction.execute(_own(title))).one_or_none() is not None:
        remedy = f"change it with `turnpike cpe set {title}`, or choose another title"
        raise Refused(f"there is a CPE {title} already", remedy=remedy)
    columns = {"type": _type(type), "host": host, "port": port, "target": _subnet(target)}
    await transaction.execute(
        insert(cpe).values(
            tenant_id=owner.tenant_id,
            subscriber_id=owner.subscriber_id,
            service_id=owner.service_id,
            title=title,
            credentials_sealed=_sealed(access, keys),
            created_at=now,
            **columns,
        )
    )
    after = columns | {"service": owner.login}
    await audit.note(transaction, owner.tenant_id, "cpe.add", title, actor, now, after=after)
    return await named(transaction, title)


async def change(
    transaction: AsyncConnection,
    *,
    title: str,
    changes: Mapping[str, Any],
    access: LoginAccess | None = None,
    keys: KeyRing,
    actor: str,
    now: datetime,
) -> Cpe:
    """Change title, type, host, port, target (None: nothing is shaped there), or the login."""
    before = await named(transaction, title)
    values = dict(changes)
    if "type" in values:
        values["type"] = _type(values["type"])
    if "target" in values:
        values["target"] = _subnet(values["target"])
    told = dict(values)
    if access is not None:
        values["credentials_sealed"] = _sealed(access, keys)
        told["credentials"] = "changed"
    row = (await transaction.execute(_own(title))).one()
    await transaction.execute(update(cpe).where(cpe.c.cpe_id == row.cpe_id).values(**values))
    was = {name: getattr(before, name) for name in changes}
    await audit.note(
        transaction, row.tenant_id, "cpe.set", title, actor, now, before=was, after=told
    )
    return await named(transaction, values.get("title", title))


async def remove(transaction: AsyncConnection, *, title: str, actor: str, now: datetime) -> None:
    """Forget a device; what was set on it stays there. Raises Refused."""
    await named(transaction, title)
    row = (await transaction.execute(_own(title))).one()
    gone = {"removed_at": now, "credentials_sealed": None}
    await transaction.execute(update(cpe).where(cpe.c.cpe_id == row.cpe_id).values(**gone))
    await audit.note(transaction, row.tenant_id, "cpe.remove", title, actor, now)


async def named(transaction: AsyncConnection, title: str) -> Cpe:
    """The device of that title. Raises Refused."""
    row = (await transaction.execute(_query().where(cpe.c.title == title))).one_or_none()
    if row is None:
        raise Refused(f"there is no CPE {title}", remedy="see `turnpike cpe list`")
    return _cpe(row)


async def listed(transaction: AsyncConnection, login: str | None = None) -> tuple[Cpe, ...]:
    """All devices by title, or those of one service."""
    query = _query()
    if login is not None:
        owner = await service_record.by_login(transaction, login)
        query = query.where(cpe.c.service_id == owner.service_id)
    return tuple(_cpe(row) for row in await transaction.execute(query))


def _query() -> Any:
    return (
        select(
            cpe,
            service.c.name.label("login"),
            shaper_status.c.state,
            shaper_status.c.problem,
            shaper_status.c.checked_at,
        )
        .join(service, service.c.service_id == cpe.c.service_id)
        .outerjoin(shaper_status, shaper_status.c.cpe_id == cpe.c.cpe_id)
        .where(cpe.c.removed_at.is_(None))
        .order_by(cpe.c.title)
    )


def _own(title: str) -> Any:
    return select(cpe).where(cpe.c.title == title, cpe.c.removed_at.is_(None))


def _cpe(row: Row[Any]) -> Cpe:
    return Cpe(
        title=row.title,
        type=row.type,
        login=row.login,
        host=row.host,
        port=row.port,
        has_credentials=row.credentials_sealed is not None,
        target=None if row.target is None else str(row.target),
        state=row.state,
        problem=row.problem,
        checked_at=row.checked_at,
    )


def _sealed(access: LoginAccess | None, keys: KeyRing) -> bytes | None:
    return None if access is None else seal_credentials(Credentials(login=access), keys)


def _type(given: str) -> str:
    if given not in TYPES:
        remedy = f"choose one of {', '.join(TYPES)}"
        raise Refused(f"{given} is no type of CPE", remedy=remedy, exit_code=ExitCode.USAGE)
    return given


def _subnet(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        remedy = "write it as 192.168.88.0/24"
        problem = f"{text!r} is not a subnet"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE) from None
