"""Importing a file into a database: all or none, idempotent updates, balances carried over."""

from datetime import date
from decimal import Decimal

from operations.import_rejects import rejects_csv
from operations.import_rows import read_rows
from operations.importing import Imported, import_file
from tests.operations.conftest import NOW, Desk

FILE = (
    "login,password,plan,subscriber,name,opening_balance,invoiced_until,holds,address,billing\n"
    "ann,s1,gold,S1,Ann,30.00,2026-04-01,,192.0.2.7,\n"
    "ann-2,s2,gold,S1,,,2026-04-01,,,\n"
    "bob,s3,gold,,Bob,-5.50,,unpaid,,\n"
    "lab,s4,gold,,,,,,,off\n"
)


async def bring(desk: Desk, text: str, **options: bool) -> Imported:
    async with desk.transaction() as transaction:
        return await import_file(
            transaction,
            read_rows(text.encode()),
            source="file.csv",
            keys=desk.keys,
            actor="ann",
            now=NOW,
            **options,
        )


async def told(desk: Desk, text: str, **options: bool) -> list[str]:
    return [str(fault) for fault in (await bring(desk, text, **options)).faults]


async def count(desk: Desk, table: str) -> int:
    ((rows,),) = await desk.rows(f"SELECT count(*) FROM {table}")
    return rows


async def test_a_file_becomes_subscribers_services_and_entitlements(desk: Desk) -> None:
    imported = await bring(desk, FILE)

    assert (4, 0, 0, ()) == (
        imported.added,
        imported.updated,
        imported.unchanged,
        imported.faults,
    )
    assert [
        ("S1", "Ann", True, 2),
        ("bob", "Bob", True, 1),
        ("lab", None, False, 1),
    ] == await desk.rows(
        "SELECT reference, b.name, billing, count(*) FROM subscriber b JOIN service "
        "USING (subscriber_id) GROUP BY b.subscriber_id ORDER BY reference"
    )
    assert [
        ("ann", "full", date(2026, 4, 1)),
        ("ann-2", "full", date(2026, 4, 1)),
        ("bob", "none", None),
        ("lab", "full", None),
    ] == await desk.rows(
        "SELECT name, access, invoiced_until FROM service JOIN entitlement USING (service_id) "
        "ORDER BY name"
    )


async def test_what_was_owed_is_a_document_to_be_paid_and_the_ledger_balances(desk: Desk) -> None:
    await bring(desk, FILE)

    assert [
        ("S1", "OB-000001", Decimal("30.00")),
        ("bob", "OB-000002", Decimal("-5.50")),
    ] == await desk.rows(
        "SELECT reference, number, total FROM invoice JOIN subscriber "
        "USING (subscriber_id) WHERE kind = 'opening_balance' ORDER BY number"
    )
    assert [
        ("S1", "opening", Decimal("-30.00")),
        ("S1", "receivable", Decimal("30.00")),
        ("bob", "opening", Decimal("5.50")),
        ("bob", "receivable", Decimal("-5.50")),
    ] == await desk.rows(
        "SELECT reference, account, amount FROM ledger_entry JOIN subscriber "
        "USING (subscriber_id) ORDER BY reference, account"
    )


async def test_one_bad_row_keeps_every_row_out_and_all_are_told(desk: Desk) -> None:
    await desk.sell("carl", mac="00:11:22:33:44:55")
    text = (
        "login,plan,mac,custom_price,start,invoiced_until\n"
        "dora,gold,,,,\n"
        "carl,gold,,,,\n"
        "emil,golf,00:11:22:33:44:55,9.999,2026-03-01,2026-02-01\n"
    )

    assert [
        "line 3, column login: subscriber carl has the login carl; "
        "leave the row out, or say --update",
        "line 4, column custom_price: the amount '9.999' has more digits than USD has; "
        "round it to 2 digits",
        "line 4, column invoiced_until: it is before the start 2026-03-01; "
        "give that day or a later",
        "line 4, column mac: 00:11:22:33:44:55 belongs to carl; take it from that service first",
        "line 4, column plan: there is no plan golf; did you mean gold?",
    ] == await told(desk, text)
    assert 1 == await count(desk, "service")


async def test_the_good_rows_come_in_where_the_bad_are_set_apart(desk: Desk) -> None:
    text = "login,password,plan,subscriber\nann,x,gold,S1\nbob,y,lead,S1\ncarl,z,gold,\n"
    imported = await bring(desk, text, set_apart=True)

    assert (1, {2, 3}) == (imported.added, imported.rejected_lines)
    assert "line 2, column subscriber: line 3 is of the same subscriber and is rejected" in str(
        imported.faults[0]
    )
    assert "login,password,plan,subscriber\nann,x,gold,S1\nbob,y,lead,S1\n" == rejects_csv(
        read_rows(text.encode()), imported.faults
    )


async def test_an_update_changes_what_differs_and_a_second_one_nothing(desk: Desk) -> None:
    await bring(desk, FILE)
    changed = FILE.replace(",Bob,", ",Robert,").replace("s3", "s5").replace(".7,", ".9,")
    first = await bring(desk, changed, update=True)
    written = await count(desk, "audit")
    again = await bring(desk, changed, update=True)

    assert ((0, 2, 2), (0, 0, 4)) == (
        (first.added, first.updated, first.unchanged),
        (again.added, again.updated, again.unchanged),
    )
    assert written == await count(desk, "audit")
    assert [("Robert",)] == await desk.rows("SELECT name FROM subscriber WHERE reference = 'bob'")
    assert 2 == await count(desk, "invoice")


async def test_an_update_does_not_change_what_is_history(desk: Desk) -> None:
    await bring(desk, "login,plan,start,opening_balance\nann,gold,2026-01-01,10\n")
    text = "login,plan,start,opening_balance,subscriber\nann,gold,2026-02-01,11,S9\n"

    assert [
        "line 2, column opening_balance: subscriber ann was opened with 10.00; "
        "correct it with a payment or a credit note",
        "line 2, column start: ann started on 2026-01-01; leave it empty",
        "line 2, column subscriber: ann belongs to ann; a service stays with its subscriber",
    ] == await told(desk, text, update=True)


async def test_five_thousand_rows_are_written_set_by_set(desk: Desk) -> None:
    lines = [f"user{number},secret,gold,{number}.00" for number in range(1, 5001)]
    done: list[int] = []
    async with desk.transaction() as transaction:
        imported = await import_file(
            transaction,
            read_rows("\n".join(["login,password,plan,opening_balance", *lines]).encode()),
            source="large.csv",
            keys=desk.keys,
            actor="ann",
            now=NOW,
            progress=done.append,
        )

    assert (5000, [500] * 10) == (imported.added, done)
    assert 5000 == await count(desk, "entitlement")
    assert [(Decimal(0),)] == await desk.rows("SELECT sum(amount) FROM ledger_entry")
