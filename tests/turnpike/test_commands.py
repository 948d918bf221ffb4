"""The commands: what they say, what they do, and how they refuse."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from isp.errors import ExitCode, Refused
from operations.money import payments
from tests.turnpike.conftest import Turnpike
from turnpike.__main__ import application


def test_every_command_has_a_help_text_with_an_example() -> None:
    import typer

    silent = []

    def look(group, words: tuple[str, ...]) -> None:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                look(command, (*words, name))
            elif "xample" not in f"{command.help} {command.epilog}":
                silent.append(" ".join((*words, name)))

    look(typer.main.get_command(application()), ())

    assert [] == silent


def test_a_plan_is_added_revised_and_shown(shop: Turnpike) -> None:
    shop("plan", "revise", "gold", "--price", "27", "--cap", "500G", "--over", "throttle:2M/1M")
    versions = shop("plan", "show", "gold", "--json").json

    assert [
        (1, "25.00", None, "100M", "20%"),
        (2, "27.00", "throttle:2M/1M", "100M", "20%"),
    ] == [(row["version"], row["price"], row["over"], row["down"], row["tax"]) for row in versions]


def test_what_cannot_be_read_is_refused_in_one_line_with_the_remedy(shop: Turnpike) -> None:
    answer = shop("plan", "add", "silver", "--price", "25,00")

    assert (
        ExitCode.USAGE,
        "turnpike: '25,00' is not an amount; "
        "write it with a point and no thousands mark, as 25.00\n",
    ) == (answer.exit_code, answer.errors)


def test_a_refusal_is_json_for_machines(shop: Turnpike) -> None:
    answer = shop("--json", "service", "show", "nobody")

    assert (
        ExitCode.BAD_DATA,
        {
            "error": {
                "problem": "no service has the login nobody",
                "remedy": "look for it with `turnpike find nobody`",
            }
        },
    ) == (answer.exit_code, answer.json)


def test_an_unknown_word_is_a_usage_error(turnpike: Turnpike) -> None:
    answer = turnpike("nas", "frobnicate")

    assert ExitCode.USAGE == answer.exit_code
    assert "frobnicate" in answer.errors
    assert 1 == len(answer.errors.splitlines())


def test_a_database_that_is_away_is_said_so(turnpike: Turnpike, monkeypatch) -> None:
    monkeypatch.setenv("TURNPIKE_DATABASE__URL", "postgresql://127.0.0.1:1/turnpike")
    answer = turnpike("nas", "list")

    assert ExitCode.UNAVAILABLE == answer.exit_code
    assert answer.errors.startswith("turnpike: the database is away: ")


def test_a_nas_without_a_secret_gets_one_that_its_configuration_shows(shop: Turnpike) -> None:
    made = shop("nas", "add", "bras2", "192.0.2.2", "--json").json
    pasted = shop("nas", "config", "bras2", "--server", "198.51.100.5").output

    assert len(made["secret"]) >= 16
    assert made["secret"] in pasted
    assert "198.51.100.5" in pasted


@pytest.mark.parametrize(
    ("secret", "exit_code", "told"),
    [("short-one", 0, "should have 16 octets"), ("tiny", 65, "protects nothing")],
)
def test_a_short_secret_is_warned_of_and_a_tiny_one_refused(
    shop: Turnpike, secret: str, exit_code: int, told: str
) -> None:
    answer = shop("nas", "add", "bras2", "192.0.2.2", "--secret", secret)

    assert exit_code == answer.exit_code
    assert told in answer.errors
    assert secret not in answer.output


def test_a_secret_may_come_from_a_file_or_the_pipe(shop: Turnpike, tmp_path, monkeypatch) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file-16-octets\n")
    shop("nas", "rotate-secret", "bras1", "--secret-file", str(file))

    assert "from-a-file-16-octets" in shop("nas", "config", "bras1", "--server", "::1").output


def test_nas_set_changes_and_list_shows(shop: Turnpike) -> None:
    shop("nas", "set", "bras1", "--wall-tested", "--coa-port", "1700")
    (row,) = shop("nas", "list", "--json").json

    assert ("bras1", True, 1700) == (row["name"], row["wall_tested"], row["coa_port"])
    assert 64 == shop("nas", "set", "bras1").exit_code


def test_a_pool_shows_its_use_and_refuses_overlaps(shop: Turnpike) -> None:
    shop("pool", "add", "homes", "100.64.0.0/24")
    shop("pool", "add", "homes", "2001:db8::/40", "--prefix-length", "56")
    rows = shop("pool", "list", "--json").json

    assert [("ipv4", 256), ("delegated_prefix", 65536)] == [
        (row["kind"], row["free"]) for row in rows
    ]
    assert "overlaps" in shop("pool", "add", "other", "100.64.0.128/25").errors
    assert "cannot be given" in shop("pool", "add", "other", "224.0.0.0/24").errors


def test_why_tells_the_entitlement_and_its_reasons(shop: Turnpike) -> None:
    shop("service", "suspend", "ann", "--reason", "left the door open")
    text = shop("why", "ann").output
    facts = shop("why", "ann", "--json").json

    assert "ann: suspended, plan gold (version 1)" in text
    assert "access none, 100M down, 20M up, 1 session, version 2" in text
    assert "left the door open [hold_operator]" in text
    assert ("suspended", "none") == (facts["service"]["state"], facts["entitlement"]["access"])


@pytest.mark.parametrize("text", ["ann", "00-11-22-33-44-55", "123"])
def test_find_by_login_mac_and_phone(shop: Turnpike, text: str) -> None:
    assert {"ann"} == {row["login"] for row in shop("find", text, "--json").json}


def test_find_says_when_nothing_is_known(shop: Turnpike) -> None:
    assert 1 == shop("find", "zoe").exit_code


def test_whohad_finds_the_route_behind_a_service(shop: Turnpike) -> None:
    shop("service", "set-address", "ann", "--route", "198.51.100.0/29")
    found = shop("whohad", "198.51.100.3", "--at", "2199-01-01T00:00:00+01:00", "--json").json

    assert [("ann", "198.51.100.0/29", "lease")] == [
        (row["login"], row["address"], row["by"]) for row in found
    ]
    assert 64 == shop("whohad", "198.51.100.3", "--at", "2199-01-01T00:00:00").exit_code


def test_an_import_names_every_fault_and_exits_65(shop: Turnpike, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("login,plan,anchor_day\nann,gold,1\nbob,lead,32\n")
    answer = shop("subscriber", "import", str(file))

    assert ExitCode.BAD_DATA == answer.exit_code
    assert "line 2, column login: subscriber ann has the login ann" in answer.errors
    assert "line 3, column anchor_day: '32' is not an anchor day" in answer.errors
    assert 1 == len(shop("subscriber", "list", "--json").json)


def test_rejects_are_written_apart_and_a_dry_run_writes_nothing(
    shop: Turnpike, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "file.csv", tmp_path / "rejects.csv"
    file.write_text("login,plan\nbob,gold\ncarl,lead\n")
    dry = shop("subscriber", "import", str(file), "--rejects", str(rejects), "--dry-run")
    before = rejects.exists()
    wet = shop("subscriber", "import", str(file), "--rejects", str(rejects))

    assert ("would be 1 added, 0 updated, 0 unchanged, 1 rejected\n", False) == (
        dry.output,
        before,
    )
    assert "1 added, 0 updated, 0 unchanged, 1 rejected\n" == wet.output
    assert "login,plan\ncarl,lead\n" == rejects.read_text()
    assert 0o600 == rejects.stat().st_mode & 0o777


def test_nothing_is_imported_where_the_rejects_cannot_be_kept(
    shop: Turnpike, tmp_path: Path
) -> None:
    file = tmp_path / "file.csv"
    file.write_text("login,plan\nbob,gold\ncarl,lead\n")
    answer = shop("subscriber", "import", str(file), "--rejects", str(tmp_path / "no" / "r.csv"))

    assert ExitCode.USAGE == answer.exit_code
    assert "r.csv cannot be written: No such file or directory; nothing is imported" in (
        answer.errors
    )
    assert 1 == len(shop("subscriber", "list", "--json").json)


def test_status_tells_the_last_billing_run_and_no_pause_that_is_over(shop: Turnpike) -> None:
    today = datetime.now(UTC).date().isoformat()
    shop("billing", "run", "--through", today)
    shop("enforcement", "pause", "--for", "1h", "--reason", "storm")
    told = shop("status", "--json").json
    shop("enforcement", "resume")
    text = shop("status").output

    assert (1, today) == (
        told["last_run"]["counts"]["documents"],
        told["last_run"]["through"],
    )
    assert ["storm"] == [each["reason"] for each in told["pauses"]]
    assert "documents 1" in text
    assert "storm" not in text


def test_payments_are_listed_with_who_paid(shop: Turnpike) -> None:
    shop("payment", "add", "ann", "10.00")

    assert ["ann"] == [row["subscriber"] for row in shop("payment", "list", "--json").json]


def test_status_tells_what_was_changed_by_whom(shop: Turnpike) -> None:
    changes = shop("status", "--json").json["changes"]

    assert ["service.add", "nas.add", "plan.add"] == [change["action"] for change in changes]


def test_check_names_every_fault_with_its_line(turnpike: Turnpike, tmp_path: Path) -> None:
    file = tmp_path / "turnpike.toml"
    file.write_text("[database]\npool_mx = 3\n\n[radiusdd]\n")
    answer = turnpike("check", str(file))

    assert ExitCode.CONFIGURATION == answer.exit_code
    assert f"{file}:2: database.pool_mx" in answer.errors
    assert f"{file}:4" in answer.errors


def test_check_deep_asks_the_database_and_the_key_ring(turnpike: Turnpike) -> None:
    answer = turnpike("check", "--deep")

    assert ExitCode.CONFIGURATION == answer.exit_code
    assert "key ring:" in answer.errors
    assert "database" not in answer.errors


def test_db_url_is_the_report_roles(turnpike: Turnpike) -> None:
    import psycopg

    url = turnpike("db", "url", "--json").json["url"]
    with psycopg.connect(url) as connection:
        (user,) = connection.execute("SELECT current_user").fetchone() or ("",)

    assert "turnpike_reader" == user


def test_an_operator_is_added_with_a_password_nobody_had_to_think_of(turnpike: Turnpike) -> None:
    made = turnpike("operator", "add", "ann", "--json").json
    turnpike("operator", "disable", "ann")
    ((name, disabled),) = [
        (row["name"], row["disabled_at"]) for row in turnpike("operator", "list", "--json").json
    ]

    assert len(made["password"]) >= 16
    assert ("ann", True) == (name, disabled is not None)


def test_another_service_of_a_subscriber_who_is_there(shop: Turnpike) -> None:
    shop("service", "add", "ann", "ann-office", "--plan", "gold")
    services = shop("subscriber", "show", "ann", "--json").json["services"]

    assert ["ann", "ann-office"] == [service["login"] for service in services]
    assert "no subscriber zoe" in shop("service", "add", "zoe", "z", "--plan", "gold").errors


def test_a_change_of_nothing_live_is_refused(shop: Turnpike) -> None:
    answer = shop("session", "disconnect", "ann")

    assert "no live session has login ann" in answer.errors
    assert json.loads(shop("session", "list", "--json").output) == []


def test_a_trace_ends_when_its_time_is_over(shop: Turnpike) -> None:
    answer = shop("trace", "--login", "ann", "--for", "1s", "--json")

    assert (ExitCode.OK, "") == (answer.exit_code, answer.output)


def test_a_statement_of_a_payment_that_was_moved(shop: Turnpike) -> None:
    shop("subscriber", "add", "bob", "--plan", "gold", "--password", "hunter2")
    shop("payment", "add", "ann", "20.00", "--reference", "r1", "--on", "2026-03-10")
    moved = shop("payment", "move", "1", "bob", "--reason", "wrong login", "--json")
    days = ("--from", "2026-03-01", "--to", "2026-04-01", "--json")
    answer = shop("statement", "bob", *days).json

    assert (2, 1) == (moved.json["payment"], moved.json["reversed"])
    assert "-20.00" == answer["closing"]
    assert [("payment", "-20.00")] == [(row["kind"], row["amount"]) for row in answer["movements"]]


def test_the_policy_is_told_whole_to_machines(shop: Turnpike) -> None:
    shop("billing", "policy", "set", "blocking=offered", "due_days=10")
    told = shop("billing", "policy", "show", "--json").json

    assert (10, "10:00:00") == (told["policy"]["due_days"], told["policy"]["blocking"]["opens"])
    assert "Mon, Tue, Wed, Thu 10:00 to 15:00" in shop("billing", "policy", "show").output


def test_a_group_without_a_command_shows_its_help(turnpike: Turnpike) -> None:
    answer = turnpike("subscriber")

    assert (ExitCode.USAGE, "") == (answer.exit_code, answer.errors)
    assert "find-duplicates" in answer.output


def test_a_bill_run_says_what_it_made_in_one_line(shop: Turnpike) -> None:
    today = shop("service", "show", "ann", "--json").json["started_on"]
    answer = shop("billing", "run", "--through", today)

    assert answer.output.startswith(f"billed through {today}: 1 document, ")


def test_a_file_of_payments_is_recorded_once(shop: Turnpike, tmp_path: Path) -> None:
    file = tmp_path / "payments.csv"
    file.write_text("login,amount,reference,method\nann,30.00,B1,\nann,5.50,R7,cash\n")
    dry = shop("payment", "import", str(file), "--dry-run")
    first = shop("payment", "import", str(file))
    second = shop("payment", "import", str(file), "--json")

    assert "would be 2 recorded, 35.50 in all; 0 recorded before\n" == dry.output
    assert "2 recorded, 35.50 in all; 0 recorded before\n" == first.output
    assert {"recorded": 0, "total": "0", "repeated": 2} == second.json
    assert [("cash", "R7", "5.50"), ("bank", "B1", "30.00")] == [
        (row["method"], row["reference"], row["amount"])
        for row in shop("payment", "list", "--json").json
    ]


def test_a_file_of_payments_that_ends_early_says_where_and_what_is_recorded(
    shop: Turnpike, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "payments.csv"
    file.write_text("login,amount,reference\nann,30.00,B1\nann,5.50,B2\nann,1.00,B3\n")
    record = payments.record

    async def refusing(*where: Any, **row: Any) -> Any:
        if row["reference"] == "B2":
            raise Refused("ann is gone", remedy="look for her")
        return await record(*where, **row)

    with monkeypatch.context() as patched:
        patched.setattr(payments, "record", refusing)
        answer = shop("payment", "import", str(file))
    again = shop("payment", "import", str(file))

    assert ExitCode.BAD_DATA == answer.exit_code
    assert "line 3: ann is gone; look for her" == answer.errors.splitlines()[0]
    assert "1 fault on 1 line; 1 recorded before it, 30.00 in all; correct it and" in answer.errors
    assert "2 recorded, 6.50 in all; 1 recorded before\n" == again.output


def test_a_file_of_payments_with_faults_records_none(shop: Turnpike, tmp_path: Path) -> None:
    shop("payment", "add", "ann", "1.00", "--method", "bank", "--reference", "B0")
    file = tmp_path / "payments.csv"
    file.write_text(
        "login,amount,reference,on\n"
        "ann,30.00,B1,\n"
        "nobody,30.00,B2,\n"
        "ann,-1,B3,\n"
        "ann,1.005,B4,\n"
        "ann,2.00,B0,\n"
        "ann,3.00,B1,\n"
        "ann,3.00,B6,2999-01-01\n"
        "ann,3.00,,\n"
    )
    answer = shop("payment", "import", str(file))

    assert ExitCode.BAD_DATA == answer.exit_code
    assert [
        "line 3, column login: no service has the login nobody",
        "line 4, column amount: '-1' is not more than nothing",
        "line 5, column amount: amount '1.005' has more digits than USD has",
        "line 6, column reference: bank B0 was recorded before",
        "line 7, column reference: bank B1 is already on line 2",
        "line 8, column on: no payment has come on 2999-01-01 yet",
        "line 9, column reference: it is empty",
    ] == [line.split("; ")[0].split(", with")[0] for line in answer.errors.splitlines()[:-1]]
    assert 1 == len(shop("payment", "list", "--json").json)
