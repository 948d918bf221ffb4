"""Services: holds, plans, ends; the entitlement follows, the events and the audit are written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network

import pytest
from sqlalchemy import insert

from chassis.secrets import Secret
from database.tables.network import lease, pool
from isp.errors import Refused
from isp.sealed import Sealed
from isp.service import HoldKind, ServiceState
from operations import (
    addresses,
    due_changes,
    plan_revision,
    plans,
    service_record,
    services,
    suspension,
    tenants,
)
from operations.addresses import StaticAddresses
from tests.operations.conftest import NOW, Desk

EVENTS = "SELECT kind, on_date, detail FROM service_event ORDER BY service_event_id"
ACCESS = "SELECT access FROM entitlement"


async def test_a_new_service_is_entitled_to_its_plan(desk: Desk) -> None:
    found = await desk.sell("ann@isp", mac="00:11:22:33:44:55", name="Ann")

    assert ("gold", ServiceState.ACTIVE) == (found.plan, found.state_at(NOW))
    assert [("full", 100_000, 20_000)] == await desk.rows(
        "SELECT access, down_kbps, up_kbps FROM entitlement"
    )
    assert [("subscribe", date(2026, 3, 10), None)] == await desk.rows(EVENTS)
    assert [("login", "ann@isp", "clear"), ("mac", "00:11:22:33:44:55", None)] == await desk.rows(
        "SELECT kind, value, password_form FROM service_identifier ORDER BY kind"
    )
    assert [("ann", "plan.add", "gold"), ("ann", "service.add", "ann@isp")] == await desk.rows(
        "SELECT actor, action, object_name FROM audit ORDER BY audit_id"
    )


async def test_a_password_is_sealed_and_opens_under_the_words_radiusd_uses(desk: Desk) -> None:
    await desk.sell("ann", password=Secret("hunter2"))
    ((sealed,),) = await desk.rows("SELECT password_sealed FROM service_identifier")

    assert b"hunter2" not in bytes(sealed)
    assert b"hunter2" == desk.keys.open(bytes(sealed), Sealed.SERVICE_PASSWORD)


async def test_suspending_and_resuming(desk: Desk) -> None:
    await desk.sell("ann")
    async with desk.transaction() as transaction:
        held = await suspension.suspend(
            transaction, login="ANN", reason="asked for it", actor="bob", now=NOW
        )
    suspended = await desk.rows(ACCESS)
    async with desk.transaction() as transaction:
        free = await suspension.resume(transaction, login="ann", actor="bob", now=NOW)

    assert (ServiceState.SUSPENDED, ServiceState.ACTIVE) == (
        held.state_at(NOW),
        free.state_at(NOW),
    )
    assert ([("none",)], [("full",)]) == (suspended, await desk.rows(ACCESS))
    assert [
        ("subscribe", date(2026, 3, 10), None),
        ("suspend", date(2026, 3, 10), "operator"),
        ("resume", date(2026, 3, 10), "operator"),
    ] == await desk.rows(EVENTS)


async def test_what_is_not_suspended_cannot_be_resumed_nor_suspended_twice(desk: Desk) -> None:
    await desk.sell("ann")
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match="ann is not suspended"):
            await suspension.resume(transaction, login="ann", actor="bob", now=NOW)
        await suspension.suspend(transaction, login="ann", reason="x", actor="bob", now=NOW)
        with pytest.raises(Refused, match="by bob already"):
            await suspension.suspend(transaction, login="ann", reason="x", actor="bob", now=NOW)


async def test_a_debtor_is_resumed_only_until_a_date_and_is_held_again_then(desk: Desk) -> None:
    await desk.sell("ann", holds=(HoldKind.UNPAID,))
    until = date(2026, 3, 20)
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match="held for debt") as refused:
            await suspension.resume(transaction, login="ann", actor="bob", now=NOW)
    async with desk.transaction() as transaction:
        await suspension.resume(transaction, login="ann", until=until, actor="bob", now=NOW)

    assert "--until" in refused.value.remedy
    assert [("full", datetime(2026, 3, 20, tzinfo=UTC))] == await desk.rows(
        "SELECT access, valid_until FROM entitlement"
    )
    assert [("suspend", until, "unpaid")] == (await desk.rows(EVENTS))[-1:]


async def test_a_payment_before_that_date_takes_the_hold_to_come_away(desk: Desk) -> None:
    found = await desk.sell("ann", holds=(HoldKind.UNPAID,))
    async with desk.transaction() as transaction:
        await suspension.resume(
            transaction, login="ann", until=date(2026, 3, 20), actor="bob", now=NOW
        )
        found = await service_record.by_id(transaction, found.service_id)
        await services.release_hold(
            transaction, found, kind=HoldKind.UNPAID, actor="billingd", now=NOW
        )

    assert [("full", None)] == await desk.rows("SELECT access, valid_until FROM entitlement")
    assert [
        ("suspend", date(2026, 3, 20), "unpaid"),
        ("resume", date(2026, 3, 20), "unpaid"),
    ] == (await desk.rows(EVENTS))[-2:]


async def test_a_terminated_service_gives_its_address_back_and_later_its_login(desk: Desk) -> None:
    found = await desk.sell("ann", address=IPv4Address("192.0.2.7"))
    async with desk.transaction() as transaction:
        await services.terminate(transaction, found, actor="bob", now=NOW)
    again = await desk.sell("ann", subscriber="other", address=IPv4Address("192.0.2.7"))

    assert [("none",), ("full",)] == await desk.rows(f"{ACCESS} ORDER BY service_id")
    async with desk.transaction() as transaction:
        assert again == await service_record.by_login(transaction, "ann")


async def test_an_end_to_come_is_carried_out_on_its_day(desk: Desk) -> None:
    found = await desk.sell("ann")
    async with desk.transaction() as transaction:
        await services.terminate(transaction, found, on=date(2026, 3, 12), actor="bob", now=NOW)
        owner = await tenants.current(transaction)
        early = await due_changes.apply(transaction, owner, NOW)
        late = await due_changes.apply(transaction, owner, NOW + timedelta(days=2))
        nothing = await due_changes.apply(transaction, owner, NOW + timedelta(days=3))

    assert (0, 1, 0) == (early, late, nothing)
    assert [("terminated",)] == await desk.rows("SELECT state FROM service")


async def test_a_hold_that_ran_out_is_released_as_of_its_end(desk: Desk) -> None:
    await desk.sell("ann")
    async with desk.transaction() as transaction:
        await suspension.suspend(
            transaction,
            login="ann",
            kind=HoldKind.PAUSE,
            until=date(2026, 3, 12),
            reason="holidays",
            actor="bob",
            now=NOW,
        )
        owner = await tenants.current(transaction)
        await due_changes.apply(transaction, owner, NOW + timedelta(days=5))

    assert [("resume", date(2026, 3, 12), "pause")] == (await desk.rows(EVENTS))[-1:]


async def test_a_plan_change_takes_effect_on_its_day(desk: Desk) -> None:
    found = await desk.sell("ann")
    terms = plans.PlanTerms(price=Decimal("40.00"), down_kbps=500_000)
    async with desk.transaction() as transaction:
        await plans.add(transaction, name="platinum", terms=terms, actor="ann", now=NOW)
        await services.change_plan(
            transaction, found, plan="platinum", on=date(2026, 4, 1), actor="bob", now=NOW
        )
        owner = await tenants.current(transaction)
        before = await service_record.by_id(transaction, found.service_id)
        await due_changes.apply(transaction, owner, datetime(2026, 4, 1, 1, tzinfo=UTC))
        after = await service_record.by_id(transaction, found.service_id)

    assert ("gold", "platinum") == (before.plan, after.plan)
    assert [(500_000,)] == await desk.rows("SELECT down_kbps FROM entitlement")


async def test_a_price_of_his_own_is_his_from_its_day_on(desk: Desk) -> None:
    """The plan is the same, so nothing but the price says that there is something to do."""
    sold = await desk.sell("ann")
    async with desk.transaction() as transaction:
        await services.change_plan(
            transaction, sold, plan="gold", on=date(2026, 4, 1), custom_price=Decimal("20.00"),
            actor="bob", now=NOW,
        )  # fmt: skip
        owner = await tenants.current(transaction)
        applied = [
            await due_changes.apply(transaction, owner, datetime(2026, month, 1, 1, tzinfo=UTC))
            for month in (3, 4, 5)
        ]

    assert [0, 1, 0] == applied
    assert [(Decimal("20.00"),)] == await desk.rows("SELECT custom_price FROM service")


async def test_a_revision_is_for_new_services_until_the_date_given(desk: Desk) -> None:
    await desk.sell("old")
    dearer = plans.PlanTerms(price=Decimal("30.00"), down_kbps=100_000)
    async with desk.transaction() as transaction:
        revised = await plan_revision.revise(
            transaction,
            name="gold",
            terms=dearer,
            existing_from=date(2026, 5, 1),
            actor="ann",
            now=NOW,
        )
    new = await desk.sell("new")
    async with desk.transaction() as transaction:
        old = await service_record.by_login(transaction, "old")
        owner = await tenants.current(transaction)
        await due_changes.apply(transaction, owner, datetime(2026, 5, 1, 1, tzinfo=UTC))
        moved = await service_record.by_login(transaction, "old")

    assert (2, 1, 2, 2) == (
        revised.version,
        old.plan_version,
        new.plan_version,
        moved.plan_version,
    )


@pytest.mark.parametrize(
    ("plan", "price", "then"),
    [("platinum", None, ("platinum", 1, None)), ("gold", "20.00", ("gold", 2, Decimal("20.00")))],
)
async def test_who_is_sold_another_plan_is_not_moved_by_the_revision_of_the_one_he_left(
    desk: Desk, plan: str, price: str | None, then: tuple[object, ...]
) -> None:
    sold = await desk.sell("ann")
    dearer = plans.PlanTerms(price=Decimal("30.00"), down_kbps=100_000)
    async with desk.transaction() as transaction:
        await plans.add(transaction, name="platinum", terms=dearer, actor="ann", now=NOW)
        await plan_revision.revise(
            transaction, name="gold", terms=dearer, existing_from=date(2026, 5, 1), actor="ann",
            now=NOW,
        )  # fmt: skip
        await services.change_plan(
            transaction,
            sold,
            plan=plan,
            custom_price=price and Decimal(price),
            actor="ann",
            now=NOW,
        )
        owner = await tenants.current(transaction)
        await due_changes.apply(transaction, owner, datetime(2026, 5, 1, 1, tzinfo=UTC))
        moved = await service_record.by_login(transaction, "ann")

    assert then == (moved.plan, moved.plan_version, moved.custom_price)


async def test_addresses_replace_what_was_there_and_belong_to_one_service(desk: Desk) -> None:
    found = await desk.sell("ann", address=IPv4Address("192.0.2.7"))
    other = await desk.sell("bob")
    wanted = StaticAddresses(
        ipv4=IPv4Address("192.0.2.8"), routes=(IPv4Network("198.51.100.0/29"),)
    )
    async with desk.transaction() as transaction:
        changed = await addresses.set_addresses(transaction, found, wanted, actor="ann", now=NOW)
        again = await addresses.set_addresses(transaction, found, wanted, actor="ann", now=NOW)
        with pytest.raises(Refused, match="belongs to ann"):
            await addresses.set_addresses(
                transaction,
                other,
                StaticAddresses(ipv4=IPv4Address("192.0.2.8")),
                actor="ann",
                now=NOW,
            )

    assert (True, False) == (changed, again)
    assert ["192.0.2.8/32", "198.51.100.0/29"] == [
        str(address)
        for (address,) in await desk.rows(
            "SELECT address FROM lease WHERE removed_at IS NULL ORDER BY address"
        )
    ]


async def test_addresses_that_are_taken_away_are_free_for_another(desk: Desk) -> None:
    found = await desk.sell("ann", address=IPv4Address("192.0.2.7"))
    other = await desk.sell("bob")
    none = StaticAddresses(without=frozenset({"ipv4"}))
    asked = {"actor": "ann", "now": NOW}
    async with desk.transaction() as transaction:
        changed = await addresses.set_addresses(transaction, found, none, **asked)
        again = await addresses.set_addresses(transaction, found, none, **asked)
        moved = await addresses.set_addresses(
            transaction, other, StaticAddresses(ipv4=IPv4Address("192.0.2.7")), **asked
        )

    assert (True, False, True) == (changed, again, moved)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (
            StaticAddresses(without=frozenset({"ipv4"}), routes=(IPv4Network("203.0.113.0/29"),)),
            ["100.64.0.7/32", "203.0.113.0/29", "2001:db8:0:100::/56"],
        ),
        (
            StaticAddresses(without=frozenset({"delegated_prefix"}), ipv4=IPv4Address("192.0.2.7")),
            ["192.0.2.7/32", "2001:db8:0:100::/56"],
        ),
    ],
)
async def test_what_a_pool_gave_stays_until_a_static_address_comes_in_its_place(
    desk: Desk, wanted: StaticAddresses, kept: list[str]
) -> None:
    found = await desk.sell("ann")
    async with desk.transaction() as transaction:
        for kind, network, length, leased in (
            ("ipv4", "100.64.0.0/10", 32, "100.64.0.7/32"),
            ("delegated_prefix", "2001:db8::/40", 56, "2001:db8:0:100::/56"),
        ):
            pooled = await transaction.execute(
                insert(pool)
                .values(
                    tenant_id=desk.tenant_id, name="homes", kind=kind, network=network,
                    prefix_length=length, created_at=NOW,
                )
                .returning(pool.c.pool_id)
            )  # fmt: skip
            await transaction.execute(
                insert(lease).values(
                    tenant_id=desk.tenant_id, pool_id=pooled.scalar_one(), kind=kind,
                    subscriber_id=found.subscriber_id, service_id=found.service_id,
                    address=leased, leased_at=NOW,
                )
            )  # fmt: skip
        await addresses.set_addresses(transaction, found, wanted, actor="ann", now=NOW)

    assert kept == [
        str(address)
        for (address,) in await desk.rows(
            "SELECT address FROM lease WHERE removed_at IS NULL ORDER BY address"
        )
    ]


async def test_a_taken_login_is_refused_with_the_remedy(desk: Desk) -> None:
    await desk.sell("ann")
    with pytest.raises(Refused, match="subscriber ann has the login ann"):
        await desk.sell("ann", subscriber="S2")


async def test_an_unknown_login_is_refused_with_where_to_look(desk: Desk) -> None:
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match="turnpike find nobody"):
            await service_record.by_login(transaction, "nobody")


@pytest.mark.parametrize(
    ("given", "form", "kept"),
    [
        ("hunter2", "clear", b"hunter2"),
        ("{CLEAR}{NT}really", "clear", b"{NT}really"),
        (
            "{NT}6608e4bc7b2b7a5f77ce3573570775af",
            "nt",
            b"{NT}6608e4bc7b2b7a5f77ce3573570775af",
        ),
    ],
)
async def test_a_password_is_kept_in_the_form_it_came_in(
    desk: Desk, given: str, form: str, kept: bytes
) -> None:
    found = await desk.sell("ann")
    async with desk.transaction() as transaction:
        await services.set_password(
            transaction, found, password=Secret(given), keys=desk.keys, actor="ann", now=NOW
        )
    ((stored_form, sealed),) = await desk.rows(
        "SELECT password_form, password_sealed FROM service_identifier"
    )

    assert (form, kept) == (stored_form, desk.keys.open(bytes(sealed), Sealed.SERVICE_PASSWORD))


async def test_a_plan_is_not_changed_before_the_service_began(desk: Desk) -> None:
    found = await desk.sell("ann")
    async with desk.transaction() as transaction:
        with pytest.raises(Refused, match="started on 2026-03-10"):
            await services.change_plan(
                transaction, found, plan="gold", on=date(2026, 3, 9), actor="bob", now=NOW
            )
