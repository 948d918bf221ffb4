"""What ZTE's two trees of ONU tables have in common: light, modules, names, the device itself."""

import re
from typing import Final

from collectors.driver import Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cells import Cells, Gate, Read, number, steps, text, unit
from collectors.mib.interfaces import interface_names
from devices.snmp.values import Index, Value
from isp.access_network import DeviceReading, DownCause, PortReading

__all__ = [
    "HEALTH",
    "OFFLINE_REASONS",
    "bias",
    "celsius",
    "device",
    "light",
    "olt_light",
    "ports",
    "transceiver",
    "volts",
]

PON_INTERFACE: Final = re.compile(r"(?:xgs?-?|g|e)?pon[-_](?:olt[-_])?(\d+/\d+/\d+)", re.I)
"""`gpon_1/1/1` of version 2.1, `gpon-olt_1/1/1` before, `gpon_olt-1/1/1` of the C6xx."""

NOTHING: Final = (65535, -1, -32768)
"""What an ONU's own optics have where there is no reading."""

light = steps(0.002, -30.0, none=NOTHING)
"""In steps of 0.002 dB from -30 dBm; 65535 is no reading."""

bias = unit(0.002, none=NOTHING)
"""In steps of 2 microamperes, and a temperature in those of 1/256 degree (G.988 §9.2.1)."""
celsius = steps(1 / 256, none=NOTHING)

olt_light = unit(0.001, none=(65535000, -80000))
"""In thousandths of a dBm; the OLT has no reading, or no signal."""

IN_MILLIVOLTS_MIN: Final = 1000


def volts(value: Value) -> float | None:
    """An ONU's supply in steps of 20 mV (G.988 §9.2.1), by some firmware in millivolts."""
    told = number(value, NOTHING)
    if told is None:
        return None
    return told * (0.001 if told >= IN_MILLIVOLTS_MIN else 0.02)


CARD: Final = "1.3.6.1.4.1.3902.1082.10.1.2.4.1"
CARD_CPU, CARD_MEMORY = f"{CARD}.9", f"{CARD}.11"
CARD_CELSIUS: Final = "1.3.6.1.4.1.3902.1082.10.10.2.1.6.1.2"
EARLIER_CARD: Final = "1.3.6.1.4.1.3902.1015.2.1.1.3.1"
EARLIER_CPU, EARLIER_MEMORY = f"{EARLIER_CARD}.9", f"{EARLIER_CARD}.11"
UNIT: Final = "1.3.6.1.4.1.3902.3.6002.2.1.1"
UNIT_MEMORY, UNIT_CPU = f"{UNIT}.6", f"{UNIT}.7"
BOARD_CELSIUS: Final = "1.3.6.1.4.1.3902.3.6002.2.5.1.9"

SFP: Final = "1.3.6.1.4.1.3902.1015.3.1.13.1"
SFP_RX, SFP_TX, SFP_BIAS, SFP_VOLTAGE, SFP_CELSIUS = (f"{SFP}.{n}" for n in (1, 4, 9, 10, 12))
MODULE: Final = "1.3.6.1.4.1.3902.1082.30.40.2.4.1"
MODULE_RX, MODULE_TX, MODULE_BIAS, MODULE_VOLTAGE, MODULE_CELSIUS = (
    f"{MODULE}.{n}" for n in (2, 3, 5, 6, 8)
)

HEALTH: Final = (
    Table(name="cards", columns=(CARD_CPU, CARD_MEMORY, CARD_CELSIUS)),
    Table(name="earlier_cards", columns=(EARLIER_CPU, EARLIER_MEMORY)),
    Table(name="processor_units", columns=(UNIT_CPU, UNIT_MEMORY)),
    Table(name="boards", columns=(BOARD_CELSIUS,)),
    Table(name="sfps", columns=(SFP_RX, SFP_TX, SFP_BIAS, SFP_VOLTAGE, SFP_CELSIUS)),
    Table(
        name="modules",
        columns=(MODULE_RX, MODULE_TX, MODULE_BIAS, MODULE_VOLTAGE, MODULE_CELSIUS),
    ),
)
"""ZTE-AN-CHASSIS and -ENVMON, what stood for them in versions 1 and 2.0, and what stands for them
in the C6xx, ZXR10-SYSTEM-HARDWARE; light by ZTE-AN-INTERFACE and ZTE-AN-OPTICAL-MODULE.
"""

share = unit(1, none=(0,))
"""A card without a processor of its own has 0 for its loads, as the C6xx says of all cards."""

degrees = unit(1, none=(-1000,))
"""A card without a thermometer has -1000."""

thousandths = unit(0.001)

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
reboot, shutdown."""


def transceiver(index: Index) -> Index:
    """An ONU's first (and only) transceiver."""
    return (*index, 1)


def ports(cells: Cells, gate: Gate) -> tuple[PortReading, ...]:
    """The PON ports among the interfaces, with their modules: by ifIndex in the one table, by
    `0x11 << 24 | rack << 16 | slot << 8 | port` in the other, whatever the ifIndex is.
    """
    numbers = {
        index: module_number(found[1])
        for index, name in interface_names(cells).items()
        if (found := PON_INTERFACE.fullmatch(name))
    }

    def module(index: Index) -> Index:
        return numbers.get(index, ())

    fields = (
        Field("rx_dbm", SFP_RX, thousandths, access.own_row),
        Field("rx_dbm", MODULE_RX, thousandths, module),
        Field("tx_dbm", SFP_TX, thousandths, access.own_row),
        Field("tx_dbm", MODULE_TX, thousandths, module),
        Field("bias_milliamperes", SFP_BIAS, thousandths, access.own_row),
        Field("bias_milliamperes", MODULE_BIAS, thousandths, module),
        Field("voltage_volts", SFP_VOLTAGE, thousandths, access.own_row),
        Field("voltage_volts", MODULE_VOLTAGE, thousandths, module),
        Field("temperature_celsius", SFP_CELSIUS, thousandths, access.own_row),
        Field("temperature_celsius", MODULE_CELSIUS, thousandths, module),
    )
    return access.interface_ports(cells, gate, PON_INTERFACE, fields)


def module_number(port: str) -> Index:
    """The row of `1/2/1` in the tables of tree B."""
    rack, slot, number_of_port = map(int, port.split("/"))
    return (0x11 << 24 | rack << 16 | slot << 8 | number_of_port,)


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """`C320 Version V2.1.0 Software, Copyright …`."""
    descr = text(cells.scalar(health.SYS_DESCR)) or ""
    product, version = PRODUCT.search(descr), VERSION.search(descr)

    def worst(check: Read, read: Read, *columns: str) -> float | None:
        told = (health.worst(cells, column, check, read) for column in columns)
        return max((value for value in told if value is not None), default=None)

    return DeviceReading(
        model=product[1] if product else None,
        firmware=f"V{version[1].rstrip('.')}" if version else None,
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=worst(gate.celsius, degrees, CARD_CELSIUS, BOARD_CELSIUS),
        cpu_percent=worst(gate.percent, share, CARD_CPU, EARLIER_CPU, UNIT_CPU),
        memory_percent=worst(gate.percent, share, CARD_MEMORY, EARLIER_MEMORY, UNIT_MEMORY),
    )
