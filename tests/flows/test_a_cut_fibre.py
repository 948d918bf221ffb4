"""A digger meets a fibre: one outage, its subscribers, one message, and everything back.

A running suite reads an OLT of the lab with two PON ports of 64 ONUs each; the fibre of one is cut.
The OLT's trap makes the collectors look at once, the second look is a quarter of a minute later.
"""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.clock import SystemClock
from lab.olt import Olt, Plant, personalities
from tests.support.eventually import eventually
from tests.support.mosquitto import Mosquitto, needs_mosquitto
from tests.support.ports import free_port
from tests.support.sms_provider import SmsProvider, sms_provider
from tests.support.suite import Suite, running_suite

PORTS, ONUS_PER_PORT = 2, 64

pytestmark = [pytest.mark.xdist_group("story"), pytest.mark.foreign, needs_mosquitto]


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with sms_provider() as running:
        yield running


@pytest.fixture
async def suite(place: Path, broker: Mosquitto, provider: SmsProvider) -> AsyncIterator[Suite]:
    trap_port = free_port()
    more = {
        "TURNPIKE_COLLECTORS__TRAPS": f"127.0.0.1:{trap_port}",
        "TURNPIKE_COLLECTORS__STATE_SECONDS": "20",
        "TURNPIKE_COLLECTORS__MQTT_HOST": "127.0.0.1",
        "TURNPIKE_COLLECTORS__MQTT_PORT": str(broker.port),
        "TURNPIKE_COLLECTORS__QUIET_FROM": "00:00",
        "TURNPIKE_COLLECTORS__QUIET_UNTIL": "00:00",
        "TURNPIKE_BILLINGD__SMS_URL": provider.url,
    }
    async with running_suite(place / "data", more=more) as running:
        yield running


async def test_a_cut_of_one_port_is_one_outage_and_one_message_each(
    suite: Suite, broker: Mosquitto, provider: SmsProvider, tmp_path: Path
):
    plant = Plant.build(SystemClock(), ports=PORTS, onus=PORTS * ONUS_PER_PORT)
    traps = suite.environment["TURNPIKE_COLLECTORS__TRAPS"].rpartition(":")
    to = (traps[0], int(traps[2]))
    async with Olt(plant, personalities()["huawei"], trap_to=to) as olt:
        await open_shop(suite, olt, plant, tmp_path)
        await eventually(lambda: count(suite, "onus", "state = 'online'", 128), seconds=60)

        olt.cut(0)

        await eventually(lambda: count(suite, "outages", "state = 'open'", 1), seconds=60)
        met = {f"line{number}" for number, onu in enumerate(plant.onus) if onu.port == 0}
        assert [("pon", "fibre_cut", "North", 64, 64, "awaiting")] == await suite.rows(
            "SELECT scope, cause, area, subscribers, lines, notice FROM report.outages"
        )
        assert met == {row[0] for row in await suite.rows(
            "SELECT login FROM report.outage_subscribers"
        )}  # fmt: skip
        assert [] == await jobs(suite)

        await suite.turnpike("outage", "approve", "1")
        await eventually(lambda: told(provider, "has been interrupted", 64), seconds=30)
        await eventually(lambda: said(broker, "los", 64), seconds=20)

        olt.mend(0)

        await eventually(lambda: count(suite, "outages", "state = 'restored'", 1), seconds=60)
        await suite.turnpike("outage", "approve", "1", "--kind", "restored")
        await eventually(lambda: told(provider, "is over", 64), seconds=30)
        await eventually(lambda: said(broker, "online", 128), seconds=20)
    assert [("done", 128)] == await suite.rows(
        "SELECT state, count(*) FROM report.jobs WHERE kind = 'outage.notice' GROUP BY state"
    )

    assert [(1, 0)] == await suite.rows(
        "SELECT count(*), count(*) FILTER (WHERE duration_seconds <= 0) FROM report.outages"
    )
    assert [] == await suite.rows("SELECT what FROM report.alarms WHERE what = 'onu_los'")


async def open_shop(suite: Suite, olt: Olt, plant: Plant, directory: Path) -> None:
    """A plan, a subscriber for each ONU, and the OLT."""
    await suite.turnpike("plan", "add", "home", "--price", "25", "--down", "100M", "--up", "20M")
    file = directory / "subscribers.csv"
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["login", "plan", "phone", "area", "onu_serial"])
        writer.writerows(
            [f"line{number}", "home", f"+38164100{number:03}", "North", onu.serial]
            for number, onu in enumerate(plant.onus)
        )
    await suite.turnpike("subscriber", "import", str(file))
    host = f"127.0.0.1:{olt.agent.port}"
    await suite.turnpike(
        *("device", "add", "olt", "olt1", host, "--driver", "auto", "--community", "public"),
        *("--area", "North"),
    )


async def count(suite: Suite, view: str, where: str, wanted: int) -> bool:
    [(found,)] = await suite.rows(f"SELECT count(*) FROM report.{view} WHERE {where}")
    return found == wanted


async def jobs(suite: Suite) -> list[tuple[str, ...]]:
    return await suite.rows("SELECT idempotency_key FROM report.jobs WHERE kind = 'outage.notice'")


async def told(provider: SmsProvider, words: str, wanted: int) -> bool:
    """Whether as many were told so, each once."""
    to = [form["to"] for form in provider.forms if words in form["text"]]
    assert len(to) == len(set(to))
    return len(to) == wanted


async def said(broker: Mosquitto, state: str, wanted: int) -> bool:
    onus = await broker.retained("turnpike/default/onu/+")
    return sum(each["state"] == state for each in onus.values()) == wanted
