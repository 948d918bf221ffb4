"""What one poll leaves for the history: a row for each ONU, port and interface that was measured.

Pure. Octets and errors are what was counted since the reading before, never raw counters.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from collectors.consequences import PollChange
from collectors.counters import Counted, Counters, count
from isp.access_network import InterfaceReading, OnuReading, PortReading

__all__ = ["Kind", "Measured", "Sample", "Subject", "measured", "sampled"]

Kind = Literal["onu", "port", "interface"]
Subject = tuple[Kind, int]
"""What was measured: its kind and its `onu_id`, `pon_port_id` or `device_interface_id`."""

PON_BITS_PER_SECOND_MAX: Final = 10_000_000_000
"""XGS-PON (G.9807.1); slower PONs cannot be told from it by their readings."""

BITS_PER_SECOND_BELIEVED_MIN: Final = 100_000_000
COUNTER32_BITS: Final = 32
OCTETS: Final = frozenset({"octets_up", "octets_down"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One reading of one subject; `counters` are raw, light and temperature as they are."""

    subject: Subject
    counters: Counters | None
    bits_per_second_max: int | None
    rx_dbm: float | None = None
    tx_dbm: float | None = None
    olt_rx_dbm: float | None = None
    temperature_celsius: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A row of the history."""

    subject: Subject
    at: datetime
    counted: Counted
    measured: Measured


def measured(change: PollChange) -> Iterator[Measured]:
    """All of a poll that goes into the history; ONUs of which only the state was read do not."""
    for onu in change.poll.onus:
        known = change.onus.get(onu.serial)
        if known is not None and _was_measured(onu):
            yield _onu(known.onu_id, onu, change)
    for port in change.poll.ports:
        if port.port in change.ports:
            yield _port(change.ports[port.port], port, change)
    for interface in change.poll.interfaces:
        if interface.name in change.interfaces:
            yield _interface(change.interfaces[interface.name], interface, change)


def sampled(
    readings: Iterable[Measured], before: Mapping[Subject, Counters], at: datetime
) -> Iterator[Sample]:
    """The rows of readings that say anything, given the counters of the readings before."""
    for each in readings:
        counted = Counted(values={})
        if each.counters is not None:
            counted = count(
                before.get(each.subject),
                each.counters,
                bits_per_second_max=each.bits_per_second_max,
            )
        light = (each.rx_dbm, each.tx_dbm, each.olt_rx_dbm, each.temperature_celsius)
        if counted.values or any(value is not None for value in light):
            yield Sample(subject=each.subject, at=at, counted=counted, measured=each)


def _counters(
    change: PollChange,
    epoch: int | str | None,
    values: Mapping[str, int | None],
    narrow: frozenset[str] = frozenset(),
) -> Counters | None:
    read = {name: value for name, value in values.items() if value is not None}
    if not read:
        return None
    return Counters(
        at=change.now,
        uptime_ticks=change.poll.uptime_ticks,
        epoch=epoch,
        values=read,
        narrow=narrow,
    )


def _was_measured(onu: OnuReading) -> bool:
    return (
        onu.octets_up is not None
        or onu.octets_down is not None
        or onu.rx_dbm is not None
        or onu.tx_dbm is not None
        or onu.olt_rx_dbm is not None
        or onu.temperature_celsius is not None
    )


def _onu(onu_id: int, onu: OnuReading, change: PollChange) -> Measured:
    """An ONU's counters begin anew when it registers anew: after it was down."""
    epoch = onu.last_down_at.isoformat() if onu.last_down_at else None
    octets = {"octets_up": onu.octets_up, "octets_down": onu.octets_down}
    return Measured(
        subject=("onu", onu_id),
        counters=_counters(change, epoch, octets),
        bits_per_second_max=PON_BITS_PER_SECOND_MAX,
        rx_dbm=onu.rx_dbm,
        tx_dbm=onu.tx_dbm,
        olt_rx_dbm=onu.olt_rx_dbm,
        temperature_celsius=onu.temperature_celsius,
    )


def _port(pon_port_id: int, port: PortReading, change: PollChange) -> Measured:
    octets = {"octets_up": port.octets_up, "octets_down": port.octets_down}
    return Measured(
        subject=("port", pon_port_id),
        counters=_counters(change, None, octets),
        bits_per_second_max=PON_BITS_PER_SECOND_MAX,
        rx_dbm=port.rx_dbm,
        tx_dbm=port.tx_dbm,
        temperature_celsius=port.temperature_celsius,
    )


def _interface(
    device_interface_id: int, interface: InterfaceReading, change: PollChange
) -> Measured:
    """As of an uplink: what comes in goes down to subscribers."""
    values = {
        "octets_up": interface.octets_out,
        "octets_down": interface.octets_in,
        "errors_in": interface.errors_in,
        "errors_out": interface.errors_out,
        "discards_in": interface.discards_in,
        "discards_out": interface.discards_out,
    }
    return Measured(
        subject=("interface", device_interface_id),
        counters=_counters(
            change,
            interface.discontinuity_ticks,
            values,
            narrow=OCTETS if interface.octets_bits == COUNTER32_BITS else frozenset(),
        ),
        bits_per_second_max=_believed(interface.speed_bits_per_second),
    )


def _believed(speed: int | None) -> int | None:
    """A speed that can be a link's: tunnels and bridges tell 10 Mbit/s whatever they carry."""
    return speed if speed is not None and speed >= BITS_PER_SECOND_BELIEVED_MIN else None
