"""Address pools: IPv4 addresses, IPv6 prefixes of links, delegated prefixes; and their use."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from sqlalchemy import Row, and_, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.network import lease, pool
from database.tables.subscribers import plan_version, service
from isp.assignable import assignable
from isp.errors import Refused
from operations import audit, entitlement, tenants
from operations.names import checked_name

__all__ = ["Pool", "PoolKind", "add", "listed"]

LINK_PREFIX_LENGTH = 64
"""A link's prefix (RFC 4291 §2.5.4); anything shorter is delegated (RFC 9663, RFC 6177)."""

FORECAST_DAYS = 30
"""The growth of a month is neither a weekend's nor last year's."""

FORECAST_DAYS_MAX = 3650
"""A pool that lasts ten years is not running out."""


class PoolKind(StrEnum):
    """What a pool gives out."""

    IPV4 = "ipv4"
    IPV6_PREFIX = "ipv6_prefix"
    DELEGATED_PREFIX = "delegated_prefix"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """One network of a pool; several networks may share a name. `size` is in prefixes.

    `exhausted_on` is when it runs out if it goes on as in the last 30 days.
    """

    name: str
    kind: PoolKind
    network: IPv4Network | IPv6Network
    prefix_length: int
    size: int
    used: int = 0
    exhausted_on: date | None = None

    @property
    def free(self) -> int:
        """How many prefixes nobody has."""
        return self.size - self.used


async def add(
    transaction: AsyncConnection,
    *,
    name: str,
    network: str,
    prefix_length: int | None = None,
    actor: str,
    now: datetime,
) -> Pool:
    """A new network for the pool of that name.

    `prefix_length` is what each service gets of an IPv6 network: 64 (also where None) is the prefix
    of its link, any other is delegated to it.
    """
    owner = await tenants.current(transaction)
    made = _pool(checked_name("pool", name), _parsed(network), prefix_length)
    for other in await listed(transaction, now):
        if other.network.version == made.network.version and other.network.overlaps(made.network):
            problem = f"{made.network} overlaps {other.network} of pool {other.name}"
            raise Refused(problem, remedy="each address belongs to one pool")
    await transaction.execute(
        insert(pool).values(
            tenant_id=owner.tenant_id,
            name=name,
            kind=made.kind,
            network=str(made.network),
            prefix_length=made.prefix_length,
            created_at=now,
        )
    )
    served = select(plan_version.c.plan_version_id).where(plan_version.c.pool_name == name)
    await entitlement.ask(
        transaction, service.c.plan_version_id.in_(served), cause=f"pool {name}", now=now
    )
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="pool.add",
        object_kind="pool",
        object_name=name,
        after={"network": made.network, "kind": made.kind, "prefix_length": made.prefix_length},
        now=now,
    )
    return made


async def listed(transaction: AsyncConnection, now: datetime) -> tuple[Pool, ...]:
    """Every network of every pool, with its use and its forecast."""
    current = and_(lease.c.pool_id == pool.c.pool_id, lease.c.removed_at.is_(None))
    recent = lease.c.leased_at > now - timedelta(days=FORECAST_DAYS)
    rows = await transaction.execute(
        select(
            pool,
            func.count(lease.c.lease_id).label("used"),
            func.count(lease.c.lease_id).filter(recent).label("grown"),
        )
        .outerjoin(lease, current)
        .where(pool.c.removed_at.is_(None))
        .group_by(pool.c.pool_id)
        .order_by(pool.c.name, pool.c.pool_id)
    )
    return tuple(_listed(row, now) for row in rows)


def _listed(row: Row[Any], now: datetime) -> Pool:
    network = ip_network(str(row.network))
    size = _size(network, row.prefix_length)
    exhausted_on = None
    if row.grown:
        days = (size - row.used) * FORECAST_DAYS // row.grown
        exhausted_on = now.date() + timedelta(days=days) if days <= FORECAST_DAYS_MAX else None
    return Pool(
        name=row.name,
        kind=PoolKind(row.kind),
        network=network,
        prefix_length=row.prefix_length,
        size=size,
        used=row.used,
        exhausted_on=exhausted_on,
    )


def _parsed(network: str) -> IPv4Network | IPv6Network:
    try:
        parsed = ip_network(network)
    except ValueError as error:
        remedy = "write it as 100.64.0.0/16 or 2001:db8::/40, without host bits"
        raise Refused(f"{network} is not a network: {error}", remedy=remedy) from None
    if not assignable(parsed):
        remedy = "give addresses that a host may have"
        raise Refused(f"{network} cannot be given to subscribers", remedy=remedy)
    return parsed


def _pool(name: str, network: IPv4Network | IPv6Network, prefix_length: int | None) -> Pool:
    if isinstance(network, IPv4Network):
        kind, length = PoolKind.IPV4, network.max_prefixlen
        if prefix_length not in (None, length):
            raise Refused("an IPv4 pool gives out single addresses", remedy="leave the length out")
    else:
        length = LINK_PREFIX_LENGTH if prefix_length is None else prefix_length
        is_link = length == LINK_PREFIX_LENGTH
        kind = PoolKind.IPV6_PREFIX if is_link else PoolKind.DELEGATED_PREFIX
    if not network.prefixlen <= length <= network.max_prefixlen:
        problem = f"a /{length} is larger than {network}"
        raise Refused(problem, remedy=f"give a length from {network.prefixlen} on")
    size = _size(network, length)
    return Pool(name=name, kind=kind, network=network, prefix_length=length, size=size)


def _size(network: IPv4Network | IPv6Network, prefix_length: int) -> int:
    return 1 << (prefix_length - network.prefixlen)
