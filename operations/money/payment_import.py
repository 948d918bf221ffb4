"""A file of payments, as a bank or a collector gives it: all are checked, then each is recorded.

Each payment is a transaction of its own, so that no account waits for another; told again, a file
records only what is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.money import money
from database.connect import Database
from database.tables.billing import payment
from isp.errors import Refused
from operations import service_record
from operations.csv_table import Columns, CsvTable, Fault, repeated
from operations.money import payments
from operations.money.standing import as_of
from operations.quantities import parse_date, parse_money
from operations.tenants import Tenant

__all__ = ["FILE", "ImportedPayments", "import_payments"]

USUAL_METHOD: Final = "bank"


def _received(text: str) -> Decimal:
    amount = parse_money(text)
    if amount <= 0:
        raise Refused(f"{text!r} is not more than nothing", remedy="give the amount received")
    return amount


FILE: Final = Columns(
    readers={
        "login": str,
        "amount": _received,
        "reference": str,
        "method": str,
        "on": parse_date,
    },
    required=("login", "amount", "reference"),
)
"""The columns of the file; `method` is `bank` and `on` is today where they are not said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedPayments:
    """What came of a file: counts, and every fault; with one of them nothing is recorded."""

    recorded: int = 0
    repeated: int = 0
    total: Decimal = Decimal(0)
    faults: tuple[Fault, ...] = ()


async def import_payments(
    database: Database,
    owner: Tenant,
    table: CsvTable,
    *,
    dry_run: bool = False,
    actor: str,
    now: datetime,
    progress: Callable[[], None] = lambda: None,
) -> ImportedPayments:
    """Record the payments of a file that are not there yet; none of them where one is at fault."""
    rows = {line: {"method": USUAL_METHOD} | dict(row) for line, row in table.values.items()}
    async with database.transaction(owner.tenant_id) as transaction:
        there = await _recorded_before(transaction, owner, list(rows.values()))
        faults = {*table.faults, *repeated(rows, "reference", _named, "give each its own")}
        for line, row in rows.items():
            if not any(fault.line == line for fault in faults):
                faults |= set(await _faults(transaction, owner, line, row, there, now))
    if faults:
        return ImportedPayments(faults=tuple(sorted(faults)))
    new = [row for row in rows.values() if _key(row) not in there]
    for row in [] if dry_run else new:
        async with database.transaction(owner.tenant_id) as transaction:
            await payments.record(
                transaction,
                owner,
                login=row["login"],
                amount=str(row["amount"]),
                method=row["method"],
                reference=row["reference"],
                on=row.get("on"),
                actor=actor,
                now=now,
            )
        progress()
    return ImportedPayments(
        recorded=len(new),
        repeated=len(rows) - len(new),
        total=sum((row["amount"] for row in new), Decimal(0)),
    )


async def _recorded_before(
    transaction: AsyncConnection, owner: Tenant, rows: Sequence[Mapping[str, Any]]
) -> Mapping[tuple[str, str], tuple[int, Decimal]]:
    """Of these rows the payments that are there: the subscriber and the amount by their key."""
    keys = [_key(row) for row in rows if "reference" in row]
    found = await transaction.execute(
        select(payment).where(
            payment.c.tenant_id == owner.tenant_id,
            tuple_(payment.c.method, payment.c.reference).in_(keys),
        )
    )
    return {(row.method, row.reference): (row.subscriber_id, row.amount) for row in found}


async def _faults(
    transaction: AsyncConnection,
    owner: Tenant,
    line: int,
    row: Mapping[str, Any],
    there: Mapping[tuple[str, str], tuple[int, Decimal]],
    now: datetime,
) -> list[Fault]:
    """What the database has against a row that could be read."""
    column = "login"
    try:
        found = await service_record.by_login(transaction, row["login"])
        column = "amount"
        amount = money(row["amount"], owner.currency, "amount")
        column = "on"
        payments.refuse_to_come(row.get("on"), await as_of(transaction, owner, now))
        column = "reference"
        if there.get(_key(row), (found.subscriber_id, amount)) != (found.subscriber_id, amount):
            raise payments.told_otherwise(*_key(row))
    except Refused as refused:
        problem, remedy = refused.problem, refused.remedy
        return [Fault(line=line, column=column, problem=problem, remedy=remedy)]
    return []


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["method"], row["reference"]


def _named(row: Mapping[str, Any]) -> Sequence[str]:
    return [" ".join(_key(row))] if "reference" in row else []
