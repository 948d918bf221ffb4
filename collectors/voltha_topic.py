"""The Kafka topic of VOLTHA cores: why ONUs went down, and a reason to look at once.

An extra (`pip install 'turnpike[kafka]'`). Polling goes on without it, and without the broker.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Final

from chassis.log import get_logger
from collectors import metrics
from collectors.voltha.events import Causes, decode
from isp.errors import ExitCode, Refused

__all__ = ["VolthaTopic"]

CLIENT: Final = "aiokafka"
CLIENT_ID: Final = "turnpike-collectors"
MESSAGE_OCTETS_MAX: Final = 2**20
log = get_logger("collectors")


class VolthaTopic:
    """Follows `topic` on `servers` (`host:port`) from now on: every process reads all of it.

    `causes` keeps what events say, `look` is told the serial of each ONU that one is about.
    """

    def __init__(
        self,
        servers: Sequence[str],
        topic: str,
        *,
        causes: Causes,
        look: Callable[[str], None],
    ) -> None:
        """Raises Refused where the Kafka client is not installed."""
        if find_spec(CLIENT) is None:
            raise Refused(
                "collectors.voltha_kafka is set and the Kafka client is not installed",
                remedy="install it with `pip install 'turnpike[kafka]'`, or empty the key",
                exit_code=ExitCode.CONFIGURATION,
            )
        self._servers = list(servers)
        self._topic = topic
        self._causes = causes
        self._look = look

    async def follow(self) -> None:
        """Until the broker is lost: endless loops of `chassis.periodic` begin anew."""
        from aiokafka import AIOKafkaConsumer

        consumer = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=self._servers,
            client_id=CLIENT_ID,
            group_id=None,
            auto_offset_reset="latest",
            max_partition_fetch_bytes=MESSAGE_OCTETS_MAX,
        )
        try:
            await consumer.start()
            log.info("voltha_topic_followed", topic=self._topic)
            async for message in consumer:
                self.hear(message.value)
        finally:
            await consumer.stop()

    def hear(self, message: bytes | None) -> None:
        """One message of the topic."""
        event = decode(message or b"")
        metrics.voltha_events.add("other" if event is None else "device")
        if event is not None:
            self._causes.note(event)
            if event.serial is not None:
                self._look(event.serial)
