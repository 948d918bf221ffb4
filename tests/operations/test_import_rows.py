"""The subscriber file: what is read, and how everything wrong with it is told at once."""

from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.secrets import Secret
from isp.service import HoldKind
from operations.import_columns import COLUMNS
from operations.import_rows import ImportRow, read_rows

EVERY_COLUMN = (
    "login,password,plan,subscriber,name,email,phone,area,start,anchor_day,invoiced_until,"
    "opening_balance,custom_price,holds,address,routes,delegated_prefix,mac,circuit_id,onu_serial,"
    "billing"
)


def faults(text: str) -> list[str]:
    return [str(fault) for fault in read_rows(text.encode()).faults]


def test_every_column_is_read() -> None:
    text = (
        f"{EVERY_COLUMN}\n"
        " Ann@ISP , pa ss,gold,S-1,Ann Example,ann@example.org,+4912345,North,2026-01-15,last,"
        "2026-03-01,-12.50,19.90,unpaid;abuse,192.0.2.7,198.51.100.0/29 2001:db8:1::/48,"
        "2001:db8:0:100::/56,00-11-22-33-44-55,olt1/0/3:12,hwtc00112233,off\n"
    )

    actual = read_rows(text.encode())

    expected = ImportRow(
        line=2,
        login="ann@isp",
        plan="gold",
        subscriber="S-1",
        password=Secret(" pa ss"),
        name="Ann Example",
        email="ann@example.org",
        phone="+4912345",
        area="North",
        start=date(2026, 1, 15),
        anchor_day=0,
        invoiced_until=date(2026, 3, 1),
        opening_balance=Decimal("-12.50"),
        custom_price=Decimal("19.90"),
        holds=(HoldKind.UNPAID, HoldKind.ABUSE),
        address=IPv4Address("192.0.2.7"),
        routes=(IPv4Network("198.51.100.0/29"), IPv6Network("2001:db8:1::/48")),
        delegated_prefix=IPv6Network("2001:db8:0:100::/56"),
        mac="00:11:22:33:44:55",
        circuit_id="olt1/0/3:12",
        onu_serial="HWTC00112233",
        billing=False,
    )

    assert () == actual.faults
    assert (expected,) == actual.rows
    assert set(EVERY_COLUMN.split(",")) == set(COLUMNS)


def test_only_login_and_plan_are_required_in_any_order_and_separator() -> None:
    for text in ("plan,login\ngold,ann\n", "\ufefflogin;plan\r\nann;gold\r\n\r\n"):
        (row,) = read_rows(text.encode()).rows

        assert ("ann", "gold", "ann") == (row.login, row.plan, row.subscriber)


def test_all_faults_are_told_at_once_by_line_column_and_remedy() -> None:
    text = (
        "login,plan,anchor_day,address,mac,opening_balance,holds,billing\n"
        "ann,gold,41,192.0.2.300,zz,1.000,late,maybe\n"
        ",,,,,,,\n"
        "bob,,,192.0.2.9/32,,,,\n"
        "a b,gold,,,,,,\n"
    )

    expected = [
        "line 2, column address: '192.0.2.300' is not an IPv4 address; write it as 192.0.2.7",
        "line 2, column anchor_day: '41' is not an anchor day; write a day from 1 to 31, or last",
        "line 2, column billing: 'maybe' is neither on nor off; off is AAA only, on is the default",
        "line 2, column holds: 'late' is not a hold; "
        "known are unpaid, operator, abuse, pause, several separated by ;",
        "line 2, column mac: 'zz' is not a MAC address; write it as aa:bb:cc:dd:ee:ff",
        "line 4, column address: '192.0.2.9/32' is not an IPv4 address; write it as 192.0.2.7",
        "line 4, column plan: it is empty; give the plan",
        "line 5, column login: a login has no spaces or control characters; remove them",
    ]

    assert expected == faults(text)


