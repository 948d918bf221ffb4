"""The access network as read from its devices: one model for every vendor, frozen values.

An absent reading is None; a vendor's "no value" number (a sentinel) never becomes one of these.
Octets are seen from the subscriber, optical powers name both ends: `rx_dbm` and `tx_dbm` are the
ONU's own, `olt_rx_dbm` is what the OLT receives from that ONU.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = [
    "DeviceKind",
    "DeviceReading",
    "DownCause",
    "InterfaceReading",
    "OnuReading",
    "OnuState",
    "Poll",
    "PortReading",
    "UnprovisionedReading",
]


class DeviceKind(StrEnum):
    """What a device is to the provider."""

    OLT = "olt"
    VOLTHA = "voltha"
    ROUTER = "router"
    OTHER = "other"


class OnuState(StrEnum):
    """What the OLT says of an ONU now; `unknown` is what could not be read, never "down"."""

    ONLINE = "online"
    OFFLINE = "offline"
    LOS = "los"
    DYING_GASP = "dying_gasp"
    DISABLED = "disabled"
    AUTH_FAILED = "auth_failed"
    LOGGING = "logging"
    UNKNOWN = "unknown"


class DownCause(StrEnum):
    """Why an ONU's previous outage began, as its OLT keeps it."""

    LOS = "los"
    DYING_GASP = "dying_gasp"
    DEACTIVATED = "deactivated"
    RESET = "reset"
    RING = "ring"
    ROGUE = "rogue"
    RANGING = "ranging"
    AUTH_FAILED = "auth_failed"
    OMCI = "omci"
    WIRE_DOWN = "wire_down"
    OPTICS_OFF = "optics_off"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """The device itself."""

    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    uptime_seconds: float | None = None
    temperature_celsius: float | None = None
    cpu_percent: float | None = None
    memory_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortReading:
    """A PON port: `port` as the vendor writes it (`0/1/3`), `state` "up" or "down"."""

    port: str
    if_index: int | None = None
    state: str | None = None
    onus: int | None = None
    onus_online: int | None = None
    tx_dbm: float | None = None
    rx_dbm: float | None = None
    temperature_celsius: float | None = None
    voltage_volts: float | None = None
    bias_milliamperes: float | None = None
    octets_up: int | None = None
    octets_down: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceReading:
    """An Ethernet side interface (IF-MIB, RFC 2863); counters as the device holds them, its octets
    in `octets_bits` bits.
    """

    name: str
    if_index: int | None = None
    alias: str | None = None
    admin_up: bool | None = None
    oper_up: bool | None = None
    speed_bits_per_second: int | None = None
    octets_in: int | None = None
    octets_out: int | None = None
    octets_bits: int = 64
    errors_in: int | None = None
    errors_out: int | None = None
    discards_in: int | None = None
    discards_out: int | None = None
    discontinuity_ticks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnuReading:
    """An ONU; `serial` is canonical (`isp.onu_serial`) and the identity, `onu_id` only a place.

    A device that does not tell the serial has None there: its ONUs are shown, and belong to nobody.
    Nor do all tell the port of an ONU that is away: with None, the port it was last seen on stands.
    `last_down_at` is by the OLT's own clock, which may be wrong. `index` is its row in the
    device's own tables, for those who ask for one ONU at a time. `alarms` are what the ONU raises
    itself, by their names there; None where it was not asked.
    """

    serial: str | None
    port: str | None
    onu_id: int | None = None
    index: tuple[int, ...] = ()
    state: OnuState = OnuState.UNKNOWN
    description: str | None = None
    model: str | None = None
    firmware: str | None = None
    last_down_cause: DownCause | None = None
    last_down_at: datetime | None = None
    rx_dbm: float | None = None
    tx_dbm: float | None = None
    olt_rx_dbm: float | None = None
    olt_tx_dbm: float | None = None
    distance_m: int | None = None
    temperature_celsius: float | None = None
    voltage_volts: float | None = None
    bias_milliamperes: float | None = None
    octets_up: int | None = None
    octets_down: int | None = None
    alarms: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovisionedReading:
    """An ONU that a port sees and nobody configured."""

    serial: str
    port: str
    model: str | None = None
    first_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one reading of a device gave.

    `partial` names the tables that were not read in full: what is missing of them is unknown, not
    gone. `uptime_ticks` is sysUpTime (hundredths of a second) of the same PDUs. `doubts` counts
    numbers that were left out because they cannot be true, by what they would have been.
    """

    device: DeviceReading = DeviceReading()
    ports: tuple[PortReading, ...] = ()
    interfaces: tuple[InterfaceReading, ...] = ()
    onus: tuple[OnuReading, ...] = ()
    unprovisioned: tuple[UnprovisionedReading, ...] = ()
    partial: tuple[str, ...] = ()
    uptime_ticks: int | None = None
    doubts: Mapping[str, int] = field(default_factory=dict)
