"""The story of the money, on a real Postgres: billed, unpaid, blocked, paid, back; once each."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from isp.errors import Refused
from isp.service import HoldKind
from operations import service_record, services, tenants
from operations.money import foreseen, invoices, payments
from operations.money.policies import set_policy
from operations.money.preview import preview
from operations.money.run import run

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 10, 12, tzinfo=UTC)
FIRST_DUE = date(2026, 3, 24)


@pytest.fixture
async def owner(desk):
    async with desk.transaction() as transaction:
        return await tenants.current(transaction)


def at(day: int) -> datetime:
    return NOW.replace(day=day)


async def bill(desk, owner, through: date, *, by_hand: bool = True, now: datetime = NOW):
    return await run(desk.database, owner, through=through, actor="ann", now=now, by_hand=by_hand)


async def pay(desk, owner, amount: str, reference: str = "r1", on: date | None = None):
    async with desk.transaction() as transaction:
        return await payments.record(
            transaction,
            owner,
            login="bob",
            amount=amount,
            method="bank",
            reference=reference,
            on=on,
            actor="ann",
            now=NOW,
        )


async def access(desk) -> str:
    [(value,)] = await desk.rows("SELECT access FROM entitlement")
    return value


async def test_the_first_period_is_prorated_to_the_anchor_day_with_tax(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())

    [document] = await desk.rows("SELECT number, net, tax, total, due_on FROM invoice")
    # 22 of 31 days of 25.00
    assert (
        "INV-000001",
        Decimal("17.74"),
        Decimal("3.55"),
        Decimal("21.29"),
        FIRST_DUE,
    ) == document


async def test_the_dates_of_numbers_do_not_go_back(desk, owner, monkeypatch):
    """Several days are caught up with day by day, whoever's documents they are."""
    monkeypatch.setattr(foreseen, "SUBSCRIBERS_PER_TRANSACTION", 2)
    for login, start in (("a", 12), ("b", 10), ("c", 11), ("d", 10), ("e", 13)):
        await desk.sell(login, start=date(2026, 3, start))
    await bill(desk, owner, date(2026, 4, 2))
    days = [day for (day,) in await desk.rows("SELECT issued_on FROM invoice ORDER BY number")]

    assert 10 == len(days)
    assert sorted(days) == days


async def test_nobody_is_billed_for_many_months_at_once_without_a_person(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())
    year_later = date(2027, 3, 10)
    with pytest.raises(Refused, match="the last day billed, 365 days before"):
        await bill(desk, owner, year_later, by_hand=False)
    await bill(desk, owner, year_later)

    assert [(13,)] == await desk.rows("SELECT count(*) FROM invoice")


@pytest.mark.parametrize("change", [{"suspended_time": "credit"}, {"charge_last_day": True}])
async def test_another_policy_changes_nothing_of_the_days_before_it(desk, owner, change):
    """A pause that was charged, and an end that was not charged to its day, stay as they were."""
    bob = await desk.sell("bob", start=date(2026, 3, 10))
    eve = await desk.sell("eve", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())
    held = {"kind": HoldKind.OPERATOR, "actor": "ann"}
    async with desk.transaction() as transaction:
        await services.place_hold(transaction, bob, reason="move", now=at(13), **held)
        bob = await service_record.by_id(transaction, bob.service_id)
        await services.release_hold(transaction, bob, now=at(20), **held)
        await services.terminate(transaction, eve, actor="ann", now=at(21))
    await bill(desk, owner, date(2026, 3, 22), now=at(22))
    made = await desk.rows("SELECT number, total FROM invoice ORDER BY invoice_id")
    async with desk.transaction() as transaction:
        await set_policy(transaction, owner, changes=change, actor="ann", now=at(25))
    await bill(desk, owner, date(2026, 3, 26), now=at(26))

    assert made == await desk.rows("SELECT number, total FROM invoice ORDER BY invoice_id")


async def test_a_run_again_changes_nothing(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, date(2026, 5, 1))
    counted = "SELECT (SELECT count(*) FROM invoice), (SELECT count(*) FROM invoice_line),"
    counted += " (SELECT count(*) FROM ledger_entry), (SELECT sum(version) FROM entitlement)"
    before = await desk.rows(counted)
    again = await bill(desk, owner, date(2026, 5, 1))

    assert 0 == again.documents
    assert before == await desk.rows(counted)


