"""What logins that need the database come to: with it, and without."""

import asyncio
from datetime import UTC, datetime

import pytest

from chassis.clock import ManualClock
from isp.access import Access, Addresses, Entitlement, OnLimit, Rates
from radius.authentication import Pap
from radiusd.access import Accept, AccessReason, Reject, ServiceRecord, Silence
from radiusd.access_request import AccessRequest
from radiusd.leases import Grant
from radiusd.settlement import LeaseDesk, Settlement
from radiusd.snapshot import LeaseKind
from radiusd.store.away import AwayError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REQUEST = AccessRequest(user_name="ann", offer=Pap(b"x"), signed=True)


def accept(service_id=7, *awaited, attributes=(), counted=False) -> Accept:
    entitlement = Entitlement(
        tenant_id=1,
        subscriber_id=3,
        service_id=service_id,
        version=1,
        access=Access.FULL,
        rates=Rates(),
        on_limit=OnLimit.REJECT if counted else OnLimit.REPLACE,
        ipv4_pool="home",
        ipv6_pool="home",
        attributes=attributes,
    )
    return Accept(entitlement=entitlement, addresses=Addresses(), awaited=awaited, counted=counted)


def record(service_id=7) -> ServiceRecord:
    return ServiceRecord(
        subscriber_id=3,
        service_id=service_id,
        password_asked=False,
        password=None,
        entitlement=None,
    )


class Store:
    """Hands out addresses as told; `groups` are the wants of each transaction."""

    def __init__(self, addresses=None, *, away=False):
        self.addresses = addresses or {}
        self.away = away
        self.groups = []

    async def grant(self, wants, now):  # noqa: ARG002 - the real store dates leases by it
        self.groups.append([want.service_id for want in wants])
        await asyncio.sleep(0.01)
        if self.away:
            raise AwayError("away")
        return {want: Grant(want=want, address=self.addresses.get(want.kind)) for want in wants}


async def with_room(entitlement, line):
    return True


def settlement(store, take_slot=with_room) -> Settlement:
    return Settlement(LeaseDesk(store, ManualClock(NOW)), take_slot)


async def test_addresses_are_put_into_the_accept():
    store = Store({LeaseKind.IPV4: "10.0.0.1/32", LeaseKind.IPV6_PREFIX: "2001:db8::/64"})
    settled = await settlement(store).settle(
        accept(7, LeaseKind.IPV4, LeaseKind.IPV6_PREFIX), record(), REQUEST, 1
    )

    assert Addresses(ipv4="10.0.0.1", ipv6_prefix="2001:db8::/64") == settled.addresses
    assert () == settled.awaited


async def test_logins_that_come_during_a_transaction_go_into_the_next_one():
    store = Store({LeaseKind.IPV4: "10.0.0.1/32"})
    desk = settlement(store)
    first = asyncio.ensure_future(desk.settle(accept(1, LeaseKind.IPV4), record(1), REQUEST, 1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [desk.settle(accept(n, LeaseKind.IPV4), record(n), REQUEST, 1) for n in (2, 3, 4)]
    await asyncio.gather(first, *others)

    assert [[1], [2, 3, 4]] == store.groups


async def test_a_fault_of_ours_reaches_every_login_that_waited():
    class Broken(Store):
        async def grant(self, *_):
            raise ValueError

    desk = settlement(Broken())
    ends = await asyncio.gather(
        *(desk.settle(accept(n, LeaseKind.IPV4), record(n), REQUEST, 1) for n in (1, 2)),
        return_exceptions=True,
    )

    assert [ValueError, ValueError] == [type(end) for end in ends]


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        (Store(away=True), Silence(AccessReason.NO_ADDRESS_DATABASE_AWAY)),
        (Store(), Reject(AccessReason.POOL_EXHAUSTED)),
    ],
    ids=["away", "exhausted"],
)
async def test_without_an_ipv4_address_there_is_no_accept(store, expected):
    assert expected == await settlement(store).settle(
        accept(7, LeaseKind.IPV4), record(), REQUEST, 1
    )


@pytest.mark.parametrize("store", [Store(away=True), Store()], ids=["away", "exhausted"])
async def test_a_plan_that_names_a_pool_of_the_nas_falls_back_on_it(store):
    settled = await settlement(store).settle(
        accept(7, LeaseKind.IPV4, attributes=("Framed-Pool = spare",)), record(), REQUEST, 1
    )

    assert isinstance(settled, Accept)
    assert settled.entitlement.ipv4_pool is None


async def test_ipv6_alone_is_done_without():
    settled = await settlement(Store(away=True)).settle(
        accept(7, LeaseKind.IPV6_PREFIX), record(), REQUEST, 1
    )

    assert isinstance(settled, Accept)
    assert settled.entitlement.ipv6_pool is None
    assert "home" == settled.entitlement.ipv4_pool


async def test_a_login_beyond_the_limit_is_refused():
    async def full(entitlement, line):
        return False

    assert Reject(AccessReason.SESSION_LIMIT) == await settlement(Store(), full).settle(
        accept(counted=True), record(), REQUEST, 1
    )


async def test_nobody_is_counted_while_the_database_is_away():
    async def away(entitlement, line):
        raise AwayError("away")

    settled = await settlement(Store(), away).settle(accept(counted=True), record(), REQUEST, 1)

    assert AccessReason.ACCEPTED_UNCOUNTED == settled.reason
