"""How a device itself fares: SNMPv2-MIB, SNMP-FRAMEWORK, HOST-RESOURCES, ENTITY, ENTITY-SENSOR."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Final

from collectors.driver import Table
from collectors.mib.cells import Cells, Gate, Read, number, text
from isp.access_network import DeviceReading

__all__ = [
    "ENTITY",
    "ENTITY_DESCR",
    "HOST",
    "IDENTITY",
    "PROCESSORS",
    "SENSORS",
    "STORAGE",
    "SYS_DESCR",
    "SYS_OBJECT_ID",
    "UPTIME",
    "chassis",
    "completed",
    "memory_percent",
    "processors_percent",
    "sensors_celsius",
    "standard_device",
    "uptime_seconds",
    "worst",
]

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"
HR_SYSTEM_UPTIME: Final = "1.3.6.1.2.1.25.1.1.0"
SNMP_ENGINE_TIME: Final = "1.3.6.1.6.3.10.2.1.3.0"

IDENTITY: Final = (SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, HR_SYSTEM_UPTIME, SNMP_ENGINE_TIME)
UPTIME: Final = (SYS_UP_TIME, HR_SYSTEM_UPTIME, SNMP_ENGINE_TIME)

ENT_PHYSICAL: Final = "1.3.6.1.2.1.47.1.1.1.1"
ENTITY_DESCR, ENTITY_CLASS = f"{ENT_PHYSICAL}.2", f"{ENT_PHYSICAL}.5"
ENTITY_SOFTWARE, ENTITY_SERIAL = f"{ENT_PHYSICAL}.10", f"{ENT_PHYSICAL}.11"
ENTITY_MODEL: Final = f"{ENT_PHYSICAL}.13"
ENTITY: Final = Table(
    name="entities",
    columns=(ENTITY_DESCR, ENTITY_CLASS, ENTITY_SOFTWARE, ENTITY_SERIAL, ENTITY_MODEL),
)
CHASSIS: Final = 3

ENT_SENSOR: Final = "1.3.6.1.2.1.99.1.1.1"
SENSOR_TYPE, SENSOR_SCALE, SENSOR_PRECISION, SENSOR_VALUE, SENSOR_STATUS = (
    f"{ENT_SENSOR}.{column}" for column in (1, 2, 3, 4, 5)
)
SENSORS: Final = Table(
    name="sensors",
    columns=(SENSOR_TYPE, SENSOR_SCALE, SENSOR_PRECISION, SENSOR_VALUE, SENSOR_STATUS),
)
SENSOR_OK, SENSOR_CELSIUS, SCALE_UNITS = 1, 8, 9  # EntitySensor{Status,DataType,DataScale}
SCALES, PRECISIONS = range(1, 18), range(-8, 10)

HR_STORAGE: Final = "1.3.6.1.2.1.25.2.3.1"
STORAGE_TYPE, STORAGE_DESCR, STORAGE_SIZE, STORAGE_USED = (
    f"{HR_STORAGE}.{column}" for column in (2, 3, 5, 6)
)
STORAGE: Final = Table(
    name="storage", columns=(STORAGE_TYPE, STORAGE_DESCR, STORAGE_SIZE, STORAGE_USED)
)
RAM: Final = "1.3.6.1.2.1.25.2.1.2"

PROCESSOR_LOAD: Final = "1.3.6.1.2.1.25.3.3.1.2"
PROCESSORS: Final = Table(name="processors", columns=(PROCESSOR_LOAD,))
HOST: Final = (STORAGE, PROCESSORS)

TICKS_PER_SECOND: Final = 100
TICKS_WRAP_SECONDS: Final = 2**32 / TICKS_PER_SECOND
WRAPS_MAX: Final = 7
"""Nobody leaves such a device alone for ten years; some agents count from an epoch of theirs."""

SAME_START_SECONDS: Final = 3600.0
"""An engine whose time is further off counts something else, as some agents' do."""


