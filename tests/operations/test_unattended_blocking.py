"""Blocking while nobody looks: who is judged, of what he is warned, what waits for a person."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from operations import tenants
from operations.money import batches, blocking, payments
from operations.money.policies import set_policy
from operations.money.run import run

SOLD = datetime(2026, 3, 10, 12, tzinfo=UTC)
OVERDUE = datetime(2026, 3, 26, 12, tzinfo=UTC)  # a Thursday; due was 24 March
TO_BLOCK = datetime(2026, 3, 31, 12, tzinfo=UTC)  # a Tuesday, seven days after due
HELD = "SELECT count(*) FROM hold WHERE kind = 'unpaid' AND released_at IS NULL"
BATCHES = "SELECT state, count(*) FROM block_batch GROUP BY state ORDER BY state"
WARNED = "SELECT payload->>'number' FROM job WHERE kind = 'dunning.warning' ORDER BY job_id"


@pytest.fixture
async def owner(desk):
    async with desk.transaction() as transaction:
        owner = await tenants.current(transaction)
    await choose(desk, owner, unattended_blocking=True, blocking_days=7)
    return owner


async def choose(desk, owner, **changes: object) -> None:
    async with desk.transaction() as transaction:
        await set_policy(transaction, owner, changes=changes, actor="ann", now=SOLD)


async def bill(desk, owner, now: datetime = SOLD, *, by_hand: bool = False) -> None:
    await run(desk.database, owner, through=now.date(), actor="ann", now=now, by_hand=by_hand)


async def look(desk, owner, now: datetime):
    return await blocking.look(desk.billingd, owner, now)


async def pay(desk, owner, login: str, amount: str, now: datetime = SOLD) -> None:
    async with desk.transaction() as transaction:
        await payments.record(
            transaction, owner, login=login, amount=amount, method="bank", reference=login,
            actor="ann", now=now,
        )  # fmt: skip


async def reverse(desk, owner, login: str, now: datetime) -> None:
    [(paid,)] = await desk.rows(
        "SELECT max(payment_id) FROM payment WHERE reference = :login", login=login
    )
    async with desk.transaction() as transaction:
        await payments.reverse(
            transaction, owner, payment_id=paid, reason="bounced", actor="ann", now=now
        )


async def approve(desk, owner) -> None:
    async with desk.transaction() as transaction:
        [waiting] = await batches.batches(transaction, owner)
        await batches.approve(transaction, owner, waiting.block_batch_id, actor="ann", now=TO_BLOCK)


async def warn_all(desk, at: datetime) -> None:
    """As if each document that is final had been warned of."""
    async with desk.billingd.transaction(desk.tenant_id) as transaction:
        await transaction.exec_driver_sql(
            "INSERT INTO dunning_notice (tenant_id, subscriber_id, invoice_id, kind, sent_at)"
            " SELECT tenant_id, subscriber_id, invoice_id, 'warning', %s FROM invoice"
            " ON CONFLICT DO NOTHING",
            (at,),
        )


async def sell(desk, count: int) -> None:
    for at in range(count):
        await desk.sell(f"s{at}", start=SOLD.date())


async def owe(desk, owner) -> None:
    """All are billed, past due, and were warned."""
    await bill(desk, owner)
    await warn_all(desk, OVERDUE)


async def owe_too_many(desk, owner, count: int) -> None:
    """So many debtors, where two at once are more than usual."""
    await choose(desk, owner, batch_minimum=1, batch_percent="0")
    await sell(desk, count)
    await owe(desk, owner)


async def test_the_warning_is_of_the_document_that_is_short_not_of_the_first_ever(desk, owner):
    await desk.sell("bob", start=SOLD.date())
    await bill(desk, owner)
    await pay(desk, owner, "bob", "21.29")
    april = datetime(2026, 4, 1, 12, tzinfo=UTC)
    await bill(desk, owner, april)

    await look(desk, owner, april + timedelta(days=15))

    assert [("INV-000002",)] == await desk.rows(WARNED)


async def test_an_earlier_warning_of_a_debt_that_was_paid_warns_of_no_later_one(desk, owner):
    await desk.sell("bob", start=SOLD.date())
    await owe(desk, owner)
    await pay(desk, owner, "bob", "21.29", OVERDUE)
    april = datetime(2026, 4, 1, 12, tzinfo=UTC)
    await bill(desk, owner, april)

    await look(desk, owner, april + timedelta(days=15))

    assert [("INV-000002",)] == await desk.rows(WARNED)


async def test_more_debtors_than_a_transaction_takes_are_all_judged(desk, owner, monkeypatch):
    monkeypatch.setattr(blocking, "DEBTORS_PER_TRANSACTION", 2)
    await sell(desk, 5)
    await bill(desk, owner)

    assert 5 == (await look(desk, owner, OVERDUE)).warned


async def test_who_keeps_less_than_the_minimum_balance_is_judged_too(desk, owner):
    await choose(desk, owner, minimum_balance="50.00")
    await desk.sell("bob", start=SOLD.date())
    await bill(desk, owner)
    await pay(desk, owner, "bob", "21.29")

    assert 1 == (await look(desk, owner, OVERDUE)).warned


async def test_a_batch_waits_under_one_number_until_a_person_agrees(desk, owner):
    await owe_too_many(desk, owner, 3)

    waited = [await look(desk, owner, TO_BLOCK + timedelta(seconds=30 * n)) for n in range(3)]

    assert [(0, 3)] * 3 == [(each.blocked, each.awaiting) for each in waited]
    assert [("awaiting", 1)] == await desk.rows(BATCHES)
    await approve(desk, owner)

    assert 3 == (await look(desk, owner, TO_BLOCK)).blocked
    assert [(3,)] == await desk.rows(HELD)


async def test_a_batch_waits_through_the_night_and_not_once_its_debts_are_paid(desk, owner):
    await owe_too_many(desk, owner, 2)
    await look(desk, owner, TO_BLOCK)
    night = await look(desk, owner, TO_BLOCK.replace(hour=23))
    for login in ("s0", "s1"):
        await pay(desk, owner, login, "21.29", TO_BLOCK)
    morning = await look(desk, owner, TO_BLOCK + timedelta(days=1))

    assert (2, 0) == (night.awaiting, morning.awaiting)
    assert [("declined", 1)] == await desk.rows(BATCHES)


async def test_a_batch_that_waits_does_not_go_ahead_by_itself_once_it_has_shrunk(desk, owner):
    await owe_too_many(desk, owner, 3)
    await look(desk, owner, TO_BLOCK)
    for login in ("s0", "s1"):
        await pay(desk, owner, login, "21.29", TO_BLOCK)

    shrunk = await look(desk, owner, TO_BLOCK)

    assert (0, 3) == (shrunk.blocked, shrunk.awaiting)
    assert [("awaiting", 1)] == await desk.rows(BATCHES)


async def test_who_joins_a_batch_that_waits_waits_with_it(desk, owner):
    await choose(desk, owner, batch_minimum=2, batch_percent="0")
    await sell(desk, 4)
    await bill(desk, owner)
    await pay(desk, owner, "s3", "21.29")
    await warn_all(desk, OVERDUE)
    await look(desk, owner, TO_BLOCK)
    for login in ("s0", "s1"):
        await pay(desk, owner, login, "21.29", TO_BLOCK)
    await reverse(desk, owner, "s3", TO_BLOCK)

    joined = await look(desk, owner, TO_BLOCK)

    assert (0, 2) == (joined.blocked, joined.awaiting)
    assert [("2 services, of which 1 already awaited approval",)] == await desk.rows(
        "SELECT reason FROM block_batch WHERE state = 'awaiting'"
    )


async def test_an_approval_ends_with_the_debts_that_it_was_for(desk, owner):
    await owe_too_many(desk, owner, 2)
    await look(desk, owner, TO_BLOCK)
    await approve(desk, owner)
    for login in ("s0", "s1"):
        await pay(desk, owner, login, "21.29", TO_BLOCK)
    await look(desk, owner, TO_BLOCK)
    for login in ("s0", "s1"):
        await reverse(desk, owner, login, TO_BLOCK)

    again = await look(desk, owner, TO_BLOCK)

    assert (0, 2) == (again.blocked, again.awaiting)


async def test_an_approval_waits_for_an_open_hour_and_is_stamped_when_it_is_used(desk, owner):
    await owe_too_many(desk, owner, 2)
    await look(desk, owner, TO_BLOCK)
    await approve(desk, owner)
    await look(desk, owner, TO_BLOCK.replace(hour=23))
    assert [("approved", 1)] == await desk.rows(BATCHES)

    monday = TO_BLOCK + timedelta(days=6)
    await look(desk, owner, monday)

    assert [(monday, "ann"), (monday, "billingd")] == await desk.rows(
        "SELECT decided_at, decided_by FROM block_batch WHERE state = 'executed' ORDER BY 2"
    )


async def test_of_an_approved_batch_only_what_was_done_is_usual(desk, owner):
    await owe_too_many(desk, owner, 3)
    await look(desk, owner, TO_BLOCK)
    await approve(desk, owner)
    for login in ("s0", "s1"):
        await pay(desk, owner, login, "21.29", TO_BLOCK)
    await look(desk, owner, TO_BLOCK)

    async with desk.transaction() as transaction:
        assert 1 == await batches.usual_size(transaction, owner)


async def test_a_batch_that_has_grown_is_another(desk, owner):
    await owe_too_many(desk, owner, 2)
    await look(desk, owner, TO_BLOCK)
    await desk.sell("late", start=SOLD.date(), opening_balance=Decimal("9.00"), holds=())
    await bill(desk, owner, TO_BLOCK)
    await warn_all(desk, OVERDUE)
    later = TO_BLOCK + timedelta(days=21)
    await look(desk, owner, later)

    assert [("awaiting", 1), ("declined", 1)] == await desk.rows(BATCHES)


async def test_a_usual_number_is_blocked_without_asking(desk, owner):
    await sell(desk, 3)
    await owe(desk, owner)

    assert 3 == (await look(desk, owner, TO_BLOCK)).blocked
    assert 0 == (await look(desk, owner, TO_BLOCK)).blocked
    assert [("executed", 1)] == await desk.rows(BATCHES)


async def test_an_old_debt_is_blocked_for_before_its_service_is_ended(desk, owner):
    """What was never held has not been held for sixty days."""
    await desk.sell("bob", start=SOLD.date())
    await owe(desk, owner)
    later = datetime(2026, 7, 7, 12, tzinfo=UTC)
    await look(desk, owner, later)

    assert [(1,)] == await desk.rows(HELD)
    assert [("active",)] == await desk.rows("SELECT state FROM service")


async def test_who_was_held_for_the_policys_days_is_ended_without_a_person(desk, owner):
    await choose(desk, owner, deactivation_days=10)
    await desk.sell("bob", start=SOLD.date())
    await owe(desk, owner)
    await look(desk, owner, TO_BLOCK)

    await look(desk, owner, TO_BLOCK + timedelta(days=9))
    assert [("active",)] == await desk.rows("SELECT state FROM service")
    await look(desk, owner, TO_BLOCK + timedelta(days=13))

    assert [("terminated",)] == await desk.rows("SELECT state FROM service")


async def test_the_days_of_a_hold_that_ended_with_its_service_count_for_no_later_one(desk, owner):
    await choose(desk, owner, deactivation_days=10)
    await desk.sell("bob", start=SOLD.date())
    await owe(desk, owner)
    await look(desk, owner, TO_BLOCK)
    await look(desk, owner, TO_BLOCK + timedelta(days=13))
    await desk.sell("bob2", existing=True, subscriber="bob", start=SOLD.date())
    await look(desk, owner, TO_BLOCK + timedelta(days=14))
    ended = await desk.rows("SELECT state FROM service ORDER BY service_id")

    assert [("terminated",), ("active",)] == ended
    assert [(2,)] == await desk.rows(HELD)


async def test_a_service_sold_later_has_days_of_its_own_before_it_is_ended(desk, owner):
    await choose(desk, owner, deactivation_days=10)
    await desk.sell("bob", start=SOLD.date())
    await owe(desk, owner)
    await look(desk, owner, TO_BLOCK)
    await desk.sell("bob2", existing=True, subscriber="bob", start=SOLD.date())
    eighth = TO_BLOCK + timedelta(days=8)
    await look(desk, owner, eighth)
    states = "SELECT state FROM service ORDER BY service_id"

    thirteenth = await look(desk, owner, TO_BLOCK + timedelta(days=13))
    assert (0, 1) == (thirteenth.blocked, thirteenth.ended)
    assert [("terminated",), ("active",)] == await desk.rows(states)
    await look(desk, owner, eighth + timedelta(days=12))

    assert [("terminated",), ("terminated",)] == await desk.rows(states)


async def test_where_one_service_is_ended_another_that_was_never_held_is_blocked(desk, owner):
    await choose(desk, owner, deactivation_days=10)
    await desk.sell("bob", start=SOLD.date())
    await owe(desk, owner)
    await look(desk, owner, TO_BLOCK)
    await desk.sell("bob2", existing=True, subscriber="bob", start=SOLD.date())

    both = await look(desk, owner, TO_BLOCK + timedelta(days=13))

    assert (1, 1) == (both.blocked, both.ended)
    assert [("executed", 2)] == await desk.rows(BATCHES)


async def test_what_is_told_of_a_debt_is_of_the_hold_that_was_just_placed(desk, owner):
    await desk.sell("bob", start=SOLD.date())
    await owe(desk, owner)
    await look(desk, owner, datetime(2026, 7, 7, 12, tzinfo=UTC))

    assert [("blocked", date(2026, 9, 5))] == await desk.rows(
        "SELECT state, deactivate_on FROM standing"
    )


async def test_blocking_that_is_switched_off_meanwhile_stops(desk, owner, monkeypatch):
    monkeypatch.setattr(blocking, "DEBTORS_PER_TRANSACTION", 1)
    await sell(desk, 3)
    await owe(desk, owner)
    real = blocking.block

    async def block_and_switch_off(*args, **named):
        await choose(desk, owner, unattended_blocking=False)
        return await real(*args, **named)

    monkeypatch.setattr(blocking, "block", block_and_switch_off)

    assert 1 == (await look(desk, owner, TO_BLOCK)).blocked


async def test_nobody_is_warned_of_an_interruption_whose_service_has_ended(desk, owner):
    await desk.sell("bob", start=SOLD.date())
    await bill(desk, owner)
    await choose(desk, owner, deactivation_days=0, unattended_blocking=False)
    await bill(desk, owner, TO_BLOCK, by_hand=True)
    await choose(desk, owner, unattended_blocking=True)

    assert [("terminated",)] == await desk.rows("SELECT state FROM service")
    assert 0 == (await look(desk, owner, TO_BLOCK)).warned


async def test_a_month_billed_ahead_blocks_nobody_before_his_own_day(desk, owner):
    await sell(desk, 1)
    await run(desk.database, owner, through=date(2026, 4, 30), actor="ann", now=SOLD, by_hand=False)
    assert 0 == (await look(desk, owner, SOLD)).warned
    await warn_all(desk, OVERDUE)

    assert 0 == (await look(desk, owner, OVERDUE)).blocked
    assert 1 == (await look(desk, owner, TO_BLOCK)).blocked
