"""A file of payments, on a real Postgres: what is wrong is told by line, what is right is kept."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from operations import tenants
from operations.csv_table import read_table
from operations.money import payments
from operations.money.payment_import import FILE, import_payments
from operations.money.payments import WORD_CHARACTERS_MAX

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MORE_THAN_A_STATEMENT_TAKES = 33_000


@pytest.fixture
async def tell(desk):
    """Tells a file of payments, without its header."""
    await desk.sell("bob", start=date(2026, 3, 10))
    async with desk.transaction() as transaction:
        owner = await tenants.current(transaction)

    async def told(rows: str, **more: object):
        table = read_table(f"login,amount,reference,method\n{rows}".encode(), FILE)
        return await import_payments(desk.database, owner, table, actor="ann", now=NOW, **more)

    return told


async def test_a_file_may_have_more_rows_than_a_statement_has_parameters(tell):
    await tell("bob,1.00,r32999,")
    rows = "".join(f"bob,nothing,r{n},\n" for n in range(MORE_THAN_A_STATEMENT_TAKES))
    made = await tell(rows)

    assert MORE_THAN_A_STATEMENT_TAKES == len(made.faults)
    assert {"amount"} == {fault.column for fault in made.faults}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("bo\0b,1.00,r1,bank", "login"),
        ("bob,1.00,r\x1b[2J,bank", "reference"),
        ("bob,1.00,r1,ba\0nk", "method"),
        (f"{'b' * (WORD_CHARACTERS_MAX + 1)},1.00,r1,bank", "login"),
        (f"bob,1.00,{'r' * (WORD_CHARACTERS_MAX + 1)},bank", "reference"),
        (f"bob,1.00,r1,{'b' * (WORD_CHARACTERS_MAX + 1)}", "method"),
    ],
)
async def test_text_that_cannot_be_printed_or_has_no_end_is_a_fault_of_its_column(
    tell, row, column
):
    made = await tell(f"bob,1.00,r0,bank\n{row}\n")

    assert [(3, column)] == [(fault.line, fault.column) for fault in made.faults]
    assert all(str(fault).isprintable() for fault in made.faults)
    assert 0 == made.recorded


async def test_the_longest_words_are_recorded(tell):
    widest = "\N{MUSICAL SYMBOL G CLEF}" * WORD_CHARACTERS_MAX

    assert 1 == (await tell(f"bob,1.00,{widest},{widest}\n")).recorded


@pytest.fixture
def recorded_elsewhere(desk, monkeypatch):
    """Another desk records r2 when the file has come to it; gives what sets its amount."""
    record = payments.record

    def elsewhere(amount: str) -> None:
        async def late(transaction, owner, **row):
            if row["reference"] == "r2":
                async with desk.transaction() as other:
                    await record(other, owner, **(row | {"amount": amount}))
            return await record(transaction, owner, **row)

        monkeypatch.setattr(payments, "record", late)

    return elsewhere


ROWS = "bob,1.00,r1,\nbob,2.00,r2,\nbob,4.00,r3,\n"


async def test_a_payment_refused_in_its_turn_is_told_with_what_was_recorded_before(
    desk, tell, recorded_elsewhere
):
    recorded_elsewhere("9.00")
    made = await tell(ROWS)

    assert [(3, "bank r2 was recorded before, with another amount or subscriber")] == [
        (fault.line, fault.problem) for fault in made.faults
    ]
    assert (1, 0, Decimal("1.00")) == (made.recorded, made.repeated, made.total)
    assert [("r1",), ("r2",)] == await desk.rows("SELECT reference FROM payment ORDER BY reference")


async def test_a_payment_that_another_desk_recorded_meanwhile_counts_as_recorded_before(
    tell, recorded_elsewhere
):
    recorded_elsewhere("2.00")
    made = await tell(ROWS)

    assert (2, 1, Decimal("5.00"), ()) == (
        made.recorded,
        made.repeated,
        made.total,
        made.faults,
    )
