"""A file of payments, as a bank or a collector gives it: all are checked, then each is recorded.

Each payment is a transaction of its own, so that no account waits for another. Where one of them is
refused after all, those before it stay recorded; told again, a file records only what is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
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

KEYS_AT_ONCE: Final = 1_000
"""How many payments are looked for at once: Postgres takes 65,535 parameters in a statement."""


def _received(text: str) -> Decimal:
    amount = parse_money(text)
    if amount <= 0:
        raise Refused(f"{text!r} is not more than nothing", remedy="give the amount received")
    return amount


FILE: Final = Columns(
    readers={
        "login": partial(payments.word, what="login"),
        "amount": _received,
        "reference": partial(payments.word, what="reference"),
        "method": partial(payments.word, what="method"),
        "on": parse_date,
    },
    required=("login", "amount", "reference"),
)
"""The columns of the file; `method` is `bank` and `on` is today where they are not said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedPayments:
    """What came of a file: counts, and the faults.

    With a fault that was found beforehand nothing is recorded; where a payment was refused when its
    turn came, the counts are of those before it.
    """

    recorded: int = 0
    repeated: int = 0
    total: Decimal = Decimal(0)
    faults: tuple[Fault, ...] = ()

    def and_one(self, amount: Decimal, *, new: bool) -> "ImportedPayments":
        """The counts with one more payment."""
        if not new:
            return replace(self, repeated=self.repeated + 1)
        return replace(self, recorded=self.recorded + 1, total=self.total + amount)


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
    """Record the payments of a file that are not there yet; none of them where a row is at fault.

    All rows are looked at before the first is recorded. One that is refused only then ends it.
    """
    rows = {line: {"method": USUAL_METHOD} | dict(row) for line, row in table.values.items()}
    async with database.transaction(owner.tenant_id) as transaction:
        there = await _recorded_before(transaction, owner, list(rows.values()))
        latest = await as_of(transaction, owner, now)
        faults = {*table.faults, *repeated(rows, "reference", _named, "give each its own")}
        bad = {fault.line for fault in faults}
        for line, row in rows.items():
            if line not in bad:
                faults |= set(await _faults(transaction, owner, line, row, there, latest))
    if faults:
        return ImportedPayments(faults=tuple(sorted(faults)))
    made = ImportedPayments(repeated=sum(_key(row) in there for row in rows.values()))
    for line, row in rows.items():
        if _key(row) in there:
            continue
        try:
            new = dry_run or await _recorded(database, owner, row, actor, now)
        except Refused as refused:
            return replace(made, faults=(_fault(line, "", refused),))
        made = made.and_one(row["amount"], new=new)
        progress()
    return made


async def _recorded(
    database: Database, owner: Tenant, row: Mapping[str, Any], actor: str, now: datetime
) -> bool:
    """Record one payment; whether it was not there. Raises Refused."""
    async with database.transaction(owner.tenant_id) as transaction:
        made = await payments.record(
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
    return not made.repeated


async def _recorded_before(
    transaction: AsyncConnection, owner: Tenant, rows: Sequence[Mapping[str, Any]]
) -> Mapping[tuple[str, str], tuple[int, Decimal]]:
    """Of these rows the payments that are there: the subscriber and the amount by their key."""
    keys = [_key(row) for row in rows if "reference" in row]
    there: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for at in range(0, len(keys), KEYS_AT_ONCE):
        found = await transaction.execute(
            select(payment).where(
                payment.c.tenant_id == owner.tenant_id,
                tuple_(payment.c.method, payment.c.reference).in_(keys[at : at + KEYS_AT_ONCE]),
            )
        )
        there |= {(row.method, row.reference): (row.subscriber_id, row.amount) for row in found}
    return there


async def _faults(
    transaction: AsyncConnection,
    owner: Tenant,
    line: int,
    row: Mapping[str, Any],
    there: Mapping[tuple[str, str], tuple[int, Decimal]],
    latest: date,
) -> list[Fault]:
    """What the database has against a row that could be read."""
    column = "login"
    try:
        found = await service_record.by_login(transaction, row["login"])
        column = "amount"
        amount = money(row["amount"], owner.currency, "amount")
        column = "on"
        payments.refuse_to_come(row.get("on"), latest)
        column = "reference"
        if there.get(_key(row), (found.subscriber_id, amount)) != (found.subscriber_id, amount):
            raise payments.told_otherwise(*_key(row))
    except Refused as refused:
        return [_fault(line, column, refused)]
    return []


def _fault(line: int, column: str, refused: Refused) -> Fault:
    return Fault(line=line, column=column, problem=refused.problem, remedy=refused.remedy)


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["method"], row["reference"]


def _named(row: Mapping[str, Any]) -> Sequence[str]:
    return [" ".join(_key(row))] if "reference" in row else []
