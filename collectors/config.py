"""The table `[collectors]`."""

import os
import socket
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Final, Literal

from pydantic import Field

from chassis.config import NEEDS_RESTART, Settings, Table
from chassis.secrets import Secret
from collectors.driver import Part
from collectors.turnstile import ONUS_PER_SECOND

__all__ = ["CollectorsConfig", "CollectorsSettings"]

LISTENING: Final = r"^(\S+:\d{1,5})?$"
"""`ADDRESS:PORT`, or nothing."""


class CollectorsConfig(Table):
    """Polling of OLTs, ONUs and routers."""

    name: Annotated[str, NEEDS_RESTART] = ""
    """What this process is called among those that share the devices. Empty: node and process.
    Several on one node that publish to MQTT each need one."""

    state_seconds: Annotated[int, NEEDS_RESTART] = Field(default=300, ge=10, le=86_400)
    """How often the states of all ONUs, ports and interfaces are read."""

    traffic_seconds: Annotated[int, NEEDS_RESTART] = Field(default=300, ge=10, le=86_400)
    """How often counters are read."""

    health_seconds: Annotated[int, NEEDS_RESTART] = Field(default=300, ge=10, le=86_400)
    """How often a device's own temperature, processor and memory are read."""

    inventory_seconds: Annotated[int, NEEDS_RESTART] = Field(default=3600, ge=60, le=604_800)
    """How often names, models and what there is at all are read."""

    optics_seconds: Annotated[int, NEEDS_RESTART] = Field(default=900, ge=10, le=86_400)
    """How often light levels are read of devices that hold them ready in one table."""

    onus_per_second: Annotated[float, NEEDS_RESTART] = Field(default=ONUS_PER_SECOND, gt=0, le=100)
    """How many ONUs of one OLT are asked for their light, where it asks each of them in turn."""

    requests_per_second: Annotated[float, NEEDS_RESTART] = Field(default=20.0, gt=0, le=1000)
    """SNMP requests to one device, everything included: its control processor has other work."""

    budget_seconds: Annotated[float, NEEDS_RESTART] = Field(default=120.0, ge=1, le=3600)
    """How long one reading of a device may take; what is not read by then is partial."""

    onu_rx_low_dbm: Annotated[float, NEEDS_RESTART] = -27.0
    """Light at an ONU, at or below which an alarm is set."""

    onu_rx_good_dbm: Annotated[float, NEEDS_RESTART] = -26.0
    """Light at an ONU, at or above which the alarm is cleared again."""

    olt_rx_low_dbm: Annotated[float, NEEDS_RESTART] = -30.0
    """Light of an ONU at its OLT, at or below which an alarm is set."""

    olt_rx_good_dbm: Annotated[float, NEEDS_RESTART] = -29.0
    """Light of an ONU at its OLT, at or above which the alarm is cleared again."""

    temperature_high_celsius: Annotated[float, NEEDS_RESTART] = 75.0
    """A device's temperature, at or above which an alarm is set."""

    temperature_good_celsius: Annotated[float, NEEDS_RESTART] = 70.0
    """A device's temperature, at or below which the alarm is cleared again."""

    notices: Annotated[Literal["approved", "automatic"], NEEDS_RESTART] = "approved"
    """Messages about outages go out when an operator has `approved` each, or `automatic`ally."""

    quiet_from: Annotated[time, NEEDS_RESTART] = time(21, 0)
    """From when on, in each tenant's zone, no message about an outage goes out."""

    quiet_until: Annotated[time, NEEDS_RESTART] = time(8, 0)
    """Until when; the same time as `quiet_from`: it is never quiet."""

    traps: Annotated[str, NEEDS_RESTART] = Field(default="", pattern=LISTENING)
    """Where SNMP traps and informs are heard, `ADDRESS:PORT`. Empty: nowhere."""

    syslog: Annotated[str, NEEDS_RESTART] = Field(default="", pattern=LISTENING)
    """Where syslog of devices is heard, `ADDRESS:PORT` (UDP). Empty: nowhere."""

    ping_seconds: Annotated[float, NEEDS_RESTART] = Field(default=30.0, ge=0, le=3600)
    """How often each device is asked for an ICMP echo. 0: never."""

    mqtt_host: Annotated[str, NEEDS_RESTART] = ""
    """The MQTT broker that keeps every state (docs/mqtt.md). Empty: none."""

    mqtt_port: Annotated[int, NEEDS_RESTART] = Field(default=1883, ge=1, le=65535)
    """The broker's port."""

    mqtt_user: Annotated[str, NEEDS_RESTART] = ""
    """The name to sign in with, where the broker asks for one."""

    mqtt_password: Annotated[Secret[str] | None, NEEDS_RESTART] = None
    """The password to sign in with."""

    mqtt_tls: Annotated[bool, NEEDS_RESTART] = False
    """Encrypt the connection to the broker, and check its certificate."""

    mqtt_prefix: Annotated[str, NEEDS_RESTART] = Field(
        default="turnpike", pattern="^[^+#/$][^+#]*$"
    )
    """What every topic begins with."""

    voltha_kafka: Annotated[tuple[str, ...], NEEDS_RESTART] = ()
    """The Kafka brokers (`host:port`) of VOLTHA cores, whose events tell why ONUs went down. Empty:
    states come by polling alone. Needs `pip install 'turnpike[kafka]'`."""

    voltha_topic: Annotated[str, NEEDS_RESTART] = "voltha.events"
    """The topic of those events."""

    @property
    def intervals(self) -> Mapping[Part, int]:
        """How often each part is read, in seconds."""
        return {
            Part.INVENTORY: self.inventory_seconds,
            Part.STATE: self.state_seconds,
            Part.OPTICS: self.optics_seconds,
            Part.TRAFFIC: self.traffic_seconds,
            Part.HEALTH: self.health_seconds,
        }

    @property
    def mqtt_name(self) -> str:
        """What the broker knows this process by: the same after a restart."""
        return self.name or socket.gethostname()

    @property
    def process_name(self) -> str:
        """The name, or one that no other process has."""
        return self.name or f"{socket.gethostname()}:{os.getpid()}"


class CollectorsSettings(Settings):
    """The tables that collectors reads."""

    collectors: CollectorsConfig = CollectorsConfig()
