"""`turnpike onu`, `outage`, `alarm` and `maintenance` over an OLT that collectors have read."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from database.connect import Database, Role
from database.tables.running import job
from isp.errors import ExitCode
from operations.onu_linking import link_sold
from tests.support.access_network import see_alarm, see_device, see_onus, see_outage
from tests.turnpike.conftest import Turnpike

ONE, TWO, THREE = "HWTC00000001", "HWTC00000002", "HWTC00000003"


@pytest.fixture
def olt(shop: Turnpike, database_config: DatabaseConfig) -> Turnpike:
    """olt1 has three ONUs dark, the first is Ann's; an outage of them, and an alarm."""
    shop("subscriber", "add", "bob", "--plan", "gold", "--onu-serial", ONE)
    shop("device", "add", "olt", "olt1", "192.0.2.10", "--community", "x", "--no-test")
    now = SystemClock().now()

    async def read(transaction: Any) -> None:
        await see_device(transaction, "olt1", now)
        rows = [{"serial": serial, "state": "los"} for serial in (ONE, TWO)]
        there = {"serial": THREE, "description": "ann", "rx_dbm": -21.25}
        onus = await see_onus(transaction, "olt1", [*rows, there], now)
        await link_sold(transaction, onu_ids=onus)
        await see_outage(transaction, "olt1", onus[:2], now)
        await see_alarm(transaction, "olt1", "0/1/3", now, kind="port_down")

    as_role(database_config, Role.COLLECTORS, read)
    return shop


def as_role(config: DatabaseConfig, role: Role, work: Callable[[Any], Awaitable[None]]) -> None:
    async def whole() -> None:
        database = Database(config, role)
        async with database.transaction() as transaction:
            await work(transaction)
        await database.close()

    asyncio.run(whole())


def test_onus_are_listed_by_place_state_and_owner(olt: Turnpike) -> None:
    every = olt("onu", "list", "--json").json
    free = olt("onu", "list", "--unlinked", "--json").json
    dark = olt("onu", "list", "--state", "los", "--device", "olt1").output

    assert [(ONE, "bob"), (TWO, None), (THREE, None)] == [
        (each["serial"], each["login"]) for each in every
    ]
    assert [TWO, THREE] == [each["serial"] for each in free]
    assert (ONE in dark, THREE in dark) == (True, False)
    assert [] == olt("onu", "list", "--unprovisioned", "--json").json


def test_a_pon_port_serves_an_area_of_its_own(olt: Turnpike) -> None:
    done = olt("device", "set-port", "olt1", "0/1/3", "--area", "Old Town")
    unknown = olt("device", "set-port", "olt1", "0/9/9", "--area", "Old Town")

    assert "olt1 0/1/3 serves Old Town\n" == done.output
    assert (ExitCode.BAD_DATA, True) == (unknown.exit_code, "no port 0/9/9" in unknown.errors)


def test_an_onu_is_linked_previewed_exchanged_and_freed(olt: Turnpike) -> None:
    preview = olt("onu", "link", "--match", "description", "--preview", "--json").json
    nothing = olt("onu", "list", "--unlinked", "--json").json
    olt("onu", "link", "--match", "description")
    linked = olt("onu", "list", "--unlinked", "--json").json
    swapped = olt("onu", "swap", THREE.lower(), "FHTT-0000000a", "--json")
    freed = olt("onu", "unlink", ONE)

    assert [(THREE, "ann", "would be linked")] == [
        (each["serial"], each["login"], each["outcome"]) for each in preview
    ]
    assert (2, 1) == (len(nothing), len(linked))
    assert {"serial": "FHTT0000000A", "login": "ann", "seen": False} == swapped.json
    assert "no OLT has seen it yet" in swapped.errors
    assert f"{ONE} is nobody's; it was bob's\n" == freed.output


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (("link", TWO, "bob"), ExitCode.BAD_DATA, f"turnpike onu swap {ONE} {TWO}"),
        (("link", TWO), ExitCode.USAGE, "it is not said what to link"),
        (("link", TWO, "ann", "--preview"), ExitCode.USAGE, "it is not said what to link"),
        (("swap", THREE, TWO), ExitCode.BAD_DATA, f"no service has the ONU {THREE}"),
    ],
)
def test_what_cannot_be_linked_is_refused(
    olt: Turnpike, words: tuple[str, ...], exit_code: int, told: str
) -> None:
    answer = olt("onu", *words)

    assert (exit_code, 1) == (answer.exit_code, len(answer.errors.splitlines()))
    assert told in answer.errors


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        ("onu list --device olt9", ExitCode.BAD_DATA, "there is no device olt9"),
        ("onu list --unprovisioned --device olt9", ExitCode.BAD_DATA, "there is no device olt9"),
        ("onu list --unprovisioned --state los", ExitCode.USAGE, "unprovisioned has no state"),
        ("alarm list --device olt9", ExitCode.BAD_DATA, "there is no device olt9"),
        ("sla promise ninety", ExitCode.USAGE, "'ninety' is no share of a month"),
        ("sla promise NaN", ExitCode.BAD_DATA, "NaN is no share of a month"),
        ("outage declare digger --area Nord", ExitCode.BAD_DATA, "nothing is in an area Nord"),
    ],
)
def test_a_slip_of_the_pen_is_told(olt: Turnpike, words: str, exit_code: int, told: str) -> None:
    answer = olt(*words.split())

    assert (exit_code, 1) == (answer.exit_code, len(answer.errors.splitlines()))
    assert told in answer.errors


