"""A billing run killed in the middle, repeated, beside others: the same documents, once each."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.config import DatabaseConfig
from operations import tenants
from operations.import_rows import read_rows
from operations.importing import import_file
from operations.money import payments
from operations.money.foreseen import SUBSCRIBERS_PER_TRANSACTION
from operations.money.run import run
from tests.operations.conftest import Desk

NOW = datetime.now(UTC)
TODAY = NOW.date()
MONTHS_AGO = TODAY - timedelta(days=70)
SUBSCRIBERS = SUBSCRIBERS_PER_TRANSACTION + 10
PAYING = 20
PATIENCE_SECONDS = 60
COMMAND = ("turnpike", "billing", "run", "--through", str(TODAY))
DAEMON = ("billingd",)

DOCUMENTS = """
    SELECT subscriber.reference, kind, issued_on, due_on, period_from, period_to, net, tax, total
      FROM invoice JOIN subscriber USING (subscriber_id) ORDER BY 1, 3, 9
"""
GAPS = """
    SELECT number FROM (
        SELECT number, row_number() OVER (ORDER BY number) AS at FROM invoice
         WHERE number LIKE 'INV-%'
    ) AS numbered WHERE number <> 'INV-' || lpad(at::text, 6, '0')
"""


async def enrol(desk: Desk) -> None:
    """More subscribers than one transaction of a run bills; the last has the highest id."""
    lines = [f"line-{n:04},secret,gold,{MONTHS_AGO}" for n in range(SUBSCRIBERS)]
    async with desk.transaction() as transaction:
        imported = await import_file(
            transaction,
            read_rows("\n".join(["login,password,plan,start", *lines]).encode()),
            source="file.csv",
            keys=desk.keys,
            actor="ann",
            now=NOW,
        )
    assert (SUBSCRIBERS, ()) == (imported.added, imported.faults)


@pytest.fixture
def environment(database_config: DatabaseConfig, tmp_path: Path) -> Mapping[str, str]:
    """Of a process that works on this test's database."""
    assert database_config.url is not None
    return os.environ | {
        "TURNPIKE_DATABASE__URL": database_config.url.reveal(),
        "TURNPIKE_DATABASE__PASSWORD_FILE": str(database_config.password_file),
        "TURNPIKE_DATABASE__DATA": str(tmp_path),
        "TURNPIKE_BILLINGD__RUN_AT": "00:00",
        "TURNPIKE_CHASSIS__HEALTH_PORT_BASE": "0",
    }


async def until_some_are_billed(desk: Desk, process: subprocess.Popen[bytes]) -> int:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            ((made,),) = await desk.rows("SELECT count(*) FROM invoice")
            if made:
                return int(made)
            assert process.poll() is None, "it ended before it billed anything"
            await asyncio.sleep(0.1)


async def bill_today(desk: Desk) -> None:
    async with desk.transaction() as transaction:
        owner = await tenants.current(transaction)
    await run(desk.database, owner, through=TODAY, actor="ann", now=NOW, by_hand=False)


async def money_is_right(desk: Desk) -> None:
    assert [] == await desk.rows(GAPS)
    assert [] == await desk.rows(
        "SELECT 1 FROM ledger_entry GROUP BY ledger_transaction_id HAVING sum(amount) <> 0"
    )
    assert [] == await desk.rows(
        "SELECT invoice_id FROM payment_allocation WHERE NOT released GROUP BY invoice_id"
        " HAVING sum(amount) > (SELECT total FROM invoice i"
        " WHERE i.invoice_id = payment_allocation.invoice_id)"
    )
    ((owed, documents, paid),) = await desk.rows(
        "SELECT (SELECT sum(amount) FROM ledger_entry WHERE account = 'receivable'),"
        " (SELECT sum(total) FROM invoice WHERE state = 'final'),"
        " (SELECT coalesce(sum(amount), 0) FROM payment WHERE state = 'received')"
    )
    assert owed == documents - paid


@pytest.mark.parametrize("victim", [COMMAND, DAEMON], ids=["command", "billingd"])
async def test_a_run_killed_between_two_chunks_goes_on_where_it_was(desk, environment, victim):
    await enrol(desk)
    async with desk.billingd.transaction() as transaction:
        await transaction.execute(
            text("INSERT INTO billing_progress (tenant_id, billed_through) VALUES (1, :day)"),
            {"day": MONTHS_AGO},
        )
    async with desk.transaction() as holding:
        # Its second chunk waits for this row, so the kill meets it in the middle.
        await holding.execute(
            text("SELECT 1 FROM subscriber ORDER BY subscriber_id DESC LIMIT 1 FOR UPDATE")
        )
        process = subprocess.Popen(
            [sys.executable, "-m", *victim],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            made = await until_some_are_billed(desk, process)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)

    assert 0 < made < len(await documents_of_a_whole_run(desk))
    await money_is_right(desk)


async def documents_of_a_whole_run(desk: Desk) -> list[tuple[object, ...]]:
    """The run again, and once more; every subscriber was sold the same, so has the same bills."""
    await bill_today(desk)
    first = await desk.rows(DOCUMENTS)
    await bill_today(desk)
    assert first == await desk.rows(DOCUMENTS)
    bills: dict[object, list[object]] = {}
    for subscriber, *bill in first:
        bills.setdefault(subscriber, []).append(tuple(bill))
    assert SUBSCRIBERS == len(bills)
    assert 1 == len({tuple(each) for each in bills.values()})
    return first


async def test_runs_beside_each_other_and_payments_double_nothing(desk):
    await enrol(desk)
    async with desk.transaction() as transaction:
        owner = await tenants.current(transaction)

    async def bill(through: date, by_hand: bool) -> None:
        await run(desk.database, owner, through=through, actor="ann", now=NOW, by_hand=by_hand)

    async def pay(line: int) -> None:
        async with desk.transaction() as transaction:
            await payments.record(
                transaction,
                owner,
                login=f"line-{line:04}",
                amount="30.00",
                method="bank",
                reference=f"r{line}",
                actor="ann",
                now=NOW,
            )

    await asyncio.gather(
        bill(TODAY, False),
        bill(TODAY - timedelta(days=20), False),
        bill(TODAY, False),
        *(pay(line) for line in range(PAYING) for _told_again in range(2)),
    )
    await documents_of_a_whole_run(desk)

    assert [(PAYING,)] == await desk.rows("SELECT count(*) FROM payment")
    await money_is_right(desk)
