"""Any device, by what the standard MIBs tell: its interfaces, its chassis, how it fares."""

from collectors.driver import Driver, Part, Readings
from collectors.mib import health
from collectors.mib.cells import Cells, Gate
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from isp.access_network import Poll

__all__ = ["DRIVER"]


def parse(readings: Readings) -> Poll:
    """The device and its interfaces; it has no ONUs that anybody could know of."""
    cells, gate = Cells(readings), Gate()
    return Poll(
        device=health.standard_device(cells, gate),
        interfaces=interfaces(cells),
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="standard",
    sys_object_ids=(),
    tables={
        Part.INVENTORY: (INTERFACES, health.ENTITY),
        Part.STATE: (OPER_STATES,),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (health.SENSORS, *health.HOST),
    },
    scalars={Part.INVENTORY: health.IDENTITY, Part.HEALTH: health.UPTIME},
    parse=parse,
)
