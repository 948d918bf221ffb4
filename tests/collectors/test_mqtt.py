"""A real broker keeps what is true, also after it was killed and has come back."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest
from sqlalchemy import insert, update

from chassis.clock import SystemClock
from chassis.periodic import Tasks
from collectors import mqtt
from collectors.mqtt import Broker, Publisher
from collectors.outage_watch import OutageWatch
from collectors.outbox import Outbox
from database.connect import Database, Role
from database.tables.access_network import device_status, onu
from isp.access_network import OnuState
from operations import onu_linking
from tests.support.access_network import OltSite
from tests.support.mosquitto import Mosquitto, needs_mosquitto

Open = Callable[[Role], Database]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOS, ONLINE = OnuState.LOS, OnuState.ONLINE
TRUE_SECONDS_MAX = 30.0
CONSUMER = Path(__file__).parents[2] / "docs/mqtt_consumer.py"

pytestmark = [pytest.mark.foreign, needs_mosquitto]


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(mqtt, "TURN_SECONDS", 0.2)
    monkeypatch.setattr(mqtt, "AGAIN_SECONDS", 0.2)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
async def site(database: Open) -> OltSite:
    """Eight ONUs on one port of an OLT."""
    site = OltSite(database(Role.OWNER), [], onus_per_port=8)
    await site.build(NOW)
    async with site.owner.transaction() as transaction:
        await transaction.execute(
            insert(device_status).values(
                device_id=site.device_id, tenant_id=1, state="reachable", state_changed_at=NOW
            )
        )
    return site


def publishing(database: Open, broker: Mosquitto, site: OltSite) -> Publisher:
    """What publishes the site's states, not begun yet."""
    return Publisher(
        database=database(Role.COLLECTORS),
        broker=Broker(host="127.0.0.1", port=broker.port),
        collector="node1",
        devices=lambda: [site.device_id],
        clock=SystemClock(),
    )


@pytest.fixture
async def publisher(database: Open, site: OltSite, broker: Mosquitto) -> AsyncIterator[Publisher]:
    publisher = publishing(database, broker, site)
    site.consequences = [OutageWatch(look_soon=lambda _: None), publisher]
    tasks = Tasks()
    tasks.forever("publish", publisher.run)
    yield publisher
    await tasks.stop()


async def becomes(broker: Mosquitto, wanted: dict[str, str]) -> dict[str, str]:
    """The retained states, as soon as they are these (any at all for an empty `wanted`)."""
    states: dict[str, str] = {}
    loop = asyncio.get_running_loop()
    deadline = loop.time() + TRUE_SECONDS_MAX
    while loop.time() < deadline:
        found = await broker.retained("turnpike/#")
        states = {topic: said["state"] for topic, said in found.items()}
        if states and states == (wanted or states):
            break
        await asyncio.sleep(0.05)
    return states


def truth(site: OltSite, *, life="online", **others: str) -> dict[str, str]:
    """What the broker should keep of a site."""
    return {
        "turnpike/collector/node1": life,
        f"turnpike/default/device/{site.device_id}": "reachable",
        f"turnpike/default/device/{site.device_id}/pon/0%2F1%2F0": "up",
        **{f"turnpike/default/onu/{known.serial}": known.state for known in site.onus.values()},
        **others,
    }


async def test_a_broker_keeps_every_state_and_hears_of_changes(broker, site, publisher):
    assert truth(site) == await becomes(broker, truth(site))

    await site.read({3: LOS}, NOW + timedelta(minutes=5))

    assert truth(site) == await becomes(broker, truth(site))
    found = await broker.retained(f"turnpike/default/onu/{site.onus[3].serial}")
    [said] = found.values()

    assert ("los", "olt1", "0/1/0", "olt1-3", "2026-03-01T12:05:00+00:00") == (
        said["state"], said["device"], said["port"], said["login"], said["at"],
    )  # fmt: skip


async def test_a_port_says_how_many_are_online_and_news_have_greater_versions(
    broker, site, publisher
):
    topic = f"turnpike/default/device/{site.device_id}/pon/#"
    await becomes(broker, truth(site))
    [before] = (await broker.retained(topic)).values()
    await site.read({1: LOS, 2: LOS}, NOW + timedelta(minutes=5))
    await becomes(broker, truth(site))
    [after] = (await broker.retained(topic)).values()

    assert [(8, 8), (8, 6)] == [(each["onus"], each["onus_online"]) for each in (before, after)]
    assert after["version"] > before["version"]


async def test_nothing_retained_is_stale_after_the_broker_was_killed(broker, site, publisher):
    assert truth(site) == await becomes(broker, truth(site))
    await broker.kill()
    gone = site.onus.pop(7)
    await site.read(dict.fromkeys(range(6), LOS), NOW + timedelta(minutes=5))
    await site.read({5: ONLINE}, NOW + timedelta(minutes=10))
    async with site.owner.transaction() as transaction:
        await transaction.execute(
            update(onu).where(onu.c.onu_id == gone.onu_id).values(removed_at=SystemClock().now())
        )
    await broker.start()
    wanted = truth(site, **{"turnpike/default/outage/1": "open"})

    assert wanted == await becomes(broker, wanted)