def test_two_rows_that_cannot_both_be_true_are_told() -> None:
    text = (
        "login,plan,subscriber,email,mac\n"
        "ann,gold,S1,a@example.org,00:11:22:33:44:55\n"
        "ANN,gold,S1,b@example.org,0011.2233.4455\n"
    )

    expected = [
        "line 3, column email: subscriber S1 has another value on line 2; "
        "give it once, and leave his other rows empty",
        "line 3, column login: ann is already on line 2; each service has its own",
        "line 3, column mac: 00:11:22:33:44:55 is already on line 2; each service has its own",
    ]

    assert expected == faults(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: the file is empty; its first line names the columns"),
        (
            "login,plan,adress\n",
            "line 1, column adress: there is no such column; did you mean address?",
        ),
        ("login,plan,plan\n", "line 1, column plan: named twice; keep one of them"),
        ("plan\ngold\n", "line 1, column login: the column is missing; add the column login"),
        (
            "login,plan\nann,gold,x\n",
            "line 2: 3 values where the header names 2 columns; "
            "quote values that contain the separator",
        ),
        (
            'login,plan\n"ann,gold\n',
            "line 2: unexpected end of data; close the quotes and double those inside a value",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, fault: str) -> None:
    assert [fault] == faults(text)


def test_a_file_that_is_not_utf8_names_the_line() -> None:
    read = read_rows("login,plan\nann,gold\nJürgen,gold\n".encode("latin-1"))

    assert ["line 3: it is not UTF-8 text; save the file as CSV in UTF-8"] == [
        str(fault) for fault in read.faults
    ]


def test_a_value_over_several_lines_keeps_the_line_numbers_right() -> None:
    text = 'login,plan,name\nann,gold,"Ann\nExample"\nbob,gold,\n'

    assert [2, 4] == [row.line for row in read_rows(text.encode()).rows]


def test_a_password_is_in_no_fault() -> None:
    read = read_rows(b"login,password,plan\nann,hunter2,\n")

    assert "hunter2" not in repr(read.faults) + repr(read.rows)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_no_file_raises(octets: bytes) -> None:
    read_rows(octets)
    read_rows(b"login,plan,routes,holds,mac\n" + octets)


def test_a_hash_that_is_none_is_a_fault_and_one_that_is_is_kept() -> None:
    sha = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="
    read = read_rows(f"login,password,plan\nann,{sha},gold\nbob,{{NT}}abc,gold\n".encode())

    assert [Secret(sha)] == [row.password for row in read.rows]
    assert [(3, "password")] == [(fault.line, fault.column) for fault in read.faults]
    assert "abc" not in repr(read.faults)


@pytest.mark.parametrize(
    "octets",
    [
        b"\xef\xbb\xbflogin,plan,name\r\nann,gold,Zo\xc3\xab\r\n",
        b"login;plan;name\nann;gold;Zo\xc3\xab\n",
        b"login\tplan\tname\rann\tgold\tZo\xc3\xab\r",
    ],
    ids=["byte order mark and CRLF", "semicolons", "tabs and CR"],
)
def test_what_spreadsheets_save_is_read(octets: bytes) -> None:
    [row] = read_rows(octets).rows

    assert (2, "ann", "gold", "Zoë") == (row.line, row.login, row.plan, row.name)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_file_in_another_encoding_is_said_so_with_the_line(encoding: str) -> None:
    octets = "login,plan,name\nann,gold,Zoë\n".encode(encoding)
    [fault] = read_rows(octets).faults

    assert ("it is not UTF-8 text", "save the file as CSV in UTF-8") == (
        fault.problem,
        fault.remedy,
    )
    assert fault.line == (2 if encoding == "cp1252" else 1)


def test_lines_are_counted_as_an_editor_does() -> None:
    """A next-line character (U+0085) inside a value does not begin a line."""
    assert [
        "line 3, column mac: 'zz' is not a MAC address; write it as aa:bb:cc:dd:ee:ff"
    ] == faults("login,plan,name,mac\nann,gold,A\x85B,\nbob,gold,,zz\n")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("address", "224.0.0.1"),
        ("address", "0.0.0.0"),
        ("address", "255.255.255.254"),
        ("routes", "0.0.0.0/0"),
        ("delegated_prefix", "ff02::/64"),
    ],
)
def test_addresses_that_no_host_may_have_are_refused(column: str, value: str) -> None:
    (told,) = faults(f"login,plan,{column}\nann,gold,{value}\n")

    assert f"line 2, column {column}: '{value}' cannot be a subscriber's" in told
