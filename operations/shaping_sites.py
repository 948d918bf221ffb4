"""The sites and links of a router: what is in their networks shares their capacity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.shaping import shaping_node
from isp.errors import ExitCode, Refused
from operations import audit
from operations.devices import DeviceRecord
from operations.shaping import shaped_device

__all__ = ["Site", "add", "listed", "remove"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A site or link of a router. Rates are towards and from the subscribers."""

    name: str
    parent: str | None
    networks: tuple[str, ...]
    down_kbps: int | None
    up_kbps: int | None


async def add(
    transaction: AsyncConnection,
    *,
    router_name: str,
    name: str,
    networks: Sequence[str] = (),
    down_kbps: int | None = None,
    up_kbps: int | None = None,
    parent: str | None = None,
    actor: str,
    now: datetime,
) -> None:
    """A site or link: what is in its networks (none: everything) shares its capacity."""
    found = await shaped_device(transaction, router_name)
    known = await _ids(transaction, found)
    if name in known:
        remedy = "remove it first, or choose another name"
        raise Refused(f"{router_name} has a site {name} already", remedy=remedy)
    if parent is not None and parent not in known:
        remedy = f"there are: {', '.join(known) or 'none yet'}"
        raise Refused(f"{router_name} has no site {parent}", remedy=remedy)
    columns = {"name": name, "down_kbps": down_kbps, "up_kbps": up_kbps}
    parsed = [_network(each) for each in networks]
    await transaction.execute(
        insert(shaping_node).values(
            tenant_id=found.tenant_id,
            device_id=found.device_id,
            networks=parsed,
            parent_node_id=None if parent is None else known[parent],
            **columns,
        )
    )
    after = columns | {"networks": parsed, "parent": parent}
    await _audit(transaction, "shaper.site_add", found, name, actor, now, after=after)


async def remove(
    transaction: AsyncConnection, *, router_name: str, name: str, actor: str, now: datetime
) -> None:
    """Take a site away; what hung under it hangs under its parent. Raises Refused."""
    found = await shaped_device(transaction, router_name)
    known = await _ids(transaction, found)
    if name not in known:
        remedy = f"there are: {', '.join(known) or 'none'}"
        raise Refused(f"{router_name} has no site {name}", remedy=remedy)
    own = shaping_node.c.shaping_node_id == known[name]
    above = await transaction.scalar(select(shaping_node.c.parent_node_id).where(own))
    below = shaping_node.c.parent_node_id == known[name]
    await transaction.execute(update(shaping_node).where(below).values(parent_node_id=above))
    await transaction.execute(update(shaping_node).where(own).values(removed_at=now))
    await _audit(transaction, "shaper.site_remove", found, name, actor, now)


async def listed(transaction: AsyncConnection, router_name: str) -> tuple[Site, ...]:
    """The sites of a router, by name."""
    found = await shaped_device(transaction, router_name)
    parent = shaping_node.alias("parent")
    rows = await transaction.execute(
        select(shaping_node, parent.c.name.label("parent"))
        .outerjoin(parent, parent.c.shaping_node_id == shaping_node.c.parent_node_id)
        .where(shaping_node.c.device_id == found.device_id, shaping_node.c.removed_at.is_(None))
        .order_by(shaping_node.c.name)
    )
    return tuple(_site(row) for row in rows)


def _site(row: Row[Any]) -> Site:
    return Site(
        name=row.name,
        parent=row.parent,
        networks=tuple(str(each) for each in row.networks),
        down_kbps=row.down_kbps,
        up_kbps=row.up_kbps,
    )


async def _ids(transaction: AsyncConnection, found: DeviceRecord) -> dict[str, int]:
    rows = await transaction.execute(
        select(shaping_node.c.name, shaping_node.c.shaping_node_id)
        .where(shaping_node.c.device_id == found.device_id, shaping_node.c.removed_at.is_(None))
        .order_by(shaping_node.c.name)
    )
    return {row.name: row.shaping_node_id for row in rows}


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        remedy = "write it as 10.20.0.0/16 or 2001:db8::/40"
        problem = f"{text!r} is not a network"
        raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE) from None


async def _audit(
    transaction: AsyncConnection,
    action: str,
    found: DeviceRecord,
    name: str,
    actor: str,
    now: datetime,
    after: Mapping[str, Any] | None = None,
) -> None:
    await audit.record(
        transaction,
        tenant_id=found.tenant_id,
        actor=actor,
        action=action,
        object_kind="router",
        object_name=f"{found.name} {name}",
        after=after,
        now=now,
    )