async def test_an_outage_is_shown_while_it_lasts(broker, site, publisher):
    for turn, changes in enumerate([dict.fromkeys(range(8), LOS), {}]):
        await site.read(changes, NOW + turn * timedelta(minutes=5))
    standing = truth(site, **{"turnpike/default/outage/1": "open"})

    assert standing == await becomes(broker, standing)

    for _ in range(2):
        await site.read(dict.fromkeys(range(8), ONLINE), SystemClock().now())

    assert truth(site) == await becomes(broker, truth(site))


async def test_a_collector_that_stops_says_so(database: Open, broker, site):
    life = asyncio.create_task(publishing(database, broker, site).run())
    assert truth(site) == await becomes(broker, truth(site))
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)

    assert truth(site, life="offline") == await becomes(broker, truth(site, life="offline"))


async def test_the_last_will_says_that_a_collector_died(
    database: Open, broker, site, monkeypatch: pytest.MonkeyPatch
):
    sockets: list[socket.socket] = []
    begin = Publisher._begin

    async def watched(publisher: Publisher, client: aiomqtt.Client) -> None:
        sockets.append(client._client.socket())
        await begin(publisher, client)

    monkeypatch.setattr(Publisher, "_begin", watched)
    monkeypatch.setattr(mqtt, "AGAIN_SECONDS", TRUE_SECONDS_MAX)
    life = asyncio.create_task(publishing(database, broker, site).run())
    assert truth(site) == await becomes(broker, truth(site))
    sockets[0].shutdown(socket.SHUT_RDWR)

    assert truth(site, life="offline") == await becomes(broker, truth(site, life="offline"))
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)


async def test_a_collector_without_its_database_says_offline(
    database: Open, broker, site, monkeypatch: pytest.MonkeyPatch
):
    publisher = publishing(database, broker, site)
    life = asyncio.create_task(publisher.run())
    assert truth(site) == await becomes(broker, truth(site))

    async def away(*_: object) -> None:
        raise ConnectionError("no database")

    monkeypatch.setattr(publisher, "_compare", away)
    [lost] = await asyncio.gather(life, return_exceptions=True)

    assert isinstance(lost, ConnectionError)
    assert truth(site, life="offline") == await becomes(broker, truth(site, life="offline"))


async def test_a_link_by_hand_is_said_without_a_reading(broker, site, publisher):
    topic = f"turnpike/default/onu/{site.onus[3].serial}"
    await becomes(broker, truth(site))
    async with site.owner.transaction() as transaction:
        await onu_linking.unlink(transaction, serial=site.onus[3].serial, actor="ann", now=NOW)
    async with asyncio.timeout(TRUE_SECONDS_MAX):
        while (await broker.retained(topic))[topic]["login"] is not None:
            await asyncio.sleep(0.05)


async def test_an_outbox_that_overflowed_says_everything_again(database: Open, broker, site):
    publisher = publishing(database, broker, site)
    publisher.outbox = Outbox(topics_max=4)
    life = asyncio.create_task(publisher.run())
    some = await becomes(broker, {})
    publisher.outbox = Outbox()
    publisher.outbox.overflowed = True
    whole = await becomes(broker, truth(site))
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)

    assert (True, truth(site)) == (len(some) < len(truth(site)), whole)


@pytest.fixture
async def consumer(broker):
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CONSUMER), "127.0.0.1", str(broker.port)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    yield running
    running.terminate()
    await running.communicate()


async def test_the_documented_consumer_hears_of_changes_and_of_a_broker_that_was_killed(
    broker, site, publisher, consumer
):
    await becomes(broker, truth(site))

    async def hears(wanted: str) -> bool:
        async with asyncio.timeout(TRUE_SECONDS_MAX):
            while await consumer.stdout.readline() != f"{wanted}\n".encode():
                pass
        return True

    one, other = (f"turnpike/default/onu/{site.onus[number].serial}" for number in (2, 3))
    await site.read({2: LOS}, NOW + timedelta(minutes=5))
    assert await hears(f"{one} los since 2026-03-01T12:05:00+00:00")

    async with site.owner.transaction() as transaction:
        removed = update(onu).where(onu.c.onu_id == site.onus[2].onu_id)
        await transaction.execute(removed.values(removed_at=SystemClock().now()))
    assert await hears(f"{one} gone")

    await broker.kill()
    await site.read({3: LOS}, NOW + timedelta(minutes=10))
    await broker.start()
    assert await hears(f"{other} los since 2026-03-01T12:10:00+00:00")
