"""`turnpike device`: entered after a trial, read, discovered; by this process where nobody else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from chassis.config import DatabaseConfig
from chassis.secrets import Secret
from database.connect import Database, Role
from database.tables.access_network import device_request
from devices.credentials import SnmpAccess
from isp.errors import ExitCode, Refused
from operations import device_requests, discovery
from tests.support.snmpd import needs_snmpd, snmpd
from tests.turnpike.conftest import Turnpike

pytestmark = [pytest.mark.foreign, needs_snmpd]

USER = SnmpAccess(
    version="3",
    user="poll",
    auth_protocol="sha256",
    auth_secret=Secret("authentic-words"),
    priv_protocol="aes",
    priv_secret=Secret("private-words"),
)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of net-snmp's agent, which knows the community `public` and a user of v3."""
    with snmpd(tmp_path_factory.mktemp("snmpd"), [USER]) as port:
        yield port


def test_a_device_is_tried_entered_listed_and_read(turnpike: Turnpike, agent: int) -> None:
    made = turnpike(
        "device", "add", "olt", "olt1", f"127.0.0.1:{agent}", "--community", "public",
        "--area", "North", "--json",
    )  # fmt: skip
    (row,) = turnpike("device", "list", "--json").json
    tested = turnpike("device", "test", "olt1", "--json").json
    read = turnpike("device", "poll", "olt1", "--json").json

    assert (0, "standard") == (made.exit_code, made.json["identity"]["driver"])
    assert ("olt1", "olt", "North", "new") == tuple(
        row[column] for column in ("name", "kind", "area", "state")
    )
    assert (made.json["identity"]["sys_object_id"], "olt1") == (
        tested["sys_object_id"], tested["device"],
    )  # fmt: skip
    assert ["device", "ports", "interfaces", "onus", "unprovisioned", "partial"] == [*read]
    assert "lo" in [each["name"] for each in read["interfaces"]]
    assert read["device"]["uptime_seconds"] > 0
    assert "lo" in turnpike("device", "poll", "olt1").output


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (("--community", "wrong"), ExitCode.UNAVAILABLE, "the device does not answer"),
        (("--v3-user", "eve", "--v3-auth", "sha256:authentic-words"), ExitCode.UNAVAILABLE,
         "the device does not let us in"),
        ((), ExitCode.USAGE, "no way in is named; give --community, --v3-user or --user"),
        (("--community", "public", "--driver", "hauwei"), ExitCode.USAGE, "no driver hauwei"),
        (("--v3-user", "poll", "--v3-auth", "rot13:authentic-words"), ExitCode.USAGE,
         "--v3-auth names no protocol; write it as PROTOCOL:SECRET, with one of md5, sha"),
        (("--v3-user", "poll", "--v3-auth", "sha256:short"), ExitCode.USAGE, "is too short"),
        (("--v3-auth", "sha256:authentic-words"), ExitCode.USAGE, "without a user"),
        (("--community", "x", "--v3-user", "poll"), ExitCode.USAGE, "give one of them"),
    ],
)  # fmt: skip
def test_what_does_not_let_us_in_is_not_entered(
    turnpike: Turnpike, agent: int, words: tuple[str, ...], exit_code: int, told: str
) -> None:
    answer = turnpike("device", "add", "olt", "olt1", f"127.0.0.1:{agent}", *words)

    assert (exit_code, 1) == (answer.exit_code, len(answer.errors.splitlines()))
    assert told in answer.errors
    assert "authentic-words" not in answer.errors
    assert [] == turnpike("device", "list", "--json").json


