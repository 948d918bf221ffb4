"""What one poll says of each alarm: good, bad, or nothing.

Pure. Only what has been well can fall ill: an ONU that was dark when it was first seen, or a port
without ONUs, raises nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from collectors.alarms import AlarmRule, Limit, Reading
from collectors.consequences import PollChange
from isp.access_network import InterfaceReading, OnuReading, OnuState, PortReading
from isp.outage import AlarmKind, Severity

__all__ = ["Limits", "Symptom", "rules", "symptoms"]


ONU_RX_DBM: Final = Limit(set_at=-27.0, clear_at=-26.0)
"""Class B+ receivers end at -27 dBm (G.984.2)."""
OLT_RX_DBM: Final = Limit(set_at=-30.0, clear_at=-29.0)
"""Class C+ optics at the OLT end at -32 dBm; two decibels are left for the weather."""
TEMPERATURE_CELSIUS: Final = Limit(set_at=75.0, clear_at=70.0)
LOSS_RATIO: Final = Limit(set_at=0.2, clear_at=0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an operator may choose: each pair is where an alarm is set and where it clears."""

    onu_rx_dbm: Limit = ONU_RX_DBM
    olt_rx_dbm: Limit = OLT_RX_DBM
    temperature_celsius: Limit = TEMPERATURE_CELSIUS
    loss_ratio: Limit = LOSS_RATIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One reading for one alarm. `subject` is its key, `place` says it to people."""

    subject: str
    kind: AlarmKind
    reading: Reading
    place: str = ""
    device_id: int | None = None
    onu_id: int | None = None
    subscriber_id: int = 0
    value: float | None = None
    may_begin: bool = True
    """Whether a bad reading may be the first one, or only one more of an alarm in the making."""


SEVERITIES: Final = {
    AlarmKind.DEVICE_UNREACHABLE: Severity.CRITICAL,
    AlarmKind.DEVICE_LOSS: Severity.MINOR,
    AlarmKind.DEVICE_TEMPERATURE: Severity.MAJOR,
    AlarmKind.PORT_DOWN: Severity.MAJOR,
    AlarmKind.INTERFACE_DOWN: Severity.MAJOR,
    AlarmKind.ONU_LOS: Severity.MINOR,
    AlarmKind.ONU_RX_LOW: Severity.WARNING,
    AlarmKind.OLT_RX_LOW: Severity.WARNING,
    AlarmKind.ONU_ALARM: Severity.WARNING,
    AlarmKind.SLA_BREACH: Severity.MINOR,
}
ONU_STATE: Final = {OnuState.LOS: Reading.BAD, OnuState.ONLINE: Reading.GOOD}
"""Power that is off is nobody's fault here, and what else there is says nothing about light."""


def rules(limits: Limits) -> Mapping[AlarmKind, AlarmRule]:
    """The rule of each kind."""
    by_kind = {
        AlarmKind.ONU_RX_LOW: limits.onu_rx_dbm,
        AlarmKind.OLT_RX_LOW: limits.olt_rx_dbm,
        AlarmKind.DEVICE_TEMPERATURE: limits.temperature_celsius,
        AlarmKind.DEVICE_LOSS: limits.loss_ratio,
    }
    return {
        kind: AlarmRule(kind=kind, severity=severity, limit=by_kind.get(kind))
        for kind, severity in SEVERITIES.items()
    }


def symptoms(
    change: PollChange,
    limits: Limits,
    *,
    excused: Collection[int] = frozenset(),
    watched: Collection[str] = frozenset(),
) -> Iterator[Symptom]:
    """What a poll says, except of the ONUs `excused`: in an outage, in planned work.

    Of an ONU that is well only if it is `watched` (a subject), for there are 100,000 of them.
    """
    device = change.device.device_id
    temperature = change.poll.device.temperature_celsius
    yield Symptom(
        subject=f"device {device}",
        kind=AlarmKind.DEVICE_TEMPERATURE,
        reading=limits.temperature_celsius.judge(temperature),
        device_id=device,
        value=temperature,
    )
    in_use = {onu.port for onu in change.onus.values()}
    for port in change.poll.ports:
        yield _of_port(device, port, in_use=port.port in in_use)
    for interface in change.poll.interfaces:
        yield _of_interface(device, interface)
    fell = {each.onu_id for each in change.state_changes if each.before is OnuState.ONLINE}
    for onu in change.poll.onus:
        known = change.onus.get(onu.serial)
        if known is None or known.onu_id in excused:
            continue
        subject = f"onu {known.onu_id}"
        for kind, reading, value, place in _of_onu(onu, limits):
            if reading is Reading.BAD or subject in watched:
                yield Symptom(
                    subject=subject,
                    kind=kind,
                    reading=reading,
                    place=place,
                    device_id=device,
                    onu_id=known.onu_id,
                    value=value,
                    may_begin=kind is not AlarmKind.ONU_LOS or known.onu_id in fell,
                )


def _of_port(device: int, port: PortReading, *, in_use: bool) -> Symptom:
    reading = {"up": Reading.GOOD, "down": Reading.BAD}.get(port.state or "", Reading.UNKNOWN)
    return Symptom(
        subject=f"port {device} {port.port}",
        kind=AlarmKind.PORT_DOWN,
        reading=reading,
        place=port.port,
        device_id=device,
        may_begin=in_use,
    )


def _of_interface(device: int, interface: InterfaceReading) -> Symptom:
    """Only a link that somebody described matters to somebody."""
    reading = Reading.UNKNOWN
    if interface.oper_up is not None and interface.admin_up is not False:
        reading = Reading.GOOD if interface.oper_up else Reading.BAD
    elif interface.admin_up is False:
        reading = Reading.GOOD
    return Symptom(
        subject=f"interface {device} {interface.name}",
        kind=AlarmKind.INTERFACE_DOWN,
        reading=reading,
        place=interface.name,
        device_id=device,
        may_begin=bool(interface.alias),
    )


def _of_onu(
    onu: OnuReading, limits: Limits
) -> Iterator[tuple[AlarmKind, Reading, float | None, str]]:
    """Kind, reading, value and place of what an ONU says."""
    yield AlarmKind.ONU_LOS, ONU_STATE.get(onu.state, Reading.UNKNOWN), None, onu.serial
    if onu.alarms is not None:
        reading = Reading.BAD if onu.alarms else Reading.GOOD
        yield AlarmKind.ONU_ALARM, reading, None, " ".join((onu.serial, *onu.alarms))
    light = (
        (AlarmKind.ONU_RX_LOW, limits.onu_rx_dbm, onu.rx_dbm),
        (AlarmKind.OLT_RX_LOW, limits.olt_rx_dbm, onu.olt_rx_dbm),
    )
    for kind, limit, value in light:
        if value is not None:
            yield kind, limit.judge(value), value, onu.serial