async def test_unpaid_is_blocked_the_day_after_due_and_a_payment_lets_back_in(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, FIRST_DUE)

    assert "full" == await access(desk)
    result = await bill(desk, owner, date(2026, 3, 25))

    assert 1 == result.blocked
    assert "none" == await access(desk)
    await pay(desk, owner, "21.28", "short")

    assert "none" == await access(desk)
    await pay(desk, owner, "0.01", "rest")

    assert "full" == await access(desk)


async def test_a_payment_releases_no_other_hold(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10), holds=("abuse",))
    await bill(desk, owner, date(2026, 3, 25))
    await pay(desk, owner, "21.29")

    assert [("abuse",)] == await desk.rows("SELECT kind FROM hold WHERE released_at IS NULL")
    assert "none" == await access(desk)


async def test_a_repeated_payment_is_the_first_one(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    first = await pay(desk, owner, "10.00")
    second = await pay(desk, owner, "10.00")

    assert (False, True) == (first.repeated, second.repeated)
    assert [(1,)] == await desk.rows("SELECT count(*) FROM payment")
    with pytest.raises(Refused):
        await pay(desk, owner, "11.00")


async def test_a_surplus_pays_the_next_document(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())
    await pay(desk, owner, "30.00")
    await bill(desk, owner, date(2026, 4, 1))
    async with desk.transaction() as transaction:
        second, first = await invoices.invoices(transaction, login="bob")

    assert Decimal(0) == first.open
    assert Decimal("30.00") - Decimal("8.71") == second.open


async def test_every_ledger_transaction_sums_to_zero_and_the_receivable_is_what_is_open(
    desk, owner
):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, date(2026, 4, 1))
    await pay(desk, owner, "20.00")

    assert [] == await desk.rows(
        "SELECT 1 FROM ledger_entry GROUP BY ledger_transaction_id HAVING sum(amount) <> 0"
    )
    [(receivable,)] = await desk.rows(
        "SELECT sum(amount) FROM ledger_entry WHERE account = 'receivable'"
    )

    assert Decimal("31.29") == receivable


async def test_a_void_document_is_billed_again_once_under_a_new_number(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())
    async with desk.transaction() as transaction:
        void = await invoices.void(
            transaction, owner, number="INV-000001", reason="wrong", actor="ann", now=NOW
        )
    await bill(desk, owner, NOW.date())
    await bill(desk, owner, NOW.date())

    assert "void" == void.state
    assert [("INV-000001", "void"), ("INV-000002", "final")] == await desk.rows(
        "SELECT number, state FROM invoice ORDER BY number"
    )


async def test_a_document_is_made_void_once(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())
    async with desk.transaction() as transaction:
        await invoices.void(
            transaction, owner, number="INV-000001", reason="wrong", actor="ann", now=NOW
        )

    with pytest.raises(Refused, match="document INV-000001 is void"):
        async with desk.transaction() as transaction:
            await invoices.void(
                transaction, owner, number="INV-000001", reason="again", actor="ann", now=NOW
            )
    assert [(1,)] == await desk.rows("SELECT count(*) FROM ledger_transaction WHERE kind = 'void'")


