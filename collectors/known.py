"""A device as it is known, and what a reading changes of it: the one place that decides identity.

An ONU is its serial, wherever it is seen, and known once it was seen on a port. What a reading does
not say stays as it was; what a full reading leaves out is missing only after the second time, and
nothing is ever deleted here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from collectors.consequences import Onu
from collectors.driver import Part
from isp.access_network import (
    InterfaceReading,
    OnuReading,
    OnuState,
    Poll,
    PortReading,
    UnprovisionedReading,
)

__all__ = ["LISTING", "Changes", "Known", "Rows", "applied", "decide", "takes_over"]

LISTING: Final = frozenset({Part.INVENTORY, Part.STATE})
"""The parts that list every ONU, so that one that is left out is missing."""

OPTICAL: Final = (
    *("rx_dbm", "tx_dbm", "olt_rx_dbm", "olt_tx_dbm"),
    *("temperature_celsius", "voltage_volts", "bias_milliamperes"),
)
READ_BY: Final[Mapping[str, Part]] = {
    "state": Part.STATE,
    **dict.fromkeys(("description", "model", "firmware", "alias"), Part.INVENTORY),
    **dict.fromkeys(OPTICAL, Part.OPTICS),
}
"""A full reading of that part empties these where it says nothing; all else stays as it was."""

NOT_KEPT: Final = frozenset(
    {"octets_up", "octets_down", "octets_in", "octets_out", "octets_bits", "errors_in"}
    | {"errors_out", "discards_in", "discards_out", "discontinuity_ticks", "alarms", "index"}
)
"""Counters are for samples, alarms for those who judge them; where an ONU stands in its device's
tables is remembered apart, and not written down."""

KEPT: Final[Mapping[type[Any], tuple[str, ...]]] = {
    kind: tuple(each.name for each in fields(kind) if each.name not in NOT_KEPT)
    for kind in (OnuReading, PortReading, InterfaceReading)
}

NOTHING_SAID: Final = (None, OnuState.UNKNOWN, ())

UPTIME_NEARLY_WRAPPED: Final = (1 << 32) - 100 * 86_400
"""sysUpTime begins anew after 497 days; a day before, less is no restart."""

R = TypeVar("R", OnuReading, PortReading, InterfaceReading)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A device's ONUs by serial, its ports and interfaces by name: their rows and last readings.

    `places` are the ONUs' rows in the device's own tables. `left_out` are those that the last full
    reading did not list, and since when; `missing` those whose rows say so. `elsewhere` are listed
    here while another device has them.
    """

    onus: Mapping[str, Onu] = field(default_factory=dict)
    readings: Mapping[str, OnuReading] = field(default_factory=dict)
    places: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    port_readings: Mapping[str, PortReading] = field(default_factory=dict)
    interfaces: Mapping[str, int] = field(default_factory=dict)
    interface_readings: Mapping[str, InterfaceReading] = field(default_factory=dict)
    unprovisioned: Mapping[str, UnprovisionedReading] = field(default_factory=dict)
    left_out: Mapping[str, datetime] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    uptime_ticks: int | None = None

    def placed(self, serial: str) -> OnuReading | None:
        """An ONU's last reading, with its row in the device's tables as far as that is known."""
        reading = self.readings.get(serial)
        return reading and replace(reading, index=self.places.get(serial, ()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What is to be written: new rows, and changed ones as they are to be.

    `lit` are the serials whose light was read, changed or not. `states` are the ONUs of `onus`
    whose state is another. `back` are listed again; `gone` are missing, and since when. `left_out`
    replaces what was known.
    """

    new_ports: Mapping[str, PortReading] = field(default_factory=dict)
    ports: Mapping[str, PortReading] = field(default_factory=dict)
    new_interfaces: Mapping[str, InterfaceReading] = field(default_factory=dict)
    interfaces: Mapping[str, InterfaceReading] = field(default_factory=dict)
    new_onus: Mapping[str, OnuReading] = field(default_factory=dict)
    onus: Mapping[str, OnuReading] = field(default_factory=dict)
    lit: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    back: frozenset[str] = frozenset()
    gone: Mapping[str, datetime] = field(default_factory=dict)
    left_out: Mapping[str, datetime] = field(default_factory=dict)
    unprovisioned: Mapping[str, UnprovisionedReading] = field(default_factory=dict)
    provisioned: frozenset[str] = frozenset()
    rebooted: bool = False


def decide(known: Known, poll: Poll, parts: frozenset[Part], now: datetime) -> Changes:
    """What a reading of some parts changes."""
    full = not poll.partial
    emptied = frozenset(name for name, part in READ_BY.items() if full and part in parts)
    listed = _one_each(poll.onus, known.readings)
    new_onus, onus = _split(known.readings, listed, emptied)
    new_ports, ports = _split(known.port_readings, _ports(poll), emptied)
    new_interfaces, interfaces = _split(
        known.interface_readings, _distinct(poll.interfaces), emptied
    )
    left_out, gone = _left_out(known, listed, listing=full and bool(parts & LISTING), now=now)
    unprovisioned = {each.serial: each for each in poll.unprovisioned if each.serial not in listed}
    return Changes(
        new_ports=new_ports,
        ports=ports,
        new_interfaces=new_interfaces,
        interfaces=interfaces,
        new_onus={
            serial: reading
            for serial, reading in new_onus.items()
            if reading.port is not None
            and (serial not in known.elsewhere or reading.state is OnuState.ONLINE)
        },
        onus=onus,
        lit=frozenset(listed) & known.readings.keys() if Part.OPTICS in parts else frozenset(),
        states=frozenset(
            serial
            for serial, reading in onus.items()
            if reading.state is not known.onus[serial].state
        ),
        back=known.missing & listed.keys(),
        gone=gone,
        left_out=left_out,
        unprovisioned={
            serial: each
            for serial, each in unprovisioned.items()
            if known.unprovisioned.get(serial) != each
        },
        provisioned=frozenset(known.unprovisioned.keys() - unprovisioned.keys())
        if full and Part.INVENTORY in parts
        else frozenset(),
        rebooted=_rebooted(known.uptime_ticks, poll.uptime_ticks),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The keys that new rows were given; an ONU that has none is `elsewhere`."""

    ports: Mapping[str, int] = field(default_factory=dict)
    interfaces: Mapping[str, int] = field(default_factory=dict)
    onus: Mapping[str, int] = field(default_factory=dict)


def applied(known: Known, changes: Changes, poll: Poll, rows: Rows) -> Known:
    """The device as it is known once the changes are written."""
    ports = {**known.ports, **rows.ports}
    came = {serial: changes.new_onus[serial] for serial in rows.onus}
    readings = {**known.readings, **came, **changes.onus}
    onus = dict(known.onus)
    for serial, reading in (came | dict(changes.onus)).items():
        onus[serial] = Onu(
            onu_id=onus[serial].onu_id if serial in onus else rows.onus[serial],
            serial=serial,
            pon_port_id=ports[str(reading.port)],
            port=str(reading.port),
            state=reading.state,
        )
    kept = {s: each for s, each in known.unprovisioned.items() if s not in changes.provisioned}
    return Known(
        onus=onus,
        readings=readings,
        places={**known.places, **{str(o.serial): o.index for o in poll.onus if o.index}},
        ports=ports,
        port_readings={**known.port_readings, **changes.new_ports, **changes.ports},
        interfaces={**known.interfaces, **rows.interfaces},
        interface_readings={
            **known.interface_readings,
            **changes.new_interfaces,
            **changes.interfaces,
        },
        unprovisioned={**kept, **changes.unprovisioned},
        left_out=changes.left_out,
        missing=(known.missing - changes.back) | changes.gone.keys(),
        elsewhere=(known.elsewhere | changes.new_onus.keys()) - rows.onus.keys(),
        uptime_ticks=known.uptime_ticks if poll.uptime_ticks is None else poll.uptime_ticks,
    )


def takes_over(reading: OnuReading, theirs: OnuState, *, missing: bool) -> bool:
    """Whether an ONU that another device's row has is here now: it can be alight in one place.

    An old provisioning on the device that it left is no reason to move it back.
    """
    if reading.state is OnuState.ONLINE:
        return missing or theirs is not OnuState.ONLINE
    return missing


def _one_each(
    onus: Iterable[OnuReading], before: Mapping[str, OnuReading]
) -> dict[str, OnuReading]:
    """One reading for each serial: of two places the one that is alight, else where it was."""
    chosen: dict[str, OnuReading] = {}
    for reading in onus:
        serial = reading.serial
        if serial is None:
            continue
        other = chosen.get(serial)
        if other is None or _preferred(reading, other, before.get(serial)):
            chosen[serial] = reading
    return chosen


def _preferred(reading: OnuReading, other: OnuReading, before: OnuReading | None) -> bool:
    alight, other_alight = (each.state is OnuState.ONLINE for each in (reading, other))
    if alight is not other_alight:
        return alight
    return before is not None and (reading.port, reading.onu_id) == (before.port, before.onu_id)


def _ports(poll: Poll) -> dict[str, PortReading]:
    """The ports that are listed, and those that only their ONUs name."""
    named = {
        onu.port: PortReading(port=onu.port)
        for onu in poll.onus
        if onu.serial is not None and onu.port is not None
    }
    return named | {port.port: port for port in poll.ports}


def _distinct(interfaces: Iterable[InterfaceReading]) -> dict[str, InterfaceReading]:
    """Interfaces by name; a name that comes twice gets its index behind it."""
    found: dict[str, InterfaceReading] = {}
    for each in interfaces:
        name = each.name if each.name not in found else f"{each.name} ({each.if_index})"
        found.setdefault(name, each)
    return found


def _split(
    before: Mapping[str, R], listed: Mapping[str, R], emptied: frozenset[str]
) -> tuple[dict[str, R], dict[str, R]]:
    """What is new, and what is not as it was, both as they are to be kept."""
    new, changed = {}, {}
    for name, reading in listed.items():
        was = before.get(name)
        if was is None:
            new[name] = replace(reading, **_forgotten(reading))
        elif (merged := _merged(was, reading, emptied)) is not was:
            changed[name] = merged
    return new, changed


def _forgotten(reading: R) -> dict[str, Any]:
    return {each.name: each.default for each in fields(reading) if each.name in NOT_KEPT}


def _merged(before: R, reading: R, emptied: frozenset[str]) -> R:
    """The reading before, with what the new one says; itself where that is the same."""
    changes: dict[str, Any] = {}
    for name in KEPT[type(reading)]:
        value = getattr(reading, name)
        if value in NOTHING_SAID and name not in emptied:
            continue
        if value != getattr(before, name):
            changes[name] = value
    return replace(before, **changes) if changes else before


def _left_out(
    known: Known, listed: Mapping[str, OnuReading], *, listing: bool, now: datetime
) -> tuple[dict[str, datetime], dict[str, datetime]]:
    """Who was left out since when, and who of them for the second time."""
    if not listing:
        return {s: since for s, since in known.left_out.items() if s not in listed}, {}
    left_out = {
        serial: known.left_out.get(serial, now) for serial in known.readings if serial not in listed
    }
    gone = {
        serial: since
        for serial, since in left_out.items()
        if serial in known.left_out and serial not in known.missing
    }
    return left_out, gone


def _rebooted(before: int | None, ticks: int | None) -> bool:
    return before is not None and ticks is not None and ticks < before < UPTIME_NEARLY_WRAPPED
