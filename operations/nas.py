"""NASes: the BRAS and routers whose requests are answered, with their sealed secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.sealing import KeyRing, SealBroken
from chassis.secrets import Secret
from database.tables.network import nas, nas_drop, nas_seen
from database.tables.sessions import session_live
from isp.errors import Refused
from isp.nas import MessageAuthenticatorPolicy, Nas, Vendor
from isp.sealed import Sealed
from operations import audit, tenants
from operations.names import checked_name

__all__ = [
    "ROTATION_OVERLAP",
    "NasUse",
    "add",
    "change",
    "listed",
    "named",
    "nas_of",
    "opened_secrets",
    "remove",
    "rotate_secret",
    "secrets_of",
]

PORT_MAX: Final = 65_535

ROTATION_OVERLAP: Final = timedelta(days=7)
"""How long the old secret is still taken, so that the NAS can be changed in its own window."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NasUse:
    """A NAS with what is seen of it. `drops` counts packets by the reason they were dropped for."""

    nas: Nas
    last_packet_at: datetime | None
    sessions: int
    drops: Mapping[str, int]


async def add(
    transaction: AsyncConnection,
    *,
    name: str,
    address: str,
    secret: Secret[str],
    keys: KeyRing,
    nas_identifier: str | None = None,
    vendor: Vendor = Vendor.GENERIC,
    coa_port: int = 3799,
    message_authenticator: MessageAuthenticatorPolicy = MessageAuthenticatorPolicy.LEARN,
    actor: str,
    now: datetime,
) -> Nas:
    """A new NAS. Inside a prefix each NAS is told by its NAS-Identifier."""
    owner = await tenants.current(transaction)
    network = _network(address)
    await _refuse_taken(transaction, name, network, nas_identifier)
    columns = {
        "name": checked_name("NAS", name),
        "address": str(network),
        "nas_identifier": nas_identifier,
        "vendor": vendor.value,
        "coa_port": _checked_port(coa_port),
        "message_authenticator": message_authenticator.value,
    }
    await transaction.execute(
        insert(nas).values(
            tenant_id=owner.tenant_id,
            secret_sealed=keys.seal(secret.reveal().encode(), Sealed.NAS_SECRET),
            created_at=now,
            **columns,
        )
    )
    await audit.note(transaction, owner.tenant_id, "nas.add", name, actor, now, after=columns)
    return await named(transaction, name)


