"""The warning before a block: sent while money is short, and before anybody is blocked."""

from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest

from billingd.config import BillingdConfig
from billingd.jobs import Jobs
from chassis.clock import ManualClock
from gateways import mail
from operations import tenants
from operations.money import blocking, invoices, payments
from operations.money.policies import set_policy
from operations.money.run import run

NOW = datetime(2026, 3, 26, 12, tzinfo=UTC)
BY_MAIL = BillingdConfig(smtp_host="mail.example")
STATES = "SELECT state FROM job WHERE kind = 'dunning.warning' ORDER BY job_id"


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    sent: list[EmailMessage] = []
    monkeypatch.setattr(mail, "_send", lambda _, letter: sent.append(letter))
    return sent


@pytest.fixture
async def owner(desk):
    """The provider of bob, who owes for March and is to be warned."""
    async with desk.transaction() as transaction:
        owner = await tenants.current(transaction)
    await choose(desk, owner, unattended_blocking=True, blocking_days=7)
    await desk.sell("bob", start=date(2026, 3, 10), email="bob@x.example")
    begun = NOW.replace(day=10)
    await run(desk.database, owner, through=begun.date(), actor="ann", now=begun, by_hand=True)
    await look(desk, owner)
    assert [("waiting",)] == await desk.rows(STATES)
    return owner


async def look(desk, owner) -> None:
    await blocking.look(desk.billingd, owner, NOW)


async def send(desk) -> None:
    await Jobs(desk.billingd, ManualClock(NOW)).tell(BY_MAIL)


async def choose(desk, owner, **changes: object) -> None:
    async with desk.transaction() as transaction:
        await set_policy(transaction, owner, changes=changes, actor="ann", now=NOW)


async def pay(desk, owner, amount: str = "21.29") -> int:
    async with desk.transaction() as transaction:
        paid = await payments.record(
            transaction, owner, login="bob", amount=amount, method="bank", reference="r1",
            actor="ann", now=NOW,
        )  # fmt: skip
    return paid.payment_id


async def test_a_warning_goes_out_while_the_money_is_short(desk, owner, letters):
    await send(desk)

    assert ["default: 21.29 USD overdue"] == [each["Subject"] for each in letters]
    assert [("done",)] == await desk.rows(STATES)


async def test_nobody_is_warned_whose_money_has_come_meanwhile(desk, owner, letters):
    await pay(desk, owner)
    await send(desk)

    assert [] == letters
    assert [("moot",)] == await desk.rows(STATES)


async def test_nobody_is_warned_for_a_document_that_is_void_meanwhile(desk, owner, letters):
    async with desk.transaction() as transaction:
        await invoices.void(
            transaction, owner, number="INV-000001", reason="wrong", actor="ann", now=NOW
        )
    await send(desk)

    assert [] == letters
    assert [("moot",)] == await desk.rows(STATES)


async def test_a_warning_that_a_payment_overtook_goes_out_once_it_is_reversed(desk, owner, letters):
    paid = await pay(desk, owner)
    await send(desk)
    async with desk.transaction() as transaction:
        await payments.reverse(
            transaction, owner, payment_id=paid, reason="bounced", actor="ann", now=NOW
        )
    await look(desk, owner)
    await send(desk)
    await look(desk, owner)
    await send(desk)

    assert ["default: 21.29 USD overdue"] == [each["Subject"] for each in letters]
    assert [("done",)] == await desk.rows(STATES)


async def test_a_policy_changed_at_noon_warns_at_noon(desk, owner, letters):
    """What is told of a debt is judged anew with the warning, and not first at midnight."""
    await choose(desk, owner, block_threshold="50.00")
    await pay(desk, owner, "1.00")
    await look(desk, owner)
    await send(desk)
    assert [("moot",)] == await desk.rows(STATES)

    await choose(desk, owner, block_threshold=None)
    await look(desk, owner)
    await send(desk)

    assert ["default: 20.29 USD overdue"] == [each["Subject"] for each in letters]
    assert [("done",)] == await desk.rows(STATES)
