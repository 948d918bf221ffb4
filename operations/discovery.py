"""Looking for devices, only on request and only where the operator says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device
from isp.errors import ExitCode, Refused
from operations import audit, tenants

__all__ = ["ADDRESSES_MAX", "addresses", "entered_at", "record"]

ADDRESSES_MAX: Final = 1024
"""A management network is no larger; somebody else's network is found by a slip of the prefix."""


def addresses(networks: Sequence[str]) -> tuple[str, ...]:
    """Every address that is named: single ones, and the hosts of networks. Raises Refused."""
    found: dict[str, None] = {}
    for text in networks:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            raise _usage(f"{text!r} is no network", "write 192.0.2.0/28 or 192.0.2.7") from None
        if network.num_addresses > ADDRESSES_MAX:
            remedy = f"name {ADDRESSES_MAX} addresses or fewer at a time"
            raise _usage(f"{network} has {network.num_addresses} addresses", remedy)
        found |= dict.fromkeys(map(str, network.hosts()))
    if not 0 < len(found) <= ADDRESSES_MAX:
        remedy = f"name 1 to {ADDRESSES_MAX} at a time"
        raise _usage(f"that names {len(found)} addresses", remedy)
    return tuple(found)


async def entered_at(
    transaction: AsyncConnection, hosts: Sequence[str], *, port: int
) -> Mapping[str, str]:
    """The names of the devices that are entered with those addresses already.

    Of several at one address that with this port; a router may be read at another, by its API.
    """
    rows = await transaction.execute(
        select(device.c.host, device.c.name)
        .where(device.c.host.in_(hosts), device.c.removed_at.is_(None))
        .order_by(device.c.port == port, device.c.device_id)
    )
    return {row.host: row.name for row in rows}


async def record(
    transaction: AsyncConnection,
    *,
    networks: Sequence[str],
    found: Sequence[Mapping[str, Any]],
    actor: str,
    now: datetime,
) -> None:
    """Write down who looked where, and what was there."""
    owner = await tenants.current(transaction)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="device.discover",
        object_kind="network",
        object_name=", ".join(networks),
        after={"found": [each["address"] for each in found]},
        now=now,
    )


def _usage(problem: str, remedy: str) -> Refused:
    return Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)