async def change(
    transaction: AsyncConnection,
    *,
    name: str,
    changes: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> Nas:
    """Change columns of a NAS: address, nas_identifier, vendor, coa_port, message_authenticator,
    wall_tested. Back to `learn` forgets what was learnt.
    """
    found = await named(transaction, name)
    values = dict(changes)
    if "address" in values:
        network = _network(values["address"])
        values["address"] = str(network)
        if str(network) != found.address:
            identifier = values.get("nas_identifier", found.nas_identifier)
            await _refuse_taken(transaction, None, network, identifier)
    if "coa_port" in values:
        _checked_port(values["coa_port"])
    if values.get("message_authenticator") is MessageAuthenticatorPolicy.LEARN:
        values["message_authenticator_seen"] = False
    await transaction.execute(update(nas).where(nas.c.nas_id == found.nas_id).values(**values))
    before = {key: getattr(found, key) for key in values}
    await audit.note(
        transaction, found.tenant_id, "nas.set", name, actor, now, before=before, after=values
    )
    return await named(transaction, name)


async def remove(transaction: AsyncConnection, *, name: str, actor: str, now: datetime) -> None:
    """Answer the NAS no more. Its history stays."""
    found = await named(transaction, name)
    await transaction.execute(
        update(nas).where(nas.c.nas_id == found.nas_id).values(removed_at=now)
    )
    await audit.note(transaction, found.tenant_id, "nas.remove", name, actor, now)


async def rotate_secret(
    transaction: AsyncConnection,
    *,
    name: str,
    secret: Secret[str],
    keys: KeyRing,
    overlap: timedelta = ROTATION_OVERLAP,
    actor: str,
    now: datetime,
) -> datetime:
    """Give the NAS a new secret; the old one is taken until the returned time, and no more at all
    if the key ring that opened it is lost.
    """
    found = await named(transaction, name)
    query = select(nas.c.secret_sealed).where(nas.c.nas_id == found.nas_id)
    old = _openable(keys, bytes((await transaction.execute(query)).scalar_one()))
    until = now if old is None else now + overlap
    await transaction.execute(
        update(nas)
        .where(nas.c.nas_id == found.nas_id)
        .values(
            secret_sealed=keys.seal(secret.reveal().encode(), Sealed.NAS_SECRET),
            secret_previous_sealed=old,
            secret_previous_until=until,
        )
    )
    after = {"previous_until": until}
    await audit.note(
        transaction, found.tenant_id, "nas.rotate_secret", name, actor, now, after=after
    )
    return until


def _openable(keys: KeyRing, sealed: bytes) -> bytes | None:
    """Nobody could use another."""
    try:
        keys.open(sealed, Sealed.NAS_SECRET)
    except SealBroken:
        return None
    return sealed


async def named(transaction: AsyncConnection, name: str) -> Nas:
    """The NAS of that name. Raises Refused."""
    query = select(nas).where(nas.c.name == name, nas.c.removed_at.is_(None))
    row = (await transaction.execute(query)).one_or_none()
    if row is None:
        remedy = "see `turnpike nas list`"
        raise Refused(f"there is no NAS {name}", remedy=remedy)
    return nas_of(row)


async def secrets_of(
    transaction: AsyncConnection, found: Nas, keys: KeyRing, now: datetime
) -> tuple[Secret[str], ...]:
    """The NAS's secret, to show its configuration or to test it, and while it is still taken, the
    one before. Raises Refused.
    """
    row = (await transaction.execute(select(nas).where(nas.c.nas_id == found.nas_id))).one()
    try:
        return tuple(Secret(each.reveal().decode()) for each in opened_secrets(row, keys, now))
    except SealBroken as broken:
        remedy = (
            "bring the key ring of the node that sealed it, or give it a new one with "
            f"`turnpike nas rotate-secret {found.name}`"
        )
        raise Refused(
            f"the secret of {found.name} does not open: {broken}", remedy=remedy
        ) from None


def opened_secrets(row: Any, keys: KeyRing, now: datetime) -> tuple[Secret[bytes], ...]:
    """The secrets of a row of table `nas`, the newest first. Raises SealBroken."""
    sealed = [row.secret_sealed]
    if row.secret_previous_until is not None and now < row.secret_previous_until:
        sealed.append(row.secret_previous_sealed)
    return tuple(Secret(keys.open(bytes(each), Sealed.NAS_SECRET)) for each in sealed)


async def listed(transaction: AsyncConnection) -> tuple[NasUse, ...]:
    """Every NAS with its use, by name."""
    sessions = dict(
        (
            await transaction.execute(
                select(session_live.c.nas_id, func.count())
                .where(session_live.c.ended_at.is_(None))
                .group_by(session_live.c.nas_id)
            )
        ).all()
    )
    drops: dict[int, dict[str, int]] = {}
    for row in await transaction.execute(select(nas_drop)):
        drops.setdefault(row.nas_id, {})[row.reason] = row.packets
    rows = await transaction.execute(
        select(nas, nas_seen.c.last_packet_at)
        .outerjoin(nas_seen, nas_seen.c.nas_id == nas.c.nas_id)
        .where(nas.c.removed_at.is_(None))
        .order_by(nas.c.name)
    )
    return tuple(
        NasUse(
            nas=nas_of(row),
            last_packet_at=row.last_packet_at,
            sessions=sessions.get(row.nas_id, 0),
            drops=drops.get(row.nas_id, {}),
        )
        for row in rows
    )


def _network(address: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(address)
    except ValueError:
        remedy = "write it as 192.0.2.1, or 192.0.2.0/24 for several"
        raise Refused(f"{address} is not an address", remedy=remedy) from None


def _checked_port(port: int) -> int:
    if not 1 <= port <= PORT_MAX:
        raise Refused(f"{port} is no UDP port", remedy=f"give one from 1 to {PORT_MAX}")
    return port


async def _refuse_taken(
    transaction: AsyncConnection,
    name: str | None,
    network: IPv4Network | IPv6Network,
    nas_identifier: str | None,
) -> None:
    """Of this tenant's own; another's is found by the unique index only."""
    same_place = (nas.c.address == str(network)) & (
        func.coalesce(nas.c.nas_identifier, "") == (nas_identifier or "")
    )
    taken = await transaction.execute(
        select(nas.c.name, nas.c.address).where(
            nas.c.removed_at.is_(None), or_(nas.c.name == name, same_place)
        )
    )
    if row := taken.first():
        problem = f"the NAS {row.name} has the address {row.address} already"
        remedy = f"change it with `turnpike nas set {row.name}`, or remove it first"
        raise Refused(problem, remedy=remedy)


def nas_of(row: Any) -> Nas:
    """The value of a row of table `nas`, whose columns are attributes."""
    return Nas(
        nas_id=row.nas_id,
        tenant_id=row.tenant_id,
        name=row.name,
        address=str(row.address),
        nas_identifier=row.nas_identifier,
        vendor=Vendor(row.vendor),
        coa_port=row.coa_port,
        message_authenticator=MessageAuthenticatorPolicy(row.message_authenticator),
        message_authenticator_seen=row.message_authenticator_seen,
        wall_tested=row.wall_tested,
    )