def uptime_seconds(cells: Cells) -> float | None:
    """sysUpTime, and the 497 days each that it has wrapped by a clock that has not.

    snmpEngineTime counts seconds since the agent started, as sysUpTime does; hrSystemUptime since
    the host started, which is not the same, and stands in where there is no sysUpTime.
    """
    ticks = cells.scalar(SYS_UP_TIME)
    engine = cells.scalar(SNMP_ENGINE_TIME)
    if not isinstance(ticks, int):
        ticks = cells.scalar(HR_SYSTEM_UPTIME)
    if not isinstance(ticks, int):
        return float(engine) if isinstance(engine, int) else None
    seconds = ticks / TICKS_PER_SECOND
    if isinstance(engine, int) and engine > seconds:
        wraps = round((engine - seconds) / TICKS_WRAP_SECONDS)
        unwrapped = seconds + wraps * TICKS_WRAP_SECONDS
        if wraps <= WRAPS_MAX and abs(engine - unwrapped) < SAME_START_SECONDS:
            seconds = unwrapped
    return round(seconds, 2)


def worst(
    cells: Cells, column: str, check: Callable[[float | None], float | None], read: Read = number
) -> float | None:
    """The greatest value of a column of boards: the one to worry about."""
    return max(
        (
            value
            for cell in cells.column(column).values()
            if (value := check(read(cell))) is not None
        ),
        default=None,
    )


def processors_percent(cells: Cells, gate: Gate) -> float | None:
    """hrProcessorLoad, the mean of all processors."""
    loads = cells.column(PROCESSOR_LOAD).values()
    known = [load for each in loads if (load := gate.percent(number(each))) is not None]
    return round(sum(known) / len(known), 1) if known else None


def memory_percent(cells: Cells, gate: Gate) -> float | None:
    """hrStorage's main memory."""
    kinds, sizes, used = (cells.column(c) for c in (STORAGE_TYPE, STORAGE_SIZE, STORAGE_USED))
    for index, kind in sorted(kinds.items()):
        size, taken = number(sizes.get(index)), number(used.get(index))
        if str(kind).strip(".") == RAM and size and taken is not None:
            return gate.percent(round(100 * taken / size, 1))
    return None


def sensors_celsius(cells: Cells, gate: Gate) -> float | None:
    """The hottest of ENTITY-SENSOR's thermometers that work (RFC 3433)."""
    told = (gate.celsius(each) for each in _thermometers(cells))
    return max((value for value in told if value is not None), default=None)


def _thermometers(cells: Cells) -> Iterator[float]:
    states, scales = cells.column(SENSOR_STATUS), cells.column(SENSOR_SCALE)
    precisions, values = cells.column(SENSOR_PRECISION), cells.column(SENSOR_VALUE)
    for index, kind in cells.column(SENSOR_TYPE).items():
        value = number(values.get(index))
        if kind == SENSOR_CELSIUS and value is not None and states.get(index) == SENSOR_OK:
            scale = number(scales.get(index)) or SCALE_UNITS
            precision = number(precisions.get(index)) or 0
            if scale in SCALES and precision in PRECISIONS:
                yield value * 1000.0 ** (scale - SCALE_UNITS) / 10.0**precision


def chassis(cells: Cells) -> tuple[str | None, str | None, str | None]:
    """The model, software and serial of the chassis in ENTITY-MIB, if it says any."""
    classes = cells.column(ENTITY_CLASS)
    for index in sorted(index for index, kind in classes.items() if kind == CHASSIS):
        told = tuple(
            text(cells.column(column).get(index))
            for column in (ENTITY_MODEL, ENTITY_SOFTWARE, ENTITY_SERIAL)
        )
        if any(told):
            return told[0], told[1], told[2]
    return None, None, None


def completed(told: DeviceReading, cells: Cells, gate: Gate) -> DeviceReading:
    """What a vendor's own tables told of the device, and by the standard MIBs what they did not."""
    known = {name: value for name, value in asdict(told).items() if value is not None}
    return replace(standard_device(cells, gate), **known)


def standard_device(cells: Cells, gate: Gate) -> DeviceReading:
    """All that the standard MIBs tell of a device."""
    model, firmware, serial = chassis(cells)
    return DeviceReading(
        model=model or text(cells.scalar(SYS_DESCR)),
        firmware=firmware,
        serial=serial,
        uptime_seconds=uptime_seconds(cells),
        temperature_celsius=sensors_celsius(cells, gate),
        cpu_percent=processors_percent(cells, gate),
        memory_percent=memory_percent(cells, gate),
    )
