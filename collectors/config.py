"""The table `[collectors]`."""

import os
import socket
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from chassis.config import NEEDS_RESTART, Settings, Table
from collectors.driver import Part

__all__ = ["CollectorsConfig", "CollectorsSettings"]


class CollectorsConfig(Table):
    """Polling of OLTs, ONUs and routers."""

    name: Annotated[str, NEEDS_RESTART] = ""
    """What this process is called among those that share the devices. Empty: node and process."""

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

    onus_per_second: Annotated[float, NEEDS_RESTART] = Field(default=2.0, gt=0, le=100)
    """How many ONUs of one OLT are asked for their light, where it asks each of them in turn."""

    requests_per_second: Annotated[float, NEEDS_RESTART] = Field(default=20.0, gt=0, le=1000)
    """SNMP requests to one device, everything included: its control processor has other work."""

    budget_seconds: Annotated[float, NEEDS_RESTART] = Field(default=120.0, ge=1, le=3600)
    """How long one reading of a device may take; what is not read by then is partial."""

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
    def process_name(self) -> str:
        """The name, or one that no other process has."""
        return self.name or f"{socket.gethostname()}:{os.getpid()}"


class CollectorsSettings(Settings):
    """The tables that collectors reads."""

    collectors: CollectorsConfig = CollectorsConfig()
