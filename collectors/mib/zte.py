"""What ZTE's two trees of ONU tables have in common: light, cards, names, and the device itself."""

import re
from typing import Final

from collectors.driver import Table
from collectors.mib import health
from collectors.mib.cells import Cells, Gate, steps, text, unit
from devices.snmp.values import Index
from isp.access_network import DeviceReading, DownCause

__all__ = [
    "CARDS",
    "OFFLINE_REASONS",
    "PON_INTERFACE",
    "device",
    "light",
    "olt_light",
    "transceiver",
]

PON_INTERFACE: Final = re.compile(r"(?:xgs?-?|g|e)?pon[-_](?:olt[-_])?(\d+/\d+/\d+)", re.I)
"""`gpon_1/1/1` of version 2.1, `gpon-olt_1/1/1` before, `gpon_olt-1/1/1` of the C6xx."""

light = steps(0.002, -30.0, none=(65535, -1, -32768))
"""In steps of 0.002 dB from -30 dBm; 65535 is no reading."""

olt_light = unit(0.001, none=(65535000, -80000))
"""In thousandths of a dBm; the OLT has no reading, or no signal."""

CARD: Final = "1.3.6.1.4.1.3902.1082.10.1.2.4.1"
CARD_CPU, CARD_MEMORY = f"{CARD}.9", f"{CARD}.11"
CARD_TEMPERATURE: Final = "1.3.6.1.4.1.3902.1082.10.10.2.1.6.1.2"
CARDS: Final = Table(name="cards", columns=(CARD_CPU, CARD_MEMORY, CARD_TEMPERATURE))

PRODUCT: Final = re.compile(r"\b(C\d{3}\w*)\b")
VERSION: Final = re.compile(r"\bV(?:ersion:?\s*V?)?(\d[\w.]+)")

OFFLINE_REASONS: Final = {
    2: DownCause.LOS,
    3: DownCause.LOS,
    4: DownCause.LOS,
    5: DownCause.LOS,
    6: DownCause.RANGING,
    7: DownCause.RANGING,
    8: DownCause.AUTH_FAILED,
    9: DownCause.DYING_GASP,
    10: DownCause.DEACTIVATED,
    11: DownCause.DEACTIVATED,
    12: DownCause.RESET,
    13: DownCause.DEACTIVATED,
}
"""unknown(1), los, losi, lofi, sfi, loai, loami, authFail, powerOff, deactiveSucc, deactiveFail,
reboot, shutdown: tree B's reasons."""


def transceiver(index: Index) -> Index:
    """An ONU's first (and only) transceiver."""
    return (*index, 1)


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """`C320 Version V2.1.0 Software, Copyright …`."""
    descr = text(cells.scalar(health.SYS_DESCR)) or ""
    product, version = PRODUCT.search(descr), VERSION.search(descr)
    return DeviceReading(
        model=product[1] if product else None,
        firmware=f"V{version[1].rstrip('.')}" if version else None,
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=health.worst(cells, CARD_TEMPERATURE, gate.celsius),
        cpu_percent=health.worst(cells, CARD_CPU, gate.percent),
        memory_percent=health.worst(cells, CARD_MEMORY, gate.percent),
    )
