"""Huawei MA5600T, MA5603T, MA5608T, MA5800: HUAWEI-XPON-MIB and HUAWEI-DEVICE-MIB.

The ONTs of GPON and of EPON have tables of their own, and one of EPON is known by its MAC. All are
indexed by ifIndex and ONT id; an ifIndex is `kind << 25 | frame << 19 | slot << 13 | port << 8`,
above 2^31 for PON ports.
"""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cells import (
    Cells,
    Gate,
    choice,
    counter,
    date_and_time,
    number,
    serial,
    text,
    unit,
)
from collectors.mib.interfaces import (
    COUNTERS,
    IF_OPER_STATUS,
    INTERFACES,
    OPER_STATES,
    interfaces,
    link_state,
)
from devices.snmp.values import Index, Value
from isp.access_network import (
    DeviceReading,
    DownCause,
    OnuReading,
    OnuState,
    Poll,
)

__all__ = ["DRIVER"]

XPON: Final = "1.3.6.1.4.1.2011.6.128.1.1"
SERIAL, DESCRIPTION = f"{XPON}.2.43.1.3", f"{XPON}.2.43.1.9"
EQUIPMENT_ID, MAIN_SOFTWARE = f"{XPON}.2.45.1.4", f"{XPON}.2.45.1.5"
RUN_STATUS, RANGING = f"{XPON}.2.46.1.15", f"{XPON}.2.46.1.20"
LAST_DOWN_TIME, LAST_DOWN_CAUSE = f"{XPON}.2.46.1.23", f"{XPON}.2.46.1.24"
ACTUAL_SERIAL: Final = f"{XPON}.2.46.1.30"
TEMPERATURE, BIAS, TX, RX, VOLTAGE, OLT_RX = (f"{XPON}.2.51.1.{column}" for column in range(1, 7))
EPON_MAC, EPON_DESCRIPTION = f"{XPON}.2.53.1.3", f"{XPON}.2.53.1.9"
EPON_RUN_STATUS, EPON_RANGING = f"{XPON}.2.57.1.15", f"{XPON}.2.57.1.19"
EPON_LAST_DOWN_CAUSE: Final = f"{XPON}.2.57.1.25"
EPON_OLT_RX, EPON_TEMPERATURE = f"{XPON}.2.104.1.1", f"{XPON}.2.104.1.2"
EPON_TX, EPON_RX, EPON_VOLTAGE = (f"{XPON}.2.104.1.{column}" for column in (4, 5, 6))

UP_BYTES, DOWN_BYTES = f"{XPON}.4.23.1.3", f"{XPON}.4.23.1.4"
FOUND_SERIAL, FOUND_TIME = f"{XPON}.2.48.1.2", f"{XPON}.2.48.1.8"

PORT_ONUS: Final = f"{XPON}.2.21.1.16"
PORT_TEMPERATURE, PORT_VOLTAGE, PORT_BIAS, PORT_TX, PORT_RX = (
    f"{XPON}.2.23.1.{column}" for column in range(1, 6)
)
PORT_BYTES_RECEIVED, PORT_BYTES_SENT = f"{XPON}.4.21.1.15", f"{XPON}.4.21.1.30"

PRODUCT_VERSION: Final = "1.3.6.1.4.1.2011.6.3.1.999.0"
BACKPLANE_SERIAL: Final = "1.3.6.1.4.1.2011.6.3.3.1.1.9"
PRODUCT: Final = re.compile(r"([ME]A\d{4}\w*?)(V\d{3}R\d{3}\w*)")
FAMILY: Final = r"[ME]A5[68]\d\d"
SLOT_CPU, SLOT_MEMORY, SLOT_TEMPERATURE = (
    f"1.3.6.1.4.1.2011.2.6.7.1.1.2.1.{column}" for column in (5, 6, 10)
)

