"""What the command line refuses: in one sentence, for machines too, and before anything is done."""

from pathlib import Path

import pytest

from tests.turnpike.conftest import Turnpike


@pytest.mark.parametrize("line", ["why --json", "--json nonsense", "nas list --nope --json"])
def test_a_usage_error_is_json_for_machines(turnpike: Turnpike, line: str) -> None:
    answer = turnpike(*line.split())

    assert (64, "see --help") == (answer.exit_code, answer.json["error"]["remedy"])


def test_what_nobody_has_is_said_rather_than_shown_empty(shop: Turnpike) -> None:
    for line in ("session list --nas bras9", "session history --nas bras9"):
        assert "there is no NAS bras9" in shop(*line.split()).errors
    wrong_way = shop("usage", "ann", "--from", "2026-03-02", "--to", "2026-03-01")

    assert (64, "") == (wrong_way.exit_code, wrong_way.output)
    assert 0 == shop("session", "list", "--nas", "bras1").exit_code


def test_a_load_of_logins_that_cannot_be_read_is_refused_in_a_sentence(
    turnpike: Turnpike, tmp_path: Path
) -> None:
    (tmp_path / "latin1").write_bytes(b"m\xfcller,secret\n")
    told = [
        turnpike("radius", "load", "127.0.0.1:1", "--secret", "s", "--logins", f"{tmp_path}/{name}")
        for name in ("nothing", "latin1")
    ]

    assert [(64, True), (65, True)] == [
        (answer.exit_code, answer.errors.startswith("turnpike: ")) for answer in told
    ]


def test_the_rejects_do_not_take_the_place_of_what_is_imported(
    shop: Turnpike, tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    file.write_text("login,plan\nbob,gold\ncat,nope\n")
    answer = shop("subscriber", "import", str(file), "--rejects", f"{tmp_path}/./in.csv")

    assert (64, 3) == (answer.exit_code, len(file.read_text().splitlines()))
    assert 65 == shop("why", "bob").exit_code


def test_an_address_is_given_or_taken_away_and_not_both(shop: Turnpike) -> None:
    shop("service", "set-address", "ann", "--ipv4", "192.0.2.7")
    both = shop("service", "set-address", "ann", "--ipv4", "192.0.2.7", "--no-ipv4")
    gone = shop("service", "set-address", "ann", "--no-ipv4", "--json")

    assert (64, True) == (both.exit_code, "given and taken away" in both.errors)
    assert {"ipv4": []} == gone.json["addresses"]
    assert [] == shop("whohad", "192.0.2.7", "--at", "2999-01-01T00:00Z", "--json").json
