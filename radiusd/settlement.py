"""What some logins still need of the database: addresses leased, a place among the sessions.

Logins that wait for addresses are served together: whoever comes while a transaction runs goes
into the next one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from chassis.clock import Clock
from isp.access import Addresses, Entitlement
from radiusd import metrics
from radiusd.access import Accept, AccessReason, Decision, Reject, ServiceRecord, Silence
from radiusd.access_request import AccessRequest
from radiusd.leases import Grant, Want
from radiusd.limits import Line
from radiusd.snapshot import LeaseKind
from radiusd.store.away import AwayError

__all__ = ["GROUP_MAX", "LeaseDesk", "Settlement", "TakeSlot"]

GROUP_MAX = 500
"""Addresses leased in one transaction: some 50 ms, and no more rows locked."""

POOL_COLUMNS = {
    LeaseKind.IPV4: "ipv4_pool",
    LeaseKind.IPV6_PREFIX: "ipv6_pool",
    LeaseKind.DELEGATED_PREFIX: "delegated_pool",
}

ADDRESS_FIELDS = {
    LeaseKind.IPV4: "ipv4",
    LeaseKind.IPV6_PREFIX: "ipv6_prefix",
    LeaseKind.DELEGATED_PREFIX: "delegated_prefix",
}

NAS_POOL_ATTRIBUTE = "framed-pool"


class Grants(Protocol):
    """`radiusd.store.leases.LeaseStore`."""

    async def grant(self, wants: Sequence[Want], now: datetime) -> dict[Want, Grant]:
        """What each want came to. Raises `AwayError`."""
        ...


TakeSlot = Callable[[Entitlement, Line], Awaitable[bool]]
"""`radiusd.store.slots.take_slot`; raises `AwayError`."""


class LeaseDesk:
    """Group commit of leases: one transaction at a time."""

    def __init__(self, store: Grants, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: dict[Want, asyncio.Future[Grant]] = {}
        self._working: asyncio.Task[None] | None = None

    async def grant(self, wants: Sequence[Want]) -> list[Grant]:
        """What they came to. Raises `AwayError`."""
        loop = asyncio.get_running_loop()
        futures = [self._waiting.setdefault(want, loop.create_future()) for want in wants]
        if self._working is None or self._working.done():
            self._working = asyncio.ensure_future(self._work())
        return [await asyncio.shield(future) for future in futures]

    async def _work(self) -> None:
        while self._waiting:
            group = dict(list(self._waiting.items())[:GROUP_MAX])
            for want in group:
                del self._waiting[want]
            granting = asyncio.ensure_future(self._store.grant(tuple(group), self._clock.now()))
            await asyncio.wait({granting})
            error = granting.exception()
            for want, future in group.items():
                if error is None:
                    future.set_result(granting.result()[want])
                else:
                    future.set_exception(error)
                    future.exception()  # heard, even where the login has given up waiting


class Settlement:
    """Settles Accepts; what it returns needs nothing more."""

    def __init__(self, desk: LeaseDesk, take_slot: TakeSlot) -> None:
        self._desk = desk
        self._take_slot = take_slot

    async def settle(
        self, accept: Accept, record: ServiceRecord, request: AccessRequest, nas_id: int
    ) -> Decision:
        """The decision once the database has had its say, or while it is away."""
        if accept.counted:
            line = Line(
                nas_id=nas_id,
                calling_station_id=request.calling_station_id,
                nas_port_id=request.nas_port_id,
            )
            try:
                if not await self._take_slot(accept.entitlement, line):
                    return Reject(AccessReason.SESSION_LIMIT)
            except AwayError:
                accept = replace(accept, reason=AccessReason.ACCEPTED_UNCOUNTED)
        if accept.awaited:
            return await self._with_addresses(accept, record)
        return accept

    async def _with_addresses(self, accept: Accept, record: ServiceRecord) -> Decision:
        wants = [
            Want(
                tenant_id=accept.entitlement.tenant_id,
                subscriber_id=record.subscriber_id,
                service_id=record.service_id,
                kind=kind,
                pool_name=getattr(accept.entitlement, POOL_COLUMNS[kind]),
            )
            for kind in accept.awaited
        ]
        try:
            grants = await self._desk.grant(wants)
        except AwayError:
            return without_addresses(accept, AccessReason.NO_ADDRESS_DATABASE_AWAY)
        given = [grant for grant in grants if grant.address is not None]
        for grant in given:
            metrics.leases_given.add(grant.want.kind)
        lacking = tuple(grant.want.kind for grant in grants if grant.address is None)
        accept = replace(accept, addresses=_with(accept.addresses, given), awaited=lacking)
        if lacking:
            return without_addresses(accept, AccessReason.POOL_EXHAUSTED)
        return accept


def without_addresses(accept: Accept, reason: AccessReason) -> Decision:
    """What to do where addresses that our pools owe cannot be had.

    A plan that names a pool of the NAS (`Framed-Pool=…`) falls back on it. IPv6 alone is done
    without. Else the NAS is told that there is none, or nothing while the database is away, for
    another server may know.
    """
    if LeaseKind.IPV4 in accept.awaited and not _names_nas_pool(accept.entitlement):
        return Reject(reason) if reason is AccessReason.POOL_EXHAUSTED else Silence(reason)
    unnamed = {POOL_COLUMNS[kind]: None for kind in accept.awaited}
    return replace(accept, entitlement=replace(accept.entitlement, **unnamed), awaited=())


def _names_nas_pool(entitlement: Entitlement) -> bool:
    return any(
        addition.partition("=")[0].strip().lower() == NAS_POOL_ATTRIBUTE
        for addition in entitlement.attributes
    )


def _with(addresses: Addresses, grants: Sequence[Grant]) -> Addresses:
    changed: dict[str, str] = {}
    for grant in grants:
        address = grant.address or ""
        if grant.want.kind is LeaseKind.IPV4:
            address = address.partition("/")[0]
        changed[ADDRESS_FIELDS[grant.want.kind]] = address
    return replace(addresses, **changed)
