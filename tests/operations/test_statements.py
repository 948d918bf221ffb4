"""Statements are the ledger's; a payment moved is money that was never doubled."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from isp.errors import Refused
from operations import tenants
from operations.money import payments, statements
from operations.money.run import run

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
async def owner(desk):
    async with desk.transaction() as transaction:
        return await tenants.current(transaction)


async def billed(desk, owner, *logins: str) -> None:
    for login in logins:
        await desk.sell(login, start=NOW.date())
    await run(desk.database, owner, through=APRIL, actor="ann", now=NOW, by_hand=False)


async def pay(desk, owner, login: str, amount: str):
    async with desk.transaction() as transaction:
        return await payments.record(
            transaction,
            owner,
            login=login,
            amount=amount,
            method="bank",
            reference="r1",
            on=NOW.date(),
            actor="ann",
            now=NOW,
        )


async def move(desk, owner, payment_id: int, login: str):
    async with desk.transaction() as transaction:
        return await payments.move(
            transaction,
            owner,
            payment_id=payment_id,
            login=login,
            reason="wrong login",
            actor="ann",
            now=NOW,
        )


async def stated(desk, owner, login: str, since: date, until: date):
    async with desk.transaction() as transaction:
        return await statements.statement(transaction, owner, login=login, since=since, until=until)


async def test_a_statement_closes_where_the_next_one_opens(desk, owner):
    await billed(desk, owner, "bob")
    await pay(desk, owner, "bob", "20.00")
    march = await stated(desk, owner, "bob", MARCH, APRIL)
    april = await stated(desk, owner, "bob", APRIL, MAY)

    assert [Decimal("21.29"), Decimal("-20.00")] == [each.amount for each in march.movements]
    assert (Decimal(0), Decimal("1.29")) == (march.opening, march.closing)
    assert (Decimal("1.29"), Decimal("31.29")) == (april.opening, april.closing)
    assert april.closing == april.movements[-1].balance


async def test_a_statement_of_no_days_is_refused(desk, owner):
    await billed(desk, owner, "bob")
    with pytest.raises(Refused):
        await stated(desk, owner, "bob", APRIL, APRIL)


async def test_a_payment_moved_is_the_others_and_the_ledger_keeps_all(desk, owner):
    await billed(desk, owner, "bob", "cleo")
    wrong = await pay(desk, owner, "bob", "20.00")
    right = await move(desk, owner, wrong.payment_id, "cleo")
    bob, cleo = [await stated(desk, owner, each, MARCH, APRIL) for each in ("bob", "cleo")]

    assert (Decimal("21.29"), Decimal("1.29")) == (bob.closing, cleo.closing)
    assert 3 == len(bob.movements)
    assert Decimal("20.00") == right.allocated
    assert [(Decimal(0),)] == await desk.rows(
        "SELECT sum(amount) FROM ledger_entry GROUP BY currency"
    )


async def test_a_payment_is_moved_once_and_not_reported_anew(desk, owner):
    await billed(desk, owner, "bob", "cleo")
    wrong = await pay(desk, owner, "bob", "20.00")
    await move(desk, owner, wrong.payment_id, "cleo")
    with pytest.raises(Refused, match="reversed already"):
        await move(desk, owner, wrong.payment_id, "cleo")
    repeated = await pay(desk, owner, "bob", "20.00")

    assert (True, "reversed") == (repeated.repeated, repeated.state)


async def test_a_payment_is_not_moved_to_whom_it_has(desk, owner):
    await billed(desk, owner, "bob")
    paid = await pay(desk, owner, "bob", "20.00")
    with pytest.raises(Refused, match="already"):
        await move(desk, owner, paid.payment_id, "bob")