def test_an_onu_is_found_by_its_serial_and_explains_its_service(olt: Turnpike) -> None:
    (found,) = olt("find", f"48575443{ONE[4:]}", "--json").json
    why = olt("why", "bob").output

    assert ("bob", "onu_serial") == (found["login"], found["matched"])
    assert f"ONU {ONE} on olt1 0/1/3: los" in why
    assert "outage" in why


def test_an_outage_is_shown_estimated_noted_and_its_message_approved(olt: Turnpike) -> None:
    (listed,) = olt("outage", "list", "--json").json
    number = str(listed["outage"])
    answers = [
        olt("outage", *words)
        for words in (
            ("note", number, "digger in Main Street"),
            ("estimate", number, "2h"),
            ("approve", number, "--text", "We are on it."),
            ("hold", number),
        )
    ]
    shown = olt("outage", "show", number, "--json").json
    wrong = olt("outage", "estimate", number, "soon")

    assert ("olt1 0/1/3", "fibre_cut", 1, 2) == tuple(
        listed[name] for name in ("where", "cause", "subscribers", "lines")
    )
    assert [0, 0, 0, 0] == [answer.exit_code for answer in answers]
    assert ("digger in Main Street", True) == (shown["title"], shown["estimate"] is not None)
    assert [("declined", "We are on it.")] == [
        (each["state"], each["text"]) for each in shown["notices"]
    ]
    assert [("bob", ONE), (None, TWO)] == [
        (each["login"], each["onu_serial"]) for each in shown["met"]
    ]
    assert (ExitCode.USAGE, "or how long it takes, as 2h") == (
        wrong.exit_code, wrong.errors.strip()[-27:],
    )  # fmt: skip
    assert "digger in Main Street" in olt("outage", "list").output


def test_alarms_are_listed_and_acknowledged(olt: Turnpike) -> None:
    (alarm,) = olt("alarm", "list", "--json").json
    done = olt("alarm", "acknowledge", str(alarm["alarm"])).output
    (known,) = olt("alarm", "list", "--device", "olt1", "--json").json

    assert ("port_down", "olt1 0/1/3") == (alarm["what"], alarm["where"])
    assert "1 acknowledged\n" == done
    assert known["acknowledged_by"]


def test_maintenance_is_planned_listed_and_called_off(olt: Turnpike) -> None:
    at = ("--from", "2199-01-01T02:00:00+01:00", "--until", "2h", "--reason", "splicing")
    made = olt("maintenance", "add", "--device", "olt1", "--port", "0/1/3", *at, "--json").json
    (listed,) = olt("maintenance", "list", "--json").json
    olt("maintenance", "remove", str(made["maintenance"]))

    assert ("olt1 0/1/3", "2199-01-01T03:00:00+00:00") == (listed["where"], listed["ends_at"])
    assert [] == olt("maintenance", "list", "--json").json
    assert 1 == len(olt("maintenance", "list", "--all", "--json").json)


def test_status_counts_devices_and_what_is_wrong_with_them(olt: Turnpike) -> None:
    counts = olt("status", "--json").json["counts"]

    assert (1, 0, 1, 1) == tuple(
        counts[name] for name in ("devices", "unreachable devices", "outages", "alarms")
    )


def test_a_change_is_followed_by_the_script_where_that_is_asked_for(
    olt: Turnpike, database_config: DatabaseConfig
) -> None:
    olt("onu", "swap", ONE, TWO, "--provision")
    olt("onu", "unlink", TWO)
    jobs: list[Any] = []

    async def read(transaction: Any) -> None:
        jobs.extend(await transaction.scalars(select(job.c.payload)))

    as_role(database_config, Role.BILLINGD, read)

    assert [
        {
            "change": "swap",
            "login": "bob",
            "subscriber": "bob",
            "plan": "gold",
            "down_kbps": 100_000,
            "up_kbps": 20_000,
            "serial": TWO,
            "old_serial": ONE,
            "places": {
                ONE: {"device": "olt1", "port": "0/1/3", "onu_id": 1},
                TWO: {"device": "olt1", "port": "0/1/3", "onu_id": 2},
            },
        }
    ] == jobs