STATES: Final = {1: OnuState.ONLINE, 2: OnuState.OFFLINE}
CAUSES: Final = {
    1: DownCause.LOS,
    2: DownCause.LOS,
    3: DownCause.LOS,
    4: DownCause.LOS,
    5: DownCause.RANGING,
    6: DownCause.RANGING,
    7: DownCause.DEACTIVATED,
    8: DownCause.DEACTIVATED,
    9: DownCause.RESET,
    10: DownCause.RESET,
    11: DownCause.RANGING,
    13: DownCause.DYING_GASP,
    15: DownCause.AUTH_FAILED,
    18: DownCause.RING,
    30: DownCause.OPTICS_OFF,
    31: DownCause.RESET,
    32: DownCause.RESET,
    33: DownCause.RESET,
    35: DownCause.AUTH_FAILED,
    37: DownCause.ROGUE,
}
"""hwGponDeviceOntControlLastDownCause: LOSi/LOBi, LOFi and SFi are forms of a lost signal, LOAi and
LOAMi of a lost range, LOKi of lost keys; 31 to 33 say who reset."""

NOTHING: Final = (-1,)
"""What the ONT control table and the boards' have where there is no information."""

whole = unit(1, none=NOTHING)
state = choice(STATES, OnuState.UNKNOWN)
down_cause = choice(CAUSES, DownCause.OTHER, none=NOTHING)
light = unit(0.01, none=NOTHING)
at_olt = unit(0.01, offset=-100.0)


def description(value: Value) -> str | None:
    """Free text; an ONT without any is told so in capitals."""
    words = text(value)
    return None if words == "ONT_NO_DESCRIPTION" else words


GPON_ONU: Final = (
    Field("serial", SERIAL, serial),
    Field("serial", ACTUAL_SERIAL, serial),
    Field("state", RUN_STATUS, state),
    Field("last_down_cause", LAST_DOWN_CAUSE, down_cause),
    Field("last_down_at", LAST_DOWN_TIME, date_and_time),
    Field("description", DESCRIPTION, description),
    Field("model", EQUIPMENT_ID, text),
    Field("firmware", MAIN_SOFTWARE, text),
    Field("distance_m", RANGING, whole),
    Field("temperature_celsius", TEMPERATURE, unit(1)),
    Field("bias_milliamperes", BIAS, unit(1)),
    Field("tx_dbm", TX, light),
    Field("rx_dbm", RX, light),
    Field("voltage_volts", VOLTAGE, unit(0.001)),
    Field("olt_rx_dbm", OLT_RX, at_olt),
    Field("octets_up", UP_BYTES, counter),
    Field("octets_down", DOWN_BYTES, counter),
)
EPON_ONU: Final = (
    Field("serial", EPON_MAC, serial),
    Field("state", EPON_RUN_STATUS, state),
    Field("last_down_cause", EPON_LAST_DOWN_CAUSE, down_cause),
    Field("description", EPON_DESCRIPTION, description),
    Field("distance_m", EPON_RANGING, whole),
    Field("temperature_celsius", EPON_TEMPERATURE, unit(1)),
    Field("tx_dbm", EPON_TX, light),
    Field("rx_dbm", EPON_RX, light),
    Field("voltage_volts", EPON_VOLTAGE, unit(0.001)),
    Field("olt_rx_dbm", EPON_OLT_RX, at_olt),
)
ONU: Final = (*GPON_ONU, *EPON_ONU)
PORT: Final = (
    Field("onus", PORT_ONUS, number),
    Field("temperature_celsius", PORT_TEMPERATURE, unit(1)),
    Field("voltage_volts", PORT_VOLTAGE, unit(0.01)),
    Field("bias_milliamperes", PORT_BIAS, unit(1)),
    Field("tx_dbm", PORT_TX, light),
    Field("rx_dbm", PORT_RX, light),
    Field("state", IF_OPER_STATUS, link_state),
    Field("octets_up", PORT_BYTES_RECEIVED, counter),
    Field("octets_down", PORT_BYTES_SENT, counter),
)


def port_name(if_index: int) -> str:
    """Frame, slot and port: 4194312192 is `0/1/0`."""
    return f"{if_index >> 19 & 0x3F}/{if_index >> 13 & 0x3F}/{if_index >> 8 & 0x1F}"


def is_epon(onu: OnuReading) -> bool:
    """Whether it is known by a MAC, as EPON's ONTs are."""
    return ":" in (onu.serial or "")


def is_gpon(onu: OnuReading) -> bool:
    """Whether it is any other."""
    return not is_epon(onu)


