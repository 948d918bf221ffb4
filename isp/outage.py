"""Outages, alarms and the messages about them: the words that every room uses."""

from enum import StrEnum

__all__ = [
    "AlarmKind",
    "MaintenanceScope",
    "NoticeKind",
    "NoticeState",
    "OutageCause",
    "OutageScope",
    "OutageState",
    "Severity",
    "SlaScope",
]


class OutageScope(StrEnum):
    """How far an outage reaches: PON ports of one OLT, an OLT, a NAS, or several devices."""

    PON = "pon"
    OLT = "olt"
    NAS = "nas"
    AREA = "area"


class OutageCause(StrEnum):
    """The guess: light lost without a gasp is a cut fibre, dying gasps are power."""

    FIBRE_CUT = "fibre_cut"
    POWER = "power"
    DEVICE = "device"
    SESSIONS_LOST = "sessions_lost"
    UNKNOWN = "unknown"


class OutageState(StrEnum):
    """Where an outage stands; `suspected` and `dismissed` are nobody's business but ours."""

    SUSPECTED = "suspected"
    OPEN = "open"
    RESTORING = "restoring"
    RESTORED = "restored"
    DISMISSED = "dismissed"


class Severity(StrEnum):
    """How soon a person should look."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"


class AlarmKind(StrEnum):
    """What is wrong with one device, port, ONU or service level."""

    DEVICE_UNREACHABLE = "device_unreachable"
    DEVICE_LOSS = "device_loss"
    DEVICE_TEMPERATURE = "device_temperature"
    PORT_DOWN = "port_down"
    INTERFACE_DOWN = "interface_down"
    ONU_LOS = "onu_los"
    ONU_RX_LOW = "onu_rx_low"
    OLT_RX_LOW = "olt_rx_low"
    ONU_ALARM = "onu_alarm"
    SLA_BREACH = "sla_breach"


class MaintenanceScope(StrEnum):
    """What planned work concerns."""

    PROVIDER = "provider"
    AREA = "area"
    DEVICE = "device"
    PORT = "port"
    NAS = "nas"


class NoticeKind(StrEnum):
    """What subscribers are told: that it is down, and that it is back."""

    OUTAGE = "outage"
    RESTORED = "restored"


class NoticeState(StrEnum):
    """`awaiting` a person, `approved` and not yet sent, `sent`, `declined`, `dropped` as moot."""

    AWAITING = "awaiting"
    APPROVED = "approved"
    SENT = "sent"
    DECLINED = "declined"
    DROPPED = "dropped"


class SlaScope(StrEnum):
    """Whose uptime is promised: the narrowest promise to a subscriber counts."""

    PROVIDER = "provider"
    AREA = "area"
    PLAN = "plan"
    SUBSCRIBER = "subscriber"
    DEVICE = "device"
