"""What is shaped: a router, or a subscriber's own device."""

from dataclasses import dataclass

from devices.routeros import RouterTarget
from isp.shaping import Method
from shaper.queue import Network

__all__ = ["Target"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One router (`device_id`) or CPE (`cpe_id`, of service `service_id`); the other number is 0.

    `writes`: it is enabled, not only observed. `access` is None where its credentials do not open,
    and where none are needed; `interface` is for Linux, as `Wiring.of_text` reads it.
    """

    tenant_id: int
    name: str
    device_id: int = 0
    cpe_id: int = 0
    method: Method = Method.SIMPLE
    writes: bool = False
    access: RouterTarget | None = None
    nas_id: int | None = None
    service_id: int = 0
    subnet: Network | None = None
    interface: str | None = None
    rest: bool = False
    writes_per_second: int = 2000

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from all others."""
        return self.device_id, self.cpe_id
