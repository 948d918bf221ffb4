"""How routers are shaped: observed first, enabled after a difference was shown; their topology."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device
from database.tables.network import nas
from database.tables.running import daemon_status
from database.tables.shaping import shaped_router, shaper_request
from isp.access_network import DeviceKind
from isp.errors import Refused
from isp.shaping import Method
from operations import audit, devices
from operations.devices import DeviceRecord
from operations.status import SILENT_SECONDS

__all__ = [
    "RouterSettings",
    "ask",
    "enable",
    "observe",
    "outcome_of",
    "router",
    "shaped_device",
    "shaper_runs",
    "shown",
]

SHOWN_FOR: Final = timedelta(hours=1)
"""How long a difference that was shown counts as seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RouterSettings:
    """How a router is shaped. `nas` None: its sites' networks, or all where it has none."""

    device: DeviceRecord
    mode: str
    method: str
    nas: str | None
    interface: str | None
    writes_per_second: int


async def router(transaction: AsyncConnection, name: str) -> RouterSettings | None:
    """How the router of that name is shaped; None: not at all yet. Raises Refused."""
    found = await shaped_device(transaction, name)
    row = (
        await transaction.execute(
            select(shaped_router, nas.c.name.label("nas_name"))
            .outerjoin(nas, nas.c.nas_id == shaped_router.c.nas_id)
            .where(
                shaped_router.c.device_id == found.device_id,
                shaped_router.c.removed_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return RouterSettings(
        device=found,
        mode=row.mode,
        method=row.method,
        nas=row.nas_name,
        interface=row.interface,
        writes_per_second=row.writes_per_second,
    )


async def observe(
    transaction: AsyncConnection,
    *,
    name: str,
    changes: Mapping[str, Any] | None = None,
    actor: str,
    now: datetime,
) -> RouterSettings:
    """Compare, and write nothing. `changes`: method, nas (a name), interface, writes_per_second;
    a router that was not shaped before is taken for the NAS with its address.
    """
    found = await shaped_device(transaction, name)
    before = await router(transaction, name)
    values = dict(changes or {})
    if "nas" in values:
        values["nas_id"] = await _nas_id(transaction, values.pop("nas"))
    elif before is None:
        values["nas_id"] = await transaction.scalar(_nas_at(found.host))
    if values.get("method", Method.SIMPLE) not in tuple(Method):
        remedy = f"choose one of {', '.join(Method)}"
        raise Refused(f"there is no method {values['method']}", remedy=remedy)
    values |= {"mode": "observe", "changed_at": now, "changed_by": actor, "removed_at": None}
    await transaction.execute(
        postgresql.insert(shaped_router)
        .values(device_id=found.device_id, tenant_id=found.tenant_id, **values)
        .on_conflict_do_update(index_elements=["device_id"], set_=values)
    )
    after = await _settled(transaction, name)
    await _audit(transaction, "shaper.observe", found, actor, now, before=before, after=after)
    return after


async def enable(
    transaction: AsyncConnection, *, name: str, actor: str, now: datetime
) -> RouterSettings:
    """Write to the router from now on. Raises Refused unless its difference was shown lately."""
    before = await router(transaction, name)
    shown = exists().where(
        shaper_request.c.device_id == device.c.device_id,
        shaper_request.c.kind == "diff",
        shaper_request.c.done_at > now - SHOWN_FOR,
        shaper_request.c.outcome["problem"].is_(None),
    )
    found = await shaped_device(transaction, name)
    seen = await transaction.scalar(select(shown).where(device.c.device_id == found.device_id))
    if before is None or not seen:
        remedy = f"look at `turnpike shaper diff {name}` first"
        raise Refused(f"nobody has seen what would be written to {name}", remedy=remedy)
    values = {"mode": "enabled", "changed_at": now, "changed_by": actor}
    await transaction.execute(
        update(shaped_router).where(shaped_router.c.device_id == found.device_id).values(**values)
    )
    after = await _settled(transaction, name)
    await _audit(transaction, "shaper.enable", found, actor, now, before=before, after=after)
    return after


async def ask(
    transaction: AsyncConnection,
    *,
    name: str,
    kind: str,
    confirmed_removals: int | None = None,
    actor: str,
    now: datetime,
) -> int:
    """Ask the shaper for a difference (`diff`) or to write it now (`apply`); the request's key."""
    settings = await _settled(transaction, name)
    if kind == "apply" and settings.mode != "enabled":
        remedy = f"enable it with `turnpike shaper enable {name}`"
        raise Refused(f"{name} is only observed", remedy=remedy)
    asked = await transaction.execute(
        insert(shaper_request)
        .values(
            tenant_id=settings.device.tenant_id,
            device_id=settings.device.device_id,
            kind=kind,
            confirmed_removals=confirmed_removals,
            requested_by=actor,
            requested_at=now,
        )
        .returning(shaper_request.c.shaper_request_id)
    )
    return int(asked.scalar_one())


async def outcome_of(transaction: AsyncConnection, request: int) -> Mapping[str, Any] | None:
    """What came of a request; None while nothing has."""
    own = shaper_request.c.shaper_request_id == request
    return await transaction.scalar(select(shaper_request.c.outcome).where(own))


async def shown(
    transaction: AsyncConnection, request: int, outcome: Mapping[str, Any], now: datetime
) -> None:
    """Write the outcome of a request that was carried out without the shaper."""
    own = shaper_request.c.shaper_request_id == request
    await transaction.execute(
        update(shaper_request).where(own).values(done_at=now, outcome=outcome)
    )


async def shaper_runs(transaction: AsyncConnection, now: datetime) -> bool:
    """Whether a shaper is there to be asked."""
    heard = exists().where(
        daemon_status.c.daemon == "shaper",
        daemon_status.c.state != "stopped",
        daemon_status.c.seen_at > now - timedelta(seconds=SILENT_SECONDS),
    )
    return bool(await transaction.scalar(select(heard)))


async def shaped_device(transaction: AsyncConnection, name: str) -> DeviceRecord:
    """The router of that name. Raises Refused."""
    found = await devices.named(transaction, name)
    if found.kind is not DeviceKind.ROUTER:
        remedy = "add routers with `turnpike device add router`"
        raise Refused(f"{name} is no router", remedy=remedy)
    return found


async def _settled(transaction: AsyncConnection, name: str) -> RouterSettings:
    settings = await router(transaction, name)
    if settings is None:
        remedy = f"begin with `turnpike shaper observe {name}`"
        raise Refused(f"{name} is not shaped", remedy=remedy)
    return settings


async def _nas_id(transaction: AsyncConnection, name: str | None) -> int | None:
    if name is None:
        return None
    own = (nas.c.name == name, nas.c.removed_at.is_(None))
    found = await transaction.scalar(select(nas.c.nas_id).where(*own))
    if found is None:
        raise Refused(f"there is no NAS {name}", remedy="see `turnpike nas list`")
    return int(found)


def _nas_at(host: str) -> Any:
    return select(nas.c.nas_id).where(func.host(nas.c.address) == host, nas.c.removed_at.is_(None))


async def _audit(
    transaction: AsyncConnection,
    action: str,
    found: DeviceRecord,
    actor: str,
    now: datetime,
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    await audit.record(
        transaction,
        tenant_id=found.tenant_id,
        actor=actor,
        action=action,
        object_kind="router",
        object_name=found.name,
        before=_columns(before),
        after=_columns(after),
        now=now,
    )


def _columns(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, RouterSettings):
        return {name: getattr(value, name) for name in ("mode", "method", "nas")}
    return value