PON_KINDS: Final = frozenset({125, 126, 127})
"""The kinds of interface in an ifIndex that are PON ports: GPON is 125."""


def pon_port(index: Index) -> str | None:
    """The name of a PON port; None for any other interface."""
    return port_name(index[0]) if index[0] >> 25 in PON_KINDS else None


def device(cells: Cells, gate: Gate) -> DeviceReading:
    """`MA5603V800R018C10B085` is model and version; the frame's descriptions say which MA5603."""
    told = PRODUCT.fullmatch(text(cells.scalar(PRODUCT_VERSION)) or "")
    model, firmware = (told[1], told[2]) if told else (None, None)
    descriptions = " ".join(str(text(each)) for each in cells.column(health.ENTITY_DESCR).values())
    longer = re.search(rf"\b{model or FAMILY}\w*(?:-X\d+)?", descriptions)
    serials = cells.column(BACKPLANE_SERIAL)
    return DeviceReading(
        model=longer[0] if longer else model,
        firmware=firmware,
        serial=text(serials.get(min(serials, default=()))),
        uptime_seconds=health.uptime_seconds(cells),
        temperature_celsius=health.worst(cells, SLOT_TEMPERATURE, gate.celsius, whole),
        cpu_percent=health.worst(cells, SLOT_CPU, gate.percent, whole),
        memory_percent=health.worst(cells, SLOT_MEMORY, gate.percent, whole),
    )


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.onus(cells, gate, ONU, access.port_and_number(port_name))
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(access.ports(cells, gate, PORT, pon_port, by_if_index=True), onus),
        interfaces=interfaces(cells),
        onus=onus,
        unprovisioned=access.unprovisioned(
            cells, FOUND_SERIAL, lambda index: port_name(index[0]), times=FOUND_TIME
        ),
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="huawei",
    sys_object_ids=("1.3.6.1.4.1.2011",),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            health.ENTITY,
            Table(name="frames", columns=(BACKPLANE_SERIAL,)),
            Table(name="onus", columns=(SERIAL, DESCRIPTION)),
            Table(name="onu_versions", columns=(EQUIPMENT_ID, MAIN_SOFTWARE)),
            Table(name="onu_control", columns=(RANGING, LAST_DOWN_TIME, ACTUAL_SERIAL)),
            Table(name="epon_onus", columns=(EPON_MAC, EPON_DESCRIPTION, EPON_RANGING)),
            Table(name="autofound", columns=(FOUND_SERIAL, FOUND_TIME)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(SERIAL, RUN_STATUS, LAST_DOWN_CAUSE)),
            Table(
                name="epon_onu_states",
                columns=(EPON_MAC, EPON_RUN_STATUS, EPON_LAST_DOWN_CAUSE),
            ),
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(
                name="onu_optics",
                columns=(SERIAL, RANGING, TEMPERATURE, BIAS, TX, RX, VOLTAGE, OLT_RX),
                has=is_gpon,
            ),
            Table(
                name="epon_onu_optics",
                columns=(
                    EPON_MAC,
                    EPON_RANGING,
                    EPON_TEMPERATURE,
                    EPON_TX,
                    EPON_RX,
                    EPON_VOLTAGE,
                    EPON_OLT_RX,
                ),
                has=is_epon,
            ),
        ),
        Part.TRAFFIC: (
            COUNTERS,
            Table(name="onu_counters", columns=(SERIAL, UP_BYTES, DOWN_BYTES)),
            Table(name="port_counters", columns=(PORT_BYTES_RECEIVED, PORT_BYTES_SENT)),
        ),
        Part.HEALTH: (
            Table(name="slots", columns=(SLOT_CPU, SLOT_MEMORY, SLOT_TEMPERATURE)),
            Table(name="port_onus", columns=(PORT_ONUS,)),
            Table(
                name="port_optics",
                columns=(PORT_TEMPERATURE, PORT_VOLTAGE, PORT_BIAS, PORT_TX, PORT_RX),
            ),
        ),
    },
    scalars={
        Part.INVENTORY: (*health.IDENTITY, PRODUCT_VERSION),
        Part.HEALTH: health.UPTIME,
    },
    parse=parse,
    sys_descr=re.compile(r"Huawei Integrated Access|\b[ME]A5[68]\d\d"),
)