async def test_the_preview_is_what_the_run_makes(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await desk.sell("eve", start=date(2026, 2, 10))
    seen = await preview(desk.database, owner, through=date(2026, 4, 30), now=NOW)
    await bill(desk, owner, date(2026, 4, 30))
    made = await desk.rows(
        "SELECT reference, issued_on, total FROM invoice JOIN subscriber USING (subscriber_id)"
        " ORDER BY reference, issued_on"
    )

    assert made == sorted(
        (each.subscriber, each.document.issued_on, each.document.total) for each in seen.documents
    )
    assert {"bob", "eve"} == set(seen.blocked)


async def test_nothing_before_invoiced_until_is_billed(desk, owner):
    await desk.sell(
        "bob",
        start=date(2024, 1, 1),
        invoiced_until=date(2026, 4, 1),
        opening_balance=Decimal("12.00"),
    )
    seen = await preview(desk.database, owner, through=date(2026, 4, 1), now=NOW)

    [document] = [each.document for each in seen.documents]
    assert date(2026, 4, 1) == document.period.start
    assert [("opening_balance", Decimal("12.00"))] == await desk.rows(
        "SELECT kind, total FROM invoice"
    )


async def test_catching_up_with_a_past_day_blocks_nobody_who_has_paid_since(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, date(2026, 3, 10))
    async with desk.transaction() as transaction:
        await payments.record(
            transaction,
            owner,
            login="bob",
            amount="200.00",
            method="bank",
            on=date(2026, 6, 1),
            actor="ann",
            now=LATER,
        )
    past = {"through": date(2026, 4, 30), "now": LATER}
    seen = await preview(desk.database, owner, **past)
    made = await run(desk.database, owner, **past, actor="ann", by_hand=True)

    assert ((), 0, 1) == (seen.blocked, made.blocked, made.documents)
    assert "full" == await access(desk)


async def test_a_preview_of_a_past_day_judges_as_the_run_would(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    past = {"through": date(2026, 3, 10), "now": NOW.replace(month=4)}
    seen = await preview(desk.database, owner, **past)
    made = await run(desk.database, owner, **past, actor="ann", by_hand=True)

    assert (("bob",), 1) == (seen.blocked, made.blocked)


async def test_who_was_held_for_debt_before_stays_held_until_he_pays(desk, owner):
    await desk.sell(
        "bob",
        start=date(2024, 1, 1),
        invoiced_until=date(2026, 4, 1),
        opening_balance=Decimal("12.00"),
        holds=("unpaid",),
    )
    await bill(desk, owner, NOW.date())

    assert "none" == await access(desk)
    await pay(desk, owner, "12.00")

    assert "full" == await access(desk)


async def test_debtors_past_deactivation_are_terminated(desk, owner):
    async with desk.transaction() as transaction:
        await set_policy(
            transaction, owner, changes={"deactivation_days": 10}, actor="ann", now=NOW
        )
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, date(2026, 3, 25))
    result = await bill(desk, owner, date(2026, 4, 10))

    assert 1 == result.terminated
    assert "none" == await access(desk)


async def test_a_payment_of_a_day_to_come_is_refused(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))

    with pytest.raises(Refused, match="has come on 2026-03-11 yet"):
        await pay(desk, owner, "10.00", on=date(2026, 3, 11))


@pytest.mark.parametrize(
    "reference", ["r\x1b[2J", "r\0", "", "r" * (payments.WORD_CHARACTERS_MAX + 1)]
)
async def test_a_reference_that_cannot_be_kept_and_listed_is_refused(desk, owner, reference):
    await desk.sell("bob", start=date(2026, 3, 10))

    with pytest.raises(Refused, match="the reference"):
        await pay(desk, owner, "10.00", reference)


async def test_a_payment_with_the_longest_reference_can_be_moved(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await desk.sell("eve", start=date(2026, 3, 10))
    made = await pay(desk, owner, "10.00", "r" * payments.WORD_CHARACTERS_MAX)
    async with desk.transaction() as transaction:
        moved = await payments.move(
            transaction, owner, payment_id=made.payment_id, login="eve", reason="x", actor="ann",
            now=NOW,
        )  # fmt: skip

    assert moved.reference.endswith(f"rrr (payment {made.payment_id})")


async def test_after_a_reversal_the_oldest_document_is_the_one_still_paid(desk, owner):
    """What is open of each document is what the debt is judged by: the oldest is paid first."""
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, date(2026, 4, 1))
    first = await pay(desk, owner, "21.29", "r1")
    await pay(desk, owner, "30.00", "r2")
    async with desk.transaction() as transaction:
        await payments.reverse(
            transaction, owner, payment_id=first.payment_id, reason="bounced", actor="ann", now=NOW
        )
        second, first = await invoices.invoices(transaction, login="bob")

    assert (Decimal(0), Decimal("21.29")) == (first.open, second.open)


async def test_a_reversal_leaves_allocations_released_before_as_they_are(desk, owner):
    await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())
    made = [await pay(desk, owner, "5.00", reference) for reference in ("r1", "r2")]
    versions = []
    for each in made:
        async with desk.transaction() as transaction:
            await payments.reverse(
                transaction, owner, payment_id=each.payment_id, reason="x", actor="ann", now=NOW
            )
        versions.append(
            await desk.rows(
                "SELECT payment_allocation_id, xmin::text FROM payment_allocation WHERE released"
            )
        )
    first, second = map(set, versions)

    assert first
    assert first < second


async def test_a_document_that_another_corrects_is_not_made_void(desk, owner):
    """What was given back of it would be given for nothing."""
    sold = await desk.sell("bob", start=date(2026, 3, 10))
    await bill(desk, owner, NOW.date())
    async with desk.transaction() as transaction:
        await services.terminate(transaction, sold, actor="ann", now=NOW)
    await bill(desk, owner, NOW.date())

    with pytest.raises(Refused, match="INV-000001 was corrected by CN-000001"):
        async with desk.transaction() as transaction:
            await invoices.void(
                transaction, owner, number="INV-000001", reason="wrong", actor="ann", now=NOW
            )
