"""Leasing addresses: one transaction for all logins that wait at the moment.

Two workers may reach for the same address or serve the same service: the unique indexes of `lease`
decide, and whoever comes second takes the next address, or the lease that the other one made.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import groupby

from sqlalchemy import ColumnElement, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.connect import Database
from database.tables.network import lease, pool
from database.tables.sessions import session, session_live
from radiusd.leases import Grant, Pool, Want, candidates_of, place_of
from radiusd.snapshot import LeaseKind
from radiusd.store.away import away_named

__all__ = ["LeaseStore", "record_last_use"]

TRIED_AT_ONCE_MIN = 64
"""Places looked at in one query, at least: leased ones lie side by side."""

RECLAIM_AFTER = timedelta(hours=1)
"""A lease unused for less may be of a session whose accounting is still on its way."""

Network = IPv4Network | IPv6Network
Owner = tuple[int, LeaseKind]


class LeaseStore:
    """Leases of one worker. `share` (0 ≤ share < 1) is where in a pool it begins to look, so that
    workers seldom reach for the same address.
    """

    def __init__(self, database: Database, share: float) -> None:
        self._database = database
        self._share = share
        self._next_places: dict[int, int] = {}

    async def grant(self, wants: Sequence[Want], now: datetime) -> dict[Want, Grant]:
        """What each want came to, committed. Raises `AwayError`."""
        async with away_named(), self._database.transaction() as transaction:
            held = await _held(transaction, wants)
            groups = sorted(wants, key=_pool_of)
            for (tenant_id, kind, name), group in groupby(groups, key=_pool_of):
                pools = await _pools(transaction, tenant_id, LeaseKind(kind), name)
                missing = {_owner(want): want for want in group if _owner(want) not in held}
                for one in pools:
                    held |= await self._from_free(transaction, one, missing, now)
                    missing = _without(missing, held)
                if missing:
                    held |= await _reclaimed(transaction, pools, missing, now)
            return {want: Grant(want=want, address=held.get(_owner(want))) for want in wants}

    async def _from_free(
        self,
        transaction: AsyncConnection,
        one: Pool,
        missing: dict[Owner, Want],
        now: datetime,
    ) -> dict[Owner, str]:
        """Leases of free places, walking round the pool at most once."""
        places = one.places
        begin = places.start + int(len(places) * self._share)
        place = self._next_places.get(one.pool_id, begin)
        granted: dict[Owner, str] = {}
        walked = 0
        while walked < len(places) and len(granted) < len(missing):
            waiting = _without(missing, granted)
            tried = max(TRIED_AT_ONCE_MIN, 2 * len(waiting))
            candidates = candidates_of(one, place, min(tried, len(places) - walked))
            free = await _free(transaction, next(iter(waiting.values())).tenant_id, candidates)
            granted |= await _insert(transaction, one, waiting.values(), free, now)
            used = min(len(free), len(waiting))
            step = candidates.index(free[used - 1]) + 1 if used == len(waiting) else len(candidates)
            walked += step
            place = place_of(one, str(candidates[step - 1])) + 1
        self._next_places[one.pool_id] = place
        return granted


async def record_last_use(database: Database, since: datetime, until: datetime) -> None:
    """Note on leases when the sessions that ended in between used them. Raises `AwayError`."""
    ended = (
        select(session.c.service_id, func.max(session.c.ended_at).label("ended_at"))
        .where(
            session.c.closed_on >= since.date() - timedelta(days=1),
            session.c.ended_at > since,
            session.c.ended_at <= until,
            session.c.service_id != 0,
        )
        .group_by(session.c.service_id)
        .subquery()
    )
    async with away_named(), database.transaction() as transaction:
        await transaction.execute(
            update(lease)
            .where(
                lease.c.service_id == ended.c.service_id,
                lease.c.pool_id.is_not(None),
                lease.c.removed_at.is_(None),
            )
            .values(last_used_at=ended.c.ended_at)
        )


def _pool_of(want: Want) -> tuple[int, str, str]:
    return want.tenant_id, want.kind, want.pool_name


def _owner(want: Want) -> Owner:
    return want.service_id, want.kind


def _without(missing: dict[Owner, Want], held: dict[Owner, str]) -> dict[Owner, Want]:
    return {owner: want for owner, want in missing.items() if owner not in held}


async def _held(transaction: AsyncConnection, wants: Iterable[Want]) -> dict[Owner, str]:
    """The leases that these services have by now."""
    found = await transaction.execute(
        select(lease.c.service_id, lease.c.kind, lease.c.address).where(
            lease.c.removed_at.is_(None),
            tuple_(lease.c.service_id, lease.c.kind).in_([_owner(want) for want in wants]),
        )
    )
    return {(row.service_id, LeaseKind(row.kind)): str(row.address) for row in found}


async def _pools(
    transaction: AsyncConnection, tenant_id: int, kind: LeaseKind, name: str
) -> list[Pool]:
    found = await transaction.execute(
        select(pool.c.pool_id, pool.c.network, pool.c.prefix_length)
        .where(
            pool.c.tenant_id == tenant_id,
            pool.c.kind == kind,
            pool.c.name == name,
            pool.c.removed_at.is_(None),
        )
        .order_by(pool.c.pool_id)
    )
    return [
        Pool(
            pool_id=row.pool_id,
            network=ip_network(str(row.network)),
            prefix_length=row.prefix_length,
        )
        for row in found
    ]


async def _free(
    transaction: AsyncConnection, tenant_id: int, candidates: Sequence[Network]
) -> list[Network]:
    found = await transaction.scalars(
        select(lease.c.address).where(
            lease.c.tenant_id == tenant_id,
            lease.c.removed_at.is_(None),
            lease.c.address.in_([str(candidate) for candidate in candidates]),
        )
    )
    taken = {str(address) for address in found}
    return [candidate for candidate in candidates if str(candidate) not in taken]


async def _insert(
    transaction: AsyncConnection,
    one: Pool,
    wants: Iterable[Want],
    addresses: Iterable[Network],
    now: datetime,
) -> dict[Owner, str]:
    """The leases that came about; where another worker was faster there is none."""
    rows = [
        {
            "tenant_id": want.tenant_id,
            "pool_id": one.pool_id,
            "subscriber_id": want.subscriber_id,
            "service_id": want.service_id,
            "kind": str(want.kind),
            "address": str(address),
            "leased_at": now,
        }
        for want, address in zip(wants, addresses, strict=False)
    ]
    if not rows:
        return {}
    made = await transaction.execute(
        insert(lease)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(lease.c.service_id, lease.c.kind, lease.c.address)
    )
    granted = {(row.service_id, LeaseKind(row.kind)): str(row.address) for row in made}
    if len(granted) < len(rows):
        granted |= await _held(transaction, wants)
    return granted


async def _reclaimed(
    transaction: AsyncConnection,
    pools: Sequence[Pool],
    missing: dict[Owner, Want],
    now: datetime,
) -> dict[Owner, str]:
    """Addresses taken from the services that have been offline longest."""
    by_id = {one.pool_id: one for one in pools}
    last_used = func.coalesce(lease.c.last_used_at, lease.c.leased_at)
    oldest = (
        select(lease.c.lease_id)
        .where(
            lease.c.pool_id.in_(by_id),
            lease.c.removed_at.is_(None),
            last_used < now - RECLAIM_AFTER,
            ~_online(),
        )
        .order_by(last_used)
        .limit(len(missing))
        .with_for_update(skip_locked=True)
    )
    reclaimed = await transaction.execute(
        update(lease)
        .where(lease.c.lease_id.in_(oldest))
        .values(removed_at=now)
        .returning(lease.c.pool_id, lease.c.address)
    )
    granted: dict[Owner, str] = {}
    for row in reclaimed.all():
        waiting = list(_without(missing, granted).values())
        address = ip_network(str(row.address))
        granted |= await _insert(transaction, by_id[row.pool_id], waiting[:1], [address], now)
    return granted


def _online() -> ColumnElement[bool]:
    return exists().where(
        session_live.c.service_id == lease.c.service_id, session_live.c.ended_at.is_(None)
    )