def test_secrets_come_from_files_and_a_v3_user_is_let_in(
    turnpike: Turnpike, agent: int, tmp_path: Path
) -> None:
    auth, priv = tmp_path / "auth", tmp_path / "priv"
    auth.write_text("SHA-256:authentic-words\n")
    priv.write_text("aes128:private-words\n")
    made = turnpike(
        "device", "add", "olt", "olt1", f"127.0.0.1:{agent}", "--v3-user", "poll",
        "--v3-auth-file", str(auth), "--v3-priv-file", str(priv),
    )  # fmt: skip

    assert (0, "") == (made.exit_code, made.errors)
    assert 0 == turnpike("device", "test", "olt1").exit_code


def test_what_is_not_there_yet_is_stored_untried(turnpike: Turnpike) -> None:
    entered = turnpike("device", "add", "voltha", "core1", "[::1]:1", "--no-test")
    tried = turnpike("device", "test", "core1")

    assert 0 == entered.exit_code
    assert ExitCode.UNAVAILABLE == tried.exit_code
    assert "::1:1" in turnpike("device", "list").output


def test_a_change_of_the_way_in_is_tried_too(turnpike: Turnpike, agent: int) -> None:
    turnpike("device", "add", "olt", "olt1", f"127.0.0.1:{agent}", "--community", "public")
    refused = turnpike("device", "set", "olt1", "--community", "wrong")
    kept = turnpike("device", "test", "olt1")
    renamed = turnpike("device", "set", "olt1", "--rename", "olt-north", "--area", "North")
    nothing = turnpike("device", "set", "olt-north")

    assert ExitCode.UNAVAILABLE == refused.exit_code
    assert 0 == kept.exit_code == renamed.exit_code
    assert 64 == nothing.exit_code
    assert 0 == turnpike("device", "remove", "olt-north").exit_code
    assert ExitCode.BAD_DATA == turnpike("device", "poll", "olt-north").exit_code


def test_only_the_addresses_that_are_named_are_looked_at(turnpike: Turnpike, agent: int) -> None:
    turnpike("device", "add", "olt", "olt1", f"127.0.0.1:{agent}", "--community", "public")
    found = turnpike(
        "device", "discover", "127.0.0.1/32", "--community", "public", "--snmp-port", str(agent),
        "--json",
    )  # fmt: skip

    assert [("127.0.0.1", "standard", "olt1")] == [
        (each["address"], each["driver"], each["entered_as"]) for each in found.json
    ]
    assert "1 of 1 answered" in found.errors
    changes = turnpike("status", "--json").json["changes"]
    assert "device.discover" == changes[0]["action"]


def test_a_slip_of_the_prefix_looks_at_nothing() -> None:
    assert ("192.0.2.1", "192.0.2.2", "192.0.2.9") == discovery.addresses(
        ["192.0.2.0/30", "192.0.2.9", "192.0.2.1"]
    )
    for text in ("10.0.0.0/8", "2001:db8::/64", "here"):
        with pytest.raises(Refused):
            discovery.addresses([text])


def test_a_running_collectors_daemon_is_asked_rather_than_the_device(
    turnpike: Turnpike, database_config: DatabaseConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    turnpike("device", "add", "olt", "olt1", "192.0.2.10", "--community", "public", "--no-test")
    monkeypatch.setattr(device_requests, "collectors_run", _yes)
    monkeypatch.setattr(device_requests, "outcome_of", _answering(database_config))
    answer = turnpike("device", "test", "olt1", "--json")

    assert ("huawei", "test") == (answer.json["driver"], answer.json["kind"])


async def _yes(*_: Any) -> bool:
    return True


def _answering(config: DatabaseConfig) -> Callable[..., Any]:
    """`outcome_of` as it is, after a collectors daemon has answered what it finds."""
    real = device_requests.outcome_of

    async def answered(transaction: Any, request: int) -> Any:
        collectors = Database(config, Role.COLLECTORS)
        async with collectors.transaction() as own:
            kind = await own.scalar(select(device_request.c.kind))
            outcome = {"driver": "huawei", "kind": kind}
            await own.execute(update(device_request).values(outcome=outcome))
        await collectors.close()
        return await real(transaction, request)

    return answered
