"""MQTT: every state that is kept in the database, kept in a broker too.

Level-triggered: what the broker keeps is compared with what is, and the difference is published. A
new connection says everything again, and deletes whatever has gone meanwhile, so that nothing
retained is stale however the broker or this process ended.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, Final

import aiomqtt

from chassis.clock import Clock
from chassis.log import get_logger
from chassis.secrets import Secret
from collectors import metrics
from collectors.consequences import PollChange
from collectors.outbox import DELETED, Outbox, changed
from collectors.store import retained
from collectors.topics import Topics, state, versioned
from database.connect import Database

__all__ = ["Broker", "Publisher"]

TURN_SECONDS: Final = 5.0
"""How soon what no reading tells (a device that fell silent, an outage of a NAS) is published."""

IN_FLIGHT: Final = 200
"""Messages sent and not acknowledged: a broker 20 ms away takes 10,000 a second."""

GONE_FOR: Final = timedelta(days=400)
"""What was removed longer ago was deleted from every broker by now."""

GONE_AGAIN: Final = timedelta(minutes=1)
"""A transaction may commit so long after the time that it wrote."""

PUBLISH_SECONDS_MAX: Final = 10.0
KEEPALIVE_SECONDS: Final = 30
AGAIN_SECONDS: Final = 2.0
"""Between one connection that failed or was lost and the next."""

QOS: Final = 1
COMMON: Final = 0
"""What belongs to no device, among the states by device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where states are published; `prefix` begins every topic."""

    host: str
    port: int = 1883
    user: str | None = None
    password: Secret[str] | None = None
    tls: bool = False
    prefix: str = "turnpike"


@dataclass
class Publisher:
    """A consequence that publishes. `devices()` are those that this process polls now."""

    database: Database
    broker: Broker
    collector: str
    devices: Callable[[], Collection[int]]
    clock: Clock
    outbox: Outbox = field(default_factory=Outbox)

    def __post_init__(self) -> None:
        self._topics = Topics(self.broker.prefix)
        self._published: dict[int, dict[str, int]] = {}  # what was compared last comes last
        self._gone_since = self.clock.now()
        self._version = 0
        self._dirty: set[int] = set()
        self._wake = asyncio.Event()
        self._away = False
        self._log = get_logger("mqtt")

    async def polled(self, transaction: Any, change: PollChange) -> None:
        """Nothing is published before it is durable."""

    async def committed(self, change: PollChange) -> None:
        """Have this device's states compared, where any may have changed."""
        if change.state_changes or change.appeared or change.vanished:
            self._dirty.add(change.device.device_id)
            self._wake.set()

    async def run(self) -> None:
        """Connection after connection: a broker that is away is asked again until it is back."""
        while True:
            try:
                await self._connected()
            except aiomqtt.MqttError as error:
                if not self._away:
                    self._log.warning("mqtt_lost", host=self.broker.host, problem=str(error))
                self._away = True
            await asyncio.sleep(AGAIN_SECONDS)

    async def _connected(self) -> None:
        """One connection, until it is lost (aiomqtt.MqttError) or this is cancelled."""
        async with AsyncExitStack() as stack:
            metrics.mqtt_connected.set(0, self.broker.host)
            client = await stack.enter_async_context(self._client())
            stack.callback(metrics.mqtt_connected.set, 0, self.broker.host)
            work = [
                asyncio.ensure_future(self._publish(client)),
                asyncio.ensure_future(_lost(client)),
            ]
            try:
                ended, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
                for each in ended:
                    each.result()
            finally:
                for each in work:
                    each.cancel()
                await asyncio.gather(*work, return_exceptions=True)
                with suppress(aiomqtt.MqttError):  # whoever leaves in order has no last will
                    await self._live(client, "offline")

    async def _publish(self, client: aiomqtt.Client) -> None:
        await self._begin(client)
        metrics.mqtt_connected.set(1, self.broker.host)
        self._away = False
        self._log.info("mqtt_connected", host=self.broker.host, port=self.broker.port)
        while True:
            await self._turn(client)

    def _client(self) -> aiomqtt.Client:
        """The last will says `offline` when neither we nor the network can."""
        secret = self.broker.password
        topic = self._topics.collector(self.collector)
        client = aiomqtt.Client(
            self.broker.host,
            self.broker.port,
            username=self.broker.user,
            password=secret.reveal() if secret else None,
            tls_params=aiomqtt.TLSParameters() if self.broker.tls else None,
            will=aiomqtt.Will(topic, self._life("offline"), qos=QOS, retain=True),
            keepalive=KEEPALIVE_SECONDS,
            max_inflight_messages=IN_FLIGHT,
            timeout=PUBLISH_SECONDS_MAX,
        )
        client.pending_calls_threshold = IN_FLIGHT  # it warns of more than ten
        return client

    async def _begin(self, client: aiomqtt.Client) -> None:
        """Everything again, and what has gone; only then this process calls itself online."""
        self.outbox.clear()
        self._published.clear()
        self._gone_since = self.clock.now() - GONE_FOR
        await self._live(client, "starting")
        await self._compare(client, set(self.devices()))
        await self._live(client, "online")

    async def _turn(self, client: aiomqtt.Client) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TURN_SECONDS):
                await self._wake.wait()
        self._wake.clear()
        if self.outbox.overflowed:
            await self._begin(client)
            return
        polled = set(self.devices())
        for lost in self._published.keys() - polled - {COMMON}:
            del self._published[lost]
        due = (self._dirty & polled) | (polled - self._published.keys())
        await self._compare(client, due | self._longest_ago())

    def _longest_ago(self) -> set[int]:
        """The device compared longest ago: no reading tells what a person did, as a link."""
        return set(islice((key for key in self._published if key != COMMON), 1))

    async def _compare(self, client: aiomqtt.Client, device_ids: set[int]) -> None:
        """Publish how what is differs from what is kept, device by device."""
        self._dirty -= device_ids
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            gone = await retained.gone(transaction, self._topics, self._gone_since)
            common = await retained.devices(transaction, self._topics, self.devices())
            common |= await retained.outages(transaction, self._topics)
        self._gone_since = now - GONE_AGAIN
        for topic in gone:
            self._put(topic, DELETED)
        self._put_changed(COMMON, common)
        await self._send(client)
        for device_id in device_ids:
            async with self.database.transaction() as transaction:
                wanted = await retained.onus(transaction, self._topics, device_id)
            self._put_changed(device_id, wanted)
            await self._send(client)

    def _put_changed(self, key: int, wanted: dict[str, bytes]) -> None:
        for topic, said in changed(self._published.get(key, {}), wanted).items():
            self._put(topic, versioned(said, self._next_version()))
        self._published.pop(key, None)
        self._published[key] = {topic: hash(said) for topic, said in wanted.items()}

    def _put(self, topic: str, payload: bytes) -> None:
        if not self.outbox.put(topic, payload):
            metrics.mqtt_dropped.add()

    async def _send(self, client: aiomqtt.Client) -> None:
        while messages := self.outbox.take(IN_FLIGHT):
            await asyncio.gather(
                *(
                    client.publish(topic, payload, qos=QOS, retain=True)
                    for topic, payload in messages
                )
            )
            deleted = sum(payload == DELETED for _, payload in messages)
            metrics.mqtt_published.add("deleted", amount=deleted)
            metrics.mqtt_published.add("written", amount=len(messages) - deleted)

    async def _live(self, client: aiomqtt.Client, life: str) -> None:
        topic = self._topics.collector(self.collector)
        await client.publish(topic, self._life(life), qos=QOS, retain=True)

    def _life(self, life: str) -> bytes:
        said = state(self.clock.now(), {"collector": self.collector, "state": life})
        return versioned(said, self._next_version())

    def _next_version(self) -> int:
        """Milliseconds, but always more than the last one."""
        self._version = max(self._version + 1, int(self.clock.now().timestamp() * 1000))
        return self._version


async def _lost(client: aiomqtt.Client) -> None:
    """Raises MqttError when the connection is lost, also while nothing is published."""
    async for _ in client.messages:
        pass
