"""What V-SOL's EPON and GPON devices have in common: how they say who they are."""

from typing import Final

from collectors.mib import health
from collectors.mib.cells import Cells, text
from isp.access_network import DeviceReading

__all__ = ["DEVICE", "ENTERPRISE", "device"]

ENTERPRISE: Final = "1.3.6.1.4.1.37950.1.1"
FIRMWARE, SERIAL_NUMBER = f"{ENTERPRISE}.5.10.12.5.4.0", f"{ENTERPRISE}.5.10.12.5.11.0"
MODEL: Final = f"{ENTERPRISE}.5.10.14.5.0"
DEVICE: Final = (*health.IDENTITY, FIRMWARE, SERIAL_NUMBER, MODEL)


def device(cells: Cells) -> DeviceReading:
    """The exact model where it is told, else the family in sysDescr."""
    return DeviceReading(
        model=text(cells.scalar(MODEL)) or text(cells.scalar(health.SYS_DESCR)),
        firmware=text(cells.scalar(FIRMWARE)),
        serial=text(cells.scalar(SERIAL_NUMBER)),
        uptime_seconds=health.uptime_seconds(cells),
    )
