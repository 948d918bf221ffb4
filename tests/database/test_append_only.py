"""Money, documents and the audit are written once; the books balance at every commit."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from chassis.clock import SystemClock
from database.append_only import CHANGEABLE, FINAL_STATES
from database.connect import Database, Role
from database.tables import metadata
from database.tables.billing import invoice, ledger_entry, ledger_transaction, payment
from tests.support.every_table import fill_every_table

Open = Callable[[Role], Database]
NOW = SystemClock().now()
REWRITABLE = {
    (name, column.name)
    for name in CHANGEABLE
    for column in metadata.tables[name].columns
    if column.name not in CHANGEABLE[name]
}


@pytest.fixture
async def filled(database: Open) -> Database:
    """A row in every table, seen by the owner, whom no privilege holds back."""
    owner = database(Role.OWNER)
    async with owner.transaction() as transaction:
        await fill_every_table(transaction, 1, NOW)
    return owner


@pytest.mark.parametrize("name", CHANGEABLE)
async def test_not_even_the_owner_rewrites_deletes_or_empties(filled: Database, name: str):
    table = metadata.tables[name]
    keys = {column.name for column in table.primary_key.columns}
    statements = [delete(table), text(f"TRUNCATE {name} CASCADE")]
    statements += [
        update(table).values({column: _another(table.c[column])})
        for of, column in REWRITABLE
        if of == name and column not in keys
    ]
    async with filled.transaction() as transaction:
        for statement in statements:
            with pytest.raises(DBAPIError, match=r"is refused: its rows are kept"):
                async with transaction.begin_nested():
                    await transaction.execute(statement)


@pytest.mark.parametrize("table", [invoice, payment], ids=str)
async def test_a_state_may_change_once_to_the_one_that_is_final(filled: Database, table):
    first = await _state(filled, table)
    async with filled.transaction() as transaction:
        await transaction.execute(update(table).values(state=FINAL_STATES[table.name]))
    with pytest.raises(DBAPIError, match="is refused"):
        async with filled.transaction() as transaction:
            await transaction.execute(update(table).values(state=first))

    assert FINAL_STATES[table.name] == await _state(filled, table)


async def test_a_ledger_transaction_that_balances_is_kept(database: Open):
    await _post(database(Role.COMMAND), [("receivable", 120), ("revenue", -100), ("tax:vat", -20)])
    async with database(Role.COMMAND).transaction(1) as transaction:
        amounts = (await transaction.execute(select(ledger_entry.c.amount))).scalars().all()

    assert Decimal(0) == sum(amounts)
    assert 3 == len(amounts)


async def test_a_ledger_transaction_out_of_balance_does_not_commit(database: Open):
    with pytest.raises(DBAPIError, match=r"out of balance by 20 USD"):
        await _post(database(Role.COMMAND), [("receivable", 120), ("revenue", -100)])


async def test_each_currency_balances_by_itself(database: Open):
    with pytest.raises(DBAPIError, match="out of balance"):
        await _post(database(Role.COMMAND), [("receivable", 100, "USD"), ("revenue", -100, "EUR")])


async def test_an_entry_added_later_must_balance_too(database: Open):
    command = database(Role.COMMAND)
    key = await _post(command, [("receivable", 100), ("revenue", -100)])
    with pytest.raises(DBAPIError, match="out of balance"):
        async with command.transaction(1) as transaction:
            await transaction.execute(insert(ledger_entry).values(_entry(key, 9, "revenue", -1)))


async def _post(database: Database, entries: list[tuple]) -> int:
    async with database.transaction(1) as transaction:
        made = await transaction.execute(
            insert(ledger_transaction)
            .values(
                tenant_id=1,
                subscriber_id=0,
                kind="invoice",
                source_key="invoice:1",
                on_date=NOW.date(),
                at=NOW,
                actor="test",
            )
            .returning(ledger_transaction.c.ledger_transaction_id)
        )
        key = made.scalar_one()
        for position, entry in enumerate(entries):
            await transaction.execute(insert(ledger_entry).values(_entry(key, position, *entry)))
    return key


def _entry(key: int, position: int, account: str, amount: int, currency: str = "USD") -> dict:
    return {
        "ledger_transaction_id": key,
        "position": position,
        "tenant_id": 1,
        "subscriber_id": 0,
        "account": account,
        "amount": amount,
        "currency": currency,
    }


def _another(column):
    """A value that the column does not have."""
    literals = {"DATE": "'1999-01-01'", "JSONB": "'{\"a\": 1}'", "TEXT": "'another'"}
    literals |= {"DATETIME": "'1999-01-01Z'"}
    return text(literals.get(column.type.__class__.__name__.upper(), "-7"))


async def _state(database: Database, table) -> str:
    async with database.transaction() as transaction:
        return (await transaction.execute(select(table.c.state))).scalar_one()
