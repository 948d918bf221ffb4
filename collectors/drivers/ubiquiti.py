"""Ubiquiti UF-OLT and UISP Fiber OLT: UBNT-UFIBER-MIB. An ONU's row is its serial as a string:
length, then one arc for each character.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field, Place
from collectors.mib.cells import Cells, Gate, choice, counter, number, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from devices.snmp.values import Index
from isp.access_network import DeviceReading, OnuState, Poll

__all__ = ["DRIVER"]

UFIBER: Final = "1.3.6.1.4.1.41112.1.5"
MODEL_NAME, SERIAL_NUMBER, VERSION = (f"{UFIBER}.1.{n}.0" for n in (1, 2, 3))
THERMOMETER: Final = f"{UFIBER}.4.2.1.3"
SERIAL, NAME, ONLINE, MODEL, OLT_PORT = (f"{UFIBER}.6.2.1.{n}" for n in range(1, 6))
TX, RX, TX_BYTES, RX_BYTES = (f"{UFIBER}.6.2.1.{n}" for n in range(8, 12))
SFP_NAME, SFP_UP, SFP_TX_BYTES, SFP_RX_BYTES = (f"{UFIBER}.7.2.1.{n}" for n in (2, 3, 6, 7))

STATES: Final = {1: OnuState.ONLINE, 2: OnuState.OFFLINE}
"""ubntOnuOnline, a TruthValue."""

BROADCOM: Final = "1.3.6.1.4.1.4413"
"""What a UISP Fiber OLT says that it is, as Ubiquiti's switches do."""

DARK: Final = (0, -1)
"""An ONU that is away has 0 for its light."""

PLAIN_CELSIUS: Final = "OLT."
"""The firmware of UISP Fiber tells whole degrees, where the MIB and UF-OLT have thousandths."""

ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("state", ONLINE, choice(STATES, OnuState.UNKNOWN)),
    Field("description", NAME, text),
    Field("model", MODEL, text),
    Field("rx_dbm", RX, unit(0.01, none=DARK)),
    Field("tx_dbm", TX, unit(0.01, none=DARK)),
    Field("octets_up", RX_BYTES, counter),
    Field("octets_down", TX_BYTES, counter),
)
"""The OLT counts, so what it sent to an ONU is what the ONU's subscriber got."""

PORT: Final = (
    Field("state", SFP_UP, choice({1: "up", 2: "down"})),
    Field("octets_up", SFP_RX_BYTES, counter),
    Field("octets_down", SFP_TX_BYTES, counter),
)


def place(cells: Cells, index: Index) -> Place:
    """The port's name is `pon` and its number, 0 while the ONU is away; ONUs have no numbers."""
    port = number(cells.column(OLT_PORT).get(index))
    return Place(f"pon{port}" if port else None, None)


def pon_port(cells: Cells, index: Index) -> str | None:
    """The name of an SFP's port, if it is a PON port."""
    name = text(cells.column(SFP_NAME).get(index)) or ""
    return name if name.startswith("pon") else None


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """The device by its own MIB, its processor and memory by HOST-RESOURCES."""
    version = text(cells.scalar(VERSION))
    scale = 1.0 if (version or "").startswith(PLAIN_CELSIUS) else 0.001
    return DeviceReading(
        model=text(cells.scalar(MODEL_NAME)),
        firmware=version,
        serial=text(cells.scalar(SERIAL_NUMBER)),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=health.worst(cells, THERMOMETER, gate.celsius, unit(scale)),
        cpu_percent=health.processors_percent(cells, gate),
        memory_percent=health.memory_percent(cells, gate),
    )


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.onus(cells, gate, ONU, lambda index: place(cells, index))
    ports = access.ports(cells, gate, PORT, lambda index: pon_port(cells, index))
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports, onus),
        interfaces=interfaces(cells),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="ubiquiti",
    sys_object_ids=(UFIBER, BROADCOM),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(SERIAL, NAME, MODEL, OLT_PORT)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(SERIAL, ONLINE, OLT_PORT)),
            Table(name="sfps", columns=(SFP_NAME, SFP_UP)),
            OPER_STATES,
        ),
        Part.OPTICS: (Table(name="onu_optics", columns=(SERIAL, OLT_PORT, TX, RX)),),
        Part.TRAFFIC: (
            COUNTERS,
            Table(name="onu_counters", columns=(SERIAL, OLT_PORT, TX_BYTES, RX_BYTES)),
            Table(name="sfp_counters", columns=(SFP_NAME, SFP_TX_BYTES, SFP_RX_BYTES)),
        ),
        Part.HEALTH: (Table(name="thermometers", columns=(THERMOMETER,)), *health.HOST),
    },
    scalars={
        Part.INVENTORY: (*health.IDENTITY, MODEL_NAME, SERIAL_NUMBER, VERSION),
        Part.HEALTH: (*health.UPTIME, VERSION),
    },
    parse=parse,
    sys_descr=re.compile(r"\bUISP Fiber OLT\b|\bUF-OLT\b"),
    optics_one_by_one=False,
)
