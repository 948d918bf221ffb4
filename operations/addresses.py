"""Static addresses of a service: an IPv4 address, routes behind it, a delegated prefix."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.network import lease
from database.tables.subscribers import service
from isp.errors import Refused
from isp.service import ServiceState
from operations import audit
from operations.service_record import ServiceRecord

__all__ = ["StaticAddresses", "set_addresses"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StaticAddresses:
    """What a service is to have; None leaves it as it is. `without`: kinds that are taken away."""

    ipv4: IPv4Address | None = None
    routes: tuple[IPv4Network | IPv6Network, ...] | None = None
    delegated_prefix: IPv6Network | None = None
    without: frozenset[str] = frozenset()

    def by_kind(self) -> dict[str, tuple[str, ...]]:
        """The networks wanted, by the kind of their lease."""
        wanted: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(self.without), ())
        if self.ipv4 is not None:
            wanted["ipv4"] = (f"{self.ipv4}/32",)
        if self.delegated_prefix is not None:
            wanted["delegated_prefix"] = (str(self.delegated_prefix),)
        if self.routes is not None:
            wanted["route"] = tuple(str(route) for route in self.routes)
        return wanted


async def set_addresses(
    transaction: AsyncConnection,
    found: ServiceRecord,
    wanted: StaticAddresses,
    *,
    actor: str,
    now: datetime,
) -> bool:
    """Give the service these addresses from its next login on; whether anything changed."""
    if found.state is ServiceState.TERMINATED:
        raise Refused(f"{found.login} is terminated", remedy="it needs no address")
    by_kind = wanted.by_kind()
    current = await transaction.execute(
        select(lease.c.kind, lease.c.address, lease.c.lease_id, lease.c.pool_id).where(
            lease.c.service_id == found.service_id,
            lease.c.removed_at.is_(None),
            lease.c.kind.in_(by_kind),
        )
    )
    rows = current.all()
    static = {(row.kind, str(row.address)) for row in rows if row.pool_id is None}
    aimed = {(kind, network) for kind, networks in by_kind.items() for network in networks}
    if static == aimed:
        return False
    await _refuse_taken(transaction, found, [network for _, network in sorted(aimed - static)])
    # What a pool gave is in use, and goes only where a static address comes in its place.
    gone = [row.lease_id for row in rows if row.pool_id is not None and by_kind[row.kind]]
    gone += [
        row.lease_id
        for row in rows
        if row.pool_id is None and (row.kind, str(row.address)) not in aimed
    ]
    await transaction.execute(
        update(lease).where(lease.c.lease_id.in_(gone)).values(removed_at=now)
    )
    new = [
        {
            "tenant_id": found.tenant_id,
            "subscriber_id": found.subscriber_id,
            "service_id": found.service_id,
            "kind": kind,
            "address": network,
            "leased_at": now,
        }
        for kind, network in sorted(aimed - static)
    ]
    if new:
        await transaction.execute(insert(lease), new)
    await audit.record(
        transaction,
        tenant_id=found.tenant_id,
        actor=actor,
        action="service.set_address",
        object_kind="service",
        object_name=found.login,
        before={"addresses": [f"{kind} {network}" for kind, network in sorted(static)]},
        after={"addresses": [f"{kind} {network}" for kind, network in sorted(aimed)]},
        now=now,
    )
    return True


async def _refuse_taken(
    transaction: AsyncConnection, found: ServiceRecord, networks: Sequence[str]
) -> None:
    taken = await transaction.execute(
        select(lease.c.address, service.c.name)
        .join(service, service.c.service_id == lease.c.service_id)
        .where(
            lease.c.address.in_(networks),
            lease.c.removed_at.is_(None),
            lease.c.service_id != found.service_id,
        )
    )
    if row := taken.first():
        remedy = f"take it away first: `turnpike service set-address {row.name} --help`"
        raise Refused(f"{row.address} belongs to {row.name}", remedy=remedy)
