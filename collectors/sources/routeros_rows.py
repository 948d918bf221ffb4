"""What a router's own tables say, as readings. Pure: rows of raw strings in, readings out."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from collectors.drivers.mikrotik import kept_queues, of_a_session
from collectors.mib.cells import Gate
from isp.access_network import DeviceReading, InterfaceReading, PortReading

__all__ = ["device_of", "interfaces_of", "ports_of", "queues_of", "seconds_of"]

Row = Mapping[str, str]

DURATION: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
UNITS_SECONDS: Final = (604800, 86400, 3600, 60, 1)
NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
"""Versions differ in whether they write the unit: `40` and `40C`, `-5.6` and `-5.6dBm`."""


def device_of(resource: Row, board: Row, health: Iterable[Row], gate: Gate) -> DeviceReading:
    """From /system/resource, /system/routerboard (empty for virtual ones) and /system/health."""
    total, free = number_in(resource, "total-memory"), number_in(resource, "free-memory")
    used = None if not total or free is None else round(100 * (total - free) / total, 1)
    return DeviceReading(
        model=resource.get("board-name") or None,
        firmware=resource.get("version", "").partition(" ")[0] or None,
        serial=board.get("serial-number") or None,
        uptime_seconds=seconds_of(resource.get("uptime", "")),
        temperature_celsius=max(temperatures(health, gate), default=None),
        cpu_percent=gate.percent(number_in(resource, "cpu-load")),
        memory_percent=gate.percent(used),
    )


def temperatures(health: Iterable[Row], gate: Gate) -> Iterator[float]:
    """A row for each sensor in version 7; one row with a column for each before."""
    for row in health:
        names = [name for name in row if name.endswith("temperature")]
        for name in ["value"] if row.get("type") == "C" else names:
            celsius = gate.celsius(number_in(row, name))
            if celsius is not None:
                yield celsius


def interfaces_of(rows: Sequence[Row]) -> Iterator[InterfaceReading]:
    """From /interface; those of sessions are left to accounting."""
    for row in rows:
        name = row.get("name", "")
        if not name or of_a_session(name):
            continue
        running = row.get("running")
        yield InterfaceReading(
            name=name,
            alias=row.get("comment") or None,
            admin_up=None if "disabled" not in row else row["disabled"] == "false",
            oper_up=None if running is None else running == "true",
            octets_in=count_in(row, "rx-byte"),
            octets_out=count_in(row, "tx-byte"),
            errors_in=count_in(row, "rx-error"),
            errors_out=count_in(row, "tx-error"),
            discards_in=count_in(row, "rx-drop"),
            discards_out=count_in(row, "tx-drop"),
        )


def queues_of(rows: Sequence[Row]) -> Iterator[InterfaceReading]:
    """From /queue/simple and /queue/tree, whose octets are a pair and a number."""
    names = {place: row.get("name", "") for place, row in enumerate(rows)}
    for place in kept_queues(names):
        up, separator, down = rows[place].get("bytes", "").partition("/")
        yield InterfaceReading(
            name=f"queue {names[place]}",
            octets_in=count_in({"bytes": up}, "bytes") if separator else None,
            octets_out=count_in({"bytes": down if separator else up}, "bytes"),
        )


def ports_of(rows: Sequence[Row], gate: Gate) -> Iterator[PortReading]:
    """From /interface/ethernet/monitor: cages with a module that tells its light."""
    for row in rows:
        if row.get("sfp-module-present") != "true":
            continue
        lost = row.get("sfp-rx-loss")
        yield PortReading(
            port=row.get("name", ""),
            state=None if lost is None else "down" if lost == "true" else "up",
            tx_dbm=gate.dbm(number_in(row, "sfp-tx-power")),
            rx_dbm=gate.dbm(number_in(row, "sfp-rx-power")),
            temperature_celsius=gate.celsius(number_in(row, "sfp-temperature")),
            voltage_volts=gate.volts(number_in(row, "sfp-supply-voltage")),
            bias_milliamperes=gate.milliamperes(number_in(row, "sfp-tx-bias-current")),
        )


def seconds_of(text: str) -> float | None:
    """`1w2d3h4m5s`."""
    found = DURATION.fullmatch(text)
    if found is None or not text:
        return None
    pairs = zip(found.groups(), UNITS_SECONDS, strict=True)
    return float(sum(int(part or 0) * unit for part, unit in pairs))


def number_in(row: Row, name: str) -> float | None:
    found = NUMBER.match(row.get(name, ""))
    return None if found is None else float(found[0])


def count_in(row: Row, name: str) -> int | None:
    value = row.get(name, "")
    return int(value) if value.isdecimal() else None
