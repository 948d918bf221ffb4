"""What runs beside the polling: what follows from readings, and what comes without being asked."""

from collections.abc import Callable
from typing import Final

from chassis.clock import Clock
from chassis.periodic import Tasks
from chassis.sealing import KeyRing
from collectors.alarm_watch import AlarmWatch
from collectors.alarms import Limit
from collectors.config import CollectorsConfig
from collectors.consequences import Consequence
from collectors.hearing import Hearing
from collectors.history import ROLL_SECONDS, History
from collectors.lanes import Lanes
from collectors.mqtt import Broker, Publisher
from collectors.nas_watch import NasWatch
from collectors.notices import QuietHours
from collectors.notifying import Notifying
from collectors.outage_watch import OutageWatch
from collectors.ping import Pinger
from collectors.sampling import Sampling
from collectors.sweep import SWEEP_SECONDS, Sweep
from collectors.symptoms import Limits
from collectors.uptime_watch import UPTIME_SECONDS, UptimeWatch
from collectors.voltha.events import Causes
from collectors.voltha_topic import VolthaTopic
from database.connect import Database

__all__ = ["Companions"]

SENDERS_SECONDS: Final = 10.0
"""How soon traps of a new device are known to be its own."""

NOTICES_SECONDS: Final = 5.0


class Companions:
    """Made before the lanes, which `polled()` gives once they are there."""

    def __init__(
        self,
        config: CollectorsConfig,
        *,
        database: Database,
        clock: Clock,
        keys: KeyRing,
        causes: Causes,
        polled: Callable[[], Lanes | None],
    ) -> None:
        approved_by = "automatic" if config.notices == "automatic" else None
        limits = limits_of(config)
        self._config = config
        self._polled = polled
        self._history = History(database, clock)
        self._uptime = UptimeWatch(database, clock)
        nases = NasWatch(self.look_soon, approved_by)
        self._sweep = Sweep(database, clock, limits, nases, approved_by)
        quiet = QuietHours(begin=config.quiet_from, end=config.quiet_until)
        self._notifying = Notifying(database, clock, quiet)
        self._hearing = Hearing(database, keys, self.look_soon)
        self._pinger = Pinger(database, clock, self._device_ids)
        self._publisher = self._made_publisher(database, clock)
        self._topic = self._made_topic(causes)
        consequences: list[Consequence] = [
            OutageWatch(look_soon=self.look_soon, approved_by=approved_by),
            AlarmWatch(limits),
            Sampling(),
        ]
        if self._publisher is not None:
            consequences.append(self._publisher)
        self.consequences = tuple(consequences)

    async def begin(self, tasks: Tasks) -> None:
        """Listen where the configuration says, and begin all periodic work. Raises Refused."""
        config = self._config
        await self._hearing.listen(traps=config.traps, syslog=config.syslog)
        if config.traps or config.syslog:
            tasks.every(SENDERS_SECONDS, "know_senders", self._hearing.know_senders)
        if config.ping_seconds:
            tasks.every(config.ping_seconds, "ping_devices", self._pinger.turn)
        if self._publisher is not None:
            tasks.forever("publish_states", self._publisher.run)
        if self._topic is not None:
            tasks.forever("follow_voltha_topic", self._topic.follow)
        tasks.every(SWEEP_SECONDS, "sweep_network", self._sweep.turn)
        tasks.every(NOTICES_SECONDS, "send_notices", self._notifying.turn)
        tasks.every(ROLL_SECONDS, "roll_up_samples", self._history.roll)
        tasks.every(UPTIME_SECONDS, "count_uptime", self._uptime.turn)

    def close(self) -> None:
        """Hear nothing any more."""
        self._hearing.close()
        self._pinger.close()

    def look_soon(self, device_id: int) -> None:
        """Ask for an early look at a device; one that another process polls is left to it."""
        lanes = self._polled()
        lane = lanes.lane(device_id) if lanes is not None else None
        if lane is not None:
            lane.hint()

    def _look_at_onu(self, serial: str) -> None:
        lanes = self._polled()
        if lanes is not None:
            lanes.hint_of_onu(serial)

    def _device_ids(self) -> frozenset[int]:
        lanes = self._polled()
        return lanes.device_ids if lanes is not None else frozenset()

    def _made_topic(self, causes: Causes) -> VolthaTopic | None:
        config = self._config
        if not config.voltha_kafka:
            return None
        return VolthaTopic(
            config.voltha_kafka, config.voltha_topic, causes=causes, look=self._look_at_onu
        )

    def _made_publisher(self, database: Database, clock: Clock) -> Publisher | None:
        config = self._config
        if not config.mqtt_host:
            return None
        broker = Broker(
            host=config.mqtt_host,
            port=config.mqtt_port,
            user=config.mqtt_user or None,
            password=config.mqtt_password,
            tls=config.mqtt_tls,
            prefix=config.mqtt_prefix,
        )
        return Publisher(database, broker, config.mqtt_name, self._device_ids, clock)


def limits_of(config: CollectorsConfig) -> Limits:
    """The limits that the configuration sets."""
    return Limits(
        onu_rx_dbm=Limit(set_at=config.onu_rx_low_dbm, clear_at=config.onu_rx_good_dbm),
        olt_rx_dbm=Limit(set_at=config.olt_rx_low_dbm, clear_at=config.olt_rx_good_dbm),
        temperature_celsius=Limit(
            set_at=config.temperature_high_celsius, clear_at=config.temperature_good_celsius
        ),
    )
